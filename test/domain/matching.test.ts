import { describe, expect, it } from 'vitest';
import type { Contact, Profile } from '../../shared/domain/contact.ts';
import { type ExportDefinition, exportDefinition, optionalFields } from '../../shared/domain/definition.ts';
import { customerId } from '../../shared/domain/ids.ts';
import { columnsOf, matchProfile, maxContactBytes } from '../../shared/domain/matching.ts';
import type { LeftOut } from '../../shared/domain/spool.ts';
import { maxTextLength } from '../../shared/domain/text.ts';

const define = (parts: Partial<ExportDefinition> = {}): ExportDefinition => ({
  ...exportDefinition.parse({
    id: 'newsletter',
    displayName: 'Newsletter',
    connection: 'brand-eu',
    segments: ['Newsletter', 'High_value', 'New'],
    matching: {
      email: 'EMail',
      ...Object.fromEntries(optionalFields.map((field) => [field, `The_${field}`])),
    },
    customProperties: { tier: { from: 'Tier' }, points: { from: 'Points', type: 'number' } },
  }),
  ...parts,
});

const profileOf = (values: Record<string, unknown>, changedAt?: number): Profile => ({
  customerId: customerId.parse('c1'),
  values,
  ...(changedAt !== undefined && { changedAt }),
});

const email = 'ada@example.com';

describe('columnsOf', () => {
  it('names every column once: e-mail, fields in fixed order, properties by name', () => {
    const definition = define({
      matching: { phone: 'Phone', country: 'Country', email: 'EMail', firstName: 'Name' },
      customProperties: {
        z: { from: 'Zeta', type: 'string' },
        a: { from: 'Alpha', type: 'date' },
        again: { from: 'Country', type: 'string' },
      },
    });
    expect(columnsOf(definition)).toEqual(['EMail', 'Name', 'Country', 'Phone', 'Alpha', 'Zeta']);
  });
});

