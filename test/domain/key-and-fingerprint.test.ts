import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Contact } from '../../shared/domain/contact.ts';
import { type ExportDefinition, exportDefinition } from '../../shared/domain/definition.ts';
import { fingerprintOf, mappingVersion, textOfContact } from '../../shared/domain/fingerprint.ts';
import { keyHash } from '../../shared/domain/ids.ts';
import { hashKey } from '../../shared/domain/key.ts';

describe('hashKey', () => {
  it('is 16 bytes of SHA-256 over secret, NUL and e-mail', () => {
    const expected = createHash('sha256')
      .update('secret\0ada@example.com')
      .digest()
      .subarray(0, 16)
      .toString('hex');
    expect(hashKey('secret', 'ada@example.com')).toBe(expected);
    expect(keyHash.safeParse(hashKey('secret', 'ada@example.com')).success).toBe(true);
  });

  it('differs by secret, by e-mail, and by where the one ends and the other begins', () => {
    const keys = [hashKey('s', 'a@b.c'), hashKey('t', 'a@b.c'), hashKey('s', 'b@b.c'), hashKey('sa', '@b.c')];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

const definition = exportDefinition.parse({
  id: 'newsletter',
  displayName: 'Newsletter',
  connection: 'brand-eu',
  segments: ['Newsletter'],
  matching: { email: 'EMail', firstName: 'FirstName' },
  customProperties: { tier: { from: 'Tier' }, points: { from: 'Points', type: 'number' } },
});

describe('mappingVersion', () => {
  it.each<[why: string, change: Partial<ExportDefinition>]>([
    ['matching', { matching: { email: 'EMail', lastName: 'FirstName' } }],
    ['custom properties', { customProperties: { tier: { from: 'Tier', type: 'date' } } }],
    ['onEmpty', { onEmpty: 'clear' }],
    ['marker', { marker: 'none' }],
    ['markerPrefix', { markerPrefix: 'list_' }],
    ['sendWelcomeMessage', { sendWelcomeMessage: true }],
    ['consent', { consent: { status: 'C', changedAt: 'At', subscribed: ['yes'], unsubscribed: [] } }],
  ])('changes with %s', (_, change) => {
    expect(mappingVersion({ ...definition, ...change })).not.toBe(mappingVersion(definition));
  });

  it('stays when nothing that shapes a contact changes', () => {
    const { tier, points } = definition.customProperties;
    const same: ExportDefinition = {
      ...definition,
      displayName: 'Other',
      segments: ['Other'],
      schedule: 'off',
      onLeave: 'keep',
      matching: { firstName: 'FirstName', email: 'EMail' },
      ...(tier !== undefined && points !== undefined && { customProperties: { points, tier } }),
    };
    expect(mappingVersion(same)).toBe(mappingVersion(definition));
    expect(mappingVersion(definition)).toMatch(/^[0-9a-f]{12}$/);
  });
});

describe('fingerprintOf', () => {
  const consent = { status: 'subscribed', at: '2026-05-08T10:00:00.000Z' } as const;
  const contact: Contact = {
    email: 'ada@example.com',
    firstName: 'Ada',
    properties: { tier: 'gold', points: 1 },
    consent,
  };
  const fingerprint = fingerprintOf(contact, ['segment_a'], 'v1');

  it.each<[why: string, other: string]>([
    ['a field', fingerprintOf({ ...contact, firstName: 'Ada2' }, ['segment_a'], 'v1')],
    ['a cleared field', fingerprintOf({ ...contact, lastName: null }, ['segment_a'], 'v1')],
    ['a type', fingerprintOf({ ...contact, properties: { tier: 'gold', points: '1' } }, ['segment_a'], 'v1')],
    [
      'a status',
      fingerprintOf({ ...contact, consent: { ...consent, status: 'unsubscribed' } }, ['segment_a'], 'v1'),
    ],
    [
      'the time of a status',
      fingerprintOf(
        { ...contact, consent: { ...consent, at: '2026-05-08T10:00:01.000Z' } },
        ['segment_a'],
        'v1',
      ),
    ],
    ['a marker', fingerprintOf(contact, ['segment_b'], 'v1')],
    ['one more marker', fingerprintOf(contact, ['segment_a', 'segment_b'], 'v1')],
    ['the version', fingerprintOf(contact, ['segment_a'], 'v2')],
  ])('differs by %s', (_, other) => {
    expect(other).not.toBe(fingerprint);
  });

  it('is the hash of the version, the markers and the one text of the contact', () => {
    const full: Contact = {
      ...{ state: 'S', properties: { b: 1, a: null, c: true }, postalCode: '0', phone: '+37060000000' },
      ...{ lastName: null, gender: 'f', firstName: 'Ä"', email: 'a@b.c', countryCode: 'LT', country: 'X' },
      ...{ consent, city: '\u2028', birthdate: '2000-01-01', address: '' },
    };
    for (const one of [full, contact, { email: 'a@b.c' }, { ...contact, properties: {} }]) {
      const text = `["v1",["a","b"],${textOfContact(one)}]`;
      expect(JSON.parse(textOfContact(one))).toEqual(one);
      const expected = createHash('sha256').update(text).digest('hex').slice(0, 16);
      expect(fingerprintOf(one, ['b', 'a'], 'v1')).toBe(expected);
    }
  });

  it('is 16 hex characters and does not change by the order of keys or markers', () => {
    expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
    const turned: Contact = {
      properties: { points: 1, tier: 'gold' },
      firstName: 'Ada',
      consent: { at: consent.at, status: consent.status },
      email: 'ada@example.com',
    };
    expect(fingerprintOf(turned, ['segment_a'], 'v1')).toBe(fingerprint);
    expect(fingerprintOf(turned, ['b', 'a'], 'v1')).toBe(fingerprintOf(turned, ['a', 'b'], 'v1'));
  });
});
