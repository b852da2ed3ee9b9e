import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Contact, PropertyValue } from '../../shared/domain/contact.ts';
import { exportDefinition, optionalFields, propertyType } from '../../shared/domain/definition.ts';
import { fingerprintOf, textOfContact } from '../../shared/domain/fingerprint.ts';
import { customerId } from '../../shared/domain/ids.ts';
import { columnsOf, matchProfile } from '../../shared/domain/matching.ts';

const definitionOf = (onEmpty: 'omit' | 'clear') =>
  exportDefinition.parse({
    id: 'newsletter',
    displayName: 'Newsletter',
    connection: 'brand-eu',
    segments: ['Newsletter', 'High_value'],
    matching: { email: 'EMail', ...Object.fromEntries(optionalFields.map((field) => [field, field])) },
    customProperties: Object.fromEntries(
      propertyType.options.map((type) => [type, { from: `of_${type}`, type }]),
    ),
    onEmpty,
  });
const columns = columnsOf(definitionOf('omit'));
const optionalColumns = columns.filter((column) => column !== 'EMail');

const anyValues = fc.dictionary(fc.constantFrom(...columns), fc.anything());
const anyOptional = fc.dictionary(fc.constantFrom(...optionalColumns), fc.anything());
const onEmpty = fc.constantFrom<'omit' | 'clear'>('omit', 'clear');
const id = customerId.parse('c1');

describe('matching', () => {
  it('never throws, and answers with a row or a reason', () => {
    fc.assert(
      fc.property(anyValues, onEmpty, (values, choice) => {
        const matched = matchProfile({ customerId: id, values }, [1, 0], definitionOf(choice));
        if (matched.kind === 'invalid') {
          expect(matched.row.id).toBe(id);
          return;
        }
        expect(JSON.parse(JSON.stringify(matched.row))).toEqual(matched.row);
        expect(matched.row.segments).toEqual([0, 1]);
        // As planning compares texts, the order of fields is part of what matching makes.
        expect(JSON.stringify(matched.row.contact)).toBe(textOfContact(matched.row.contact));
      }),
      { numRuns: 2_000 },
    );
  });

  it('only the e-mail decides about the person; what is left out is not in the contact', () => {
    fc.assert(
      fc.property(anyOptional, onEmpty, (values, choice) => {
        const profile = { customerId: id, values: { ...values, EMail: 'ada@example.com' } };
        const matched = matchProfile(profile, [], definitionOf(choice));
        expect(matched.kind).toBe('row');
        if (matched.kind !== 'row') return;
        for (const { field } of matched.leftOut) {
          const property = field.startsWith('customProperties.')
            ? field.slice('customProperties.'.length)
            : undefined;
          const told: object =
            property === undefined ? matched.row.contact : (matched.row.contact.properties ?? {});
          expect(Object.keys(told)).not.toContain(property ?? field);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('does not change what it is given', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const frozen = Object.freeze({ ...values });
        matchProfile({ customerId: id, values: frozen }, Object.freeze([1, 0]), definitionOf('clear'));
        expect(frozen).toEqual(values);
      }),
    );
  });
});

const propertyValue: fc.Arbitrary<PropertyValue> = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  fc.boolean(),
  fc.constant(null),
);
const contact: fc.Arbitrary<Contact> = fc.record(
  {
    email: fc.emailAddress(),
    firstName: fc.option(fc.string()),
    city: fc.option(fc.string()),
    countryCode: fc.constantFrom('US', 'LT', null),
    gender: fc.constantFrom('m', 'f', null),
    properties: fc.dictionary(fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/), propertyValue),
  },
  { requiredKeys: ['email'] },
);

const turned = <T>(value: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(value).reverse());

describe('the fingerprint', () => {
  it('does not depend on the order of keys or markers', () => {
    fc.assert(
      fc.property(contact, fc.array(fc.string()), (given, markers) => {
        const { email, firstName, properties, ...rest } = given;
        const other: Contact = {
          ...(properties !== undefined && { properties: turned(properties) }),
          ...rest,
          ...(firstName !== undefined && { firstName }),
          email,
        };
        expect(fingerprintOf(other, markers.toReversed(), 'v')).toBe(fingerprintOf(given, markers, 'v'));
      }),
    );
  });

  it('is equal only for equal contacts', () => {
    fc.assert(
      fc.property(contact, contact, (one, other) => {
        const isSame = fingerprintOf(one, [], 'v') === fingerprintOf(other, [], 'v');
        const isEqual = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        expect(isSame).toBe(isEqual);
      }),
    );
  });

  it('changes when one value changes', () => {
    fc.assert(
      fc.property(contact, fc.string(), (given, name) => {
        fc.pre(given.firstName !== name);
        expect(fingerprintOf({ ...given, firstName: name }, [], 'v')).not.toBe(fingerprintOf(given, [], 'v'));
      }),
    );
  });
});

/** Entries in order: a second way to say when two contacts are equal. */
const sorted = ({ properties = {}, ...rest }: Contact): readonly unknown[] => [
  Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  Object.entries(properties).toSorted(([a], [b]) => (a < b ? -1 : 1)),
];