describe('matchProfile', () => {
  it('makes a contact of a profile', () => {
    const values = {
      EMail: ' Ada@Example.com ',
      The_firstName: 'Ada',
      The_lastName: 'L\u0000',
      The_address: '12 Main St',
      The_city: 'Fairfield',
      The_state: 'California',
      The_postalCode: 10753,
      The_country: 'USA',
      The_phone: '(213) 555-0123',
      The_birthdate: '1986-05-08T00:00:00Z',
      The_gender: 'Female',
      Tier: 'gold',
      Points: '12.5',
    };
    expect(matchProfile(profileOf(values, 1_700_000_000_000), [2, 0], define())).toStrictEqual({
      kind: 'row',
      row: {
        id: 'c1',
        at: 1_700_000_000_000,
        segments: [0, 2],
        contact: {
          email,
          firstName: 'Ada',
          lastName: 'L',
          address: '12 Main St',
          city: 'Fairfield',
          state: 'California',
          postalCode: '10753',
          countryCode: 'US',
          phone: '+12135550123',
          birthdate: '1986-05-08',
          gender: 'f',
          properties: { tier: 'gold', points: 12.5 },
        },
      },
      leftOut: [],
    });
  });

  it.each<[why: string, values: Record<string, unknown>, reason: string]>([
    ['no column', {}, 'email-missing'],
    ['empty', { EMail: ' ' }, 'email-missing'],
    ['malformed', { EMail: 'ada' }, 'email-malformed'],
    ['odd', { EMail: { email } }, 'email-malformed'],
    ['inherited', Object.create({ EMail: email }), 'email-missing'],
  ])('only the e-mail decides: %s', (_, values, reason) => {
    expect(matchProfile(profileOf(values), [0], define())).toStrictEqual({
      kind: 'invalid',
      row: { id: 'c1', field: 'email', reason },
    });
  });

  it.each<
    [
      why: string,
      parts: Partial<ExportDefinition>,
      values: Record<string, unknown>,
      contact: Partial<Contact>,
    ]
  >([
    ['empty values are left out', {}, { The_firstName: '', The_country: null, The_phone: ' ', Tier: '' }, {}],
    [
      'an unknown country stays text, and gives the phone nothing',
      {},
      { The_country: ' Atlantis ', The_phone: '+12135550123' },
      { country: 'Atlantis', phone: '+12135550123' },
    ],
    [
      'clear: every empty value is told, but never the phone',
      { onEmpty: 'clear' },
      { The_firstName: '', The_country: ' ', The_phone: null, The_gender: 'm', Tier: null, Points: 0 },
      {
        firstName: null,
        lastName: null,
        address: null,
        city: null,
        state: null,
        postalCode: null,
        country: null,
        countryCode: null,
        birthdate: null,
        gender: 'm',
        properties: { tier: null, points: 0 },
      },
    ],
    [
      'clear: a value that does not hold is left out, not cleared',
      { onEmpty: 'clear', matching: { email: 'EMail', birthdate: 'B' }, customProperties: {} },
      { B: '5/8/1986' },
      {},
    ],
  ])('%s', (_, parts, values, contact) => {
    expect(matchProfile(profileOf({ EMail: email, ...values }), [], define(parts))).toMatchObject({
      kind: 'row',
      row: { contact: { email, ...contact } },
    });
    const matched = matchProfile(profileOf({ EMail: email, ...values }), [], define(parts));
    expect(matched.kind === 'row' && matched.row.contact).toStrictEqual({ email, ...contact });
  });

  it('lists every field that was left out, and the person still arrives', () => {
    const values = {
      EMail: email,
      The_firstName: 'x'.repeat(maxTextLength + 1),
      The_city: { name: 'Fairfield' },
      The_country: ['US'],
      The_phone: '213-555-0123',
      The_birthdate: '5/8/1986',
      The_gender: 'divers',
      Tier: [],
      Points: 'many',
    };
    const leftOut: readonly LeftOut[] = [
      { field: 'firstName', reason: 'text-too-long' },
      { field: 'city', reason: 'odd-type' },
      { field: 'country', reason: 'odd-type' },
      { field: 'phone', reason: 'phone-malformed' },
      { field: 'birthdate', reason: 'date-malformed' },
      { field: 'gender', reason: 'gender-unknown' },
      { field: 'customProperties.points', reason: 'number-malformed' },
      { field: 'customProperties.tier', reason: 'odd-type' },
    ];
    expect(matchProfile(profileOf(values), [1], define())).toStrictEqual({
      kind: 'row',
      row: { id: 'c1', segments: [1], contact: { email } },
      leftOut,
    });
  });

  const longest = '\u4e00'.repeat(maxTextLength);
  const big = (properties: number) => {
    const names = Array.from({ length: properties }, (_, number) => `p${number}`.padEnd(128, '_'));
    const definition = define({
      matching: define().matching,
      customProperties: Object.fromEntries(
        names.map((name) => [name, { from: 'Long', type: 'string' as const }]),
      ),
    });
    const texts = optionalFields.map((field) => [`The_${field}`, longest]);
    const values = { EMail: `${'l'.repeat(64)}@example.com`, Long: longest, ...Object.fromEntries(texts) };
    return matchProfile(profileOf(values), [], definition);
  };

  it('refuses a contact that is too big alone', () => {
    expect(big(12)).toStrictEqual({
      kind: 'invalid',
      row: { id: 'c1', field: 'contact', reason: 'too-big' },
    });
  });

  it('need not measure a contact with eight properties: at its longest it is below the limit', () => {
    const matched = big(8);
    const bytes = matched.kind === 'row' ? Buffer.byteLength(JSON.stringify(matched.row.contact)) : 0;
    expect(bytes).toBeGreaterThan(90_000);
    expect(bytes).toBeLessThan(maxContactBytes - 1_000);
  });

  it('pollutes no prototype', () => {
    const definition = define({
      customProperties: Object.fromEntries([['__proto__', { from: 'Tier', type: 'string' as const }]]),
    });
    const matched = matchProfile(profileOf({ EMail: email, Tier: 'gold' }), [], definition);
    expect(matched.kind === 'row' && Object.entries(matched.row.contact.properties ?? {})).toEqual([
      ['__proto__', 'gold'],
    ]);
    expect(Object.getPrototypeOf(matched.kind === 'row' ? matched.row.contact : null)).toBe(Object.prototype);
  });
});
