import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exportDefinition } from '../../shared/domain/definition.ts';
import { valueFields, valuesOfContact, valuesOfProfile } from '../../shared/domain/row-values.ts';

const definition = exportDefinition.parse({
  id: 'newsletter',
  displayName: 'Newsletter',
  connection: 'brand-a',
  segments: ['VIP'],
  matching: { email: 'Email', country: 'Country', phone: 'Telephone' },
  customProperties: { email: { from: 'SecondEmail' } },
  consent: { status: 'Consent', changedAt: 'ConsentAt' },
});

it('fields are named as in the lists of rows, so that a property is not taken for a field', () => {
  expect(valueFields(definition)).toEqual(['email', 'country', 'phone', 'customProperties.email', 'consent']);
});

const profile = {
  values: {
    Email: 'Finch at example.com',
    Country: null,
    Telephone: 12,
    SecondEmail: { a: 1 },
    Consent: 'yes',
    ConsentAt: '2026',
    Other: 'not exported',
  },
};

it('what the source said, as text', () => {
  expect(valuesOfProfile(profile, definition)).toEqual({
    email: 'Finch at example.com',
    phone: '12',
    'customProperties.email': '{"a":1}',
    consent: 'yes 2026',
  });
  expect(valuesOfProfile(profile, definition, new Set(['phone']))).toEqual({ phone: '12' });
  expect(valuesOfProfile({ values: {} }, definition)).toEqual({});
});

it('what Omnisend was told, without markers', () => {
  const contact = {
    email: 'finch@example.com',
    countryCode: 'LT',
    properties: { email: 'second@example.com', segment_VIP: true },
    consent: { status: 'subscribed', at: '2026-01-01T00:00:00Z' },
  } as const;
  expect(valuesOfContact(contact, definition)).toEqual({
    email: 'finch@example.com',
    country: 'LT',
    'customProperties.email': 'second@example.com',
    consent: 'subscribed 2026-01-01T00:00:00Z',
  });
});

it('takes whatever a source gives, and little of it', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const { email = '' } = valuesOfProfile({ values: { Email: value } }, definition);
      expect(email.length).toBeLessThanOrEqual(201);
    }),
  );
});
