import { describe, expect, it } from 'vitest';
import { contactOf } from './caller.ts';
import { readContact } from './contact-rules.ts';

const email = { type: 'email', id: 'ada@example.com' };
const loose = { identifiersRequired: true, strict: false };

const fields = (body: unknown, rules = loose): string[] => {
  const reading = readContact(body, rules);
  return reading.kind === 'valid' ? [] : reading.faults.map(({ field, code }) => `${field}: ${code}`);
};

describe('a contact body', () => {
  it.each<[string, unknown, string[]]>([
    ['no object', [], ['body: invalid_format']],
    ['no identifiers', {}, ['identifiers: required']],
    ['empty identifiers', { identifiers: [] }, ['identifiers: required']],
    [
      'no type and no id',
      { identifiers: [{}] },
      ['identifiers.0.type: required', 'identifiers.0.id: required'],
    ],
    ['bad email', contactOf('ada@example'), ['identifiers.0.id: invalid_format']],
    ['email with a space', contactOf('a da@example.com'), ['identifiers.0.id: invalid_format']],
    ['bad phone', { identifiers: [{ type: 'phone', id: '0044 1' }] }, ['identifiers.0.id: invalid_format']],
    ['two emails', { identifiers: [email, email] }, ['identifiers.1: invalid_format']],
    ['bad gender', contactOf(email.id, { gender: 'f.' }), ['gender: invalid_format']],
    ['impossible birthdate', contactOf(email.id, { birthdate: '2026-02-30' }), ['birthdate: invalid_format']],
    ['unassigned country code', contactOf(email.id, { countryCode: 'UK' }), ['countryCode: invalid_format']],
    ['number as name', contactOf(email.id, { firstName: 1 }), ['firstName: invalid_format']],
    ['101 tags', contactOf(email.id, { tags: Array(101).fill('t') }), ['tags: invalid_format']],
    ['tags of numbers', contactOf(email.id, { tags: [1] }), ['tags: invalid_format']],
    [
      'local createdAt',
      contactOf(email.id, { createdAt: '2026-01-01 10:00' }),
      ['createdAt: invalid_format'],
    ],
    [
      'bad property names and values',
      contactOf(email.id, { customProperties: { 'a b': 1, c: {}, d: 'x'.repeat(2049), e: [1], f: null } }),
      ['a b', 'c', 'd', 'e'].map((name) => `customProperties.${name}: invalid_format`),
    ],
    [
      'channel of the other kind',
      contactOf(email.id, {}, { channels: { sms: { status: 'subscribed' } } }),
      ['identifiers.0.channels.sms: invalid_format'],
    ],
    [
      'channel without a status, bad date',
      contactOf(email.id, {}, { channels: { email: { statusChangedAt: '2026-01-01' } } }),
      [
        'identifiers.0.channels.email.statusChangedAt: invalid_format',
        'identifiers.0.channels.email.status: required',
      ],
    ],
    [
      'bad consent and flag',
      contactOf(email.id, {}, { consent: { createdAt: 'x', ip: 1 }, sendWelcomeMessage: 'no' }),
      [
        'identifiers.0.sendWelcomeMessage: invalid_format',
        'identifiers.0.consent.createdAt: invalid_format',
        'identifiers.0.consent.ip: invalid_format',
      ],
    ],
    [
      'several faults at once',
      contactOf('nobody', { gender: 'x', countryCode: 'gb' }),
      ['identifiers.0.id', 'gender', 'countryCode'].map((name) => `${name}: invalid_format`),
    ],
  ])('%s', (_, body, faults) => {
    expect(fields(body)).toEqual(faults);
  });

  it.each<[string, unknown]>([
    [
      'a full one',
      contactOf(email.id, { gender: 'f', birthdate: '2024-02-29', countryCode: 'LT', tags: ['a: b'] }),
    ],
    ['cleared fields', contactOf(email.id, { firstName: '', country: null, gender: null })],
    [
      'every kind of property',
      contactOf(email.id, { customProperties: { a: 1, b: true, c: '', d: ['x'], e: null } }),
    ],
    ['a consent without members', contactOf(email.id, {}, { consent: {} })],
  ])('%s holds', (_, body) => {
    expect(fields(body)).toEqual([]);
  });

  it('reports unknown fields in strict mode only', () => {
    const channels = { email: { status: 'subscribed', statusDate: '2026-01-01T00:00:00Z' } };
    const body = contactOf(email.id, { contactID: 'x' }, { channels });
    expect(fields(body)).toEqual([]);
    expect(fields(body, { ...loose, strict: true })).toEqual([
      'identifiers.0.channels.email.statusDate: invalid_format',
      'contactID: invalid_format',
    ]);
  });

  it('needs no identifiers in an update', () => {
    expect(fields({ firstName: 'Ada' }, { identifiersRequired: false, strict: false })).toEqual([]);
  });
});
