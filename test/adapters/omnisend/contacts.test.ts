import { expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { contactRequest, digestOf, emailOf, sentValues } from '../../../shared/adapters/omnisend/contacts.ts';
import { integration } from '../../../shared/adapters/omnisend/version.ts';
import type { Contact } from '../../../shared/domain/contact.ts';
import { plain, upsertOf } from './changes.ts';
import { contactAgainstContract } from './contract.ts';

const full: Contact = {
  email: 'ada@example.com',
  properties: { tier: 'gold', points: 7, segment_VIP: false, gone: null },
  gender: 'f',
  birthdate: '1990-12-10',
  phone: '+442079460958',
  countryCode: 'GB',
  country: 'United Kingdom',
  postalCode: 'W1A 1AA',
  state: 'London',
  city: 'London',
  address: '1 Example Street',
  lastName: 'Lovelace',
  firstName: 'Ada',
};

const consent = { status: 'unsubscribed', at: '2026-05-08T10:00:00.000Z' } as const;

const identifier = (type: string, id: string, sendWelcomeMessage = false) => ({
  type,
  id,
  sendWelcomeMessage,
});

const cases: readonly {
  readonly id: string;
  readonly contact: Contact;
  readonly options?: Partial<typeof plain> | { withoutPhone?: boolean; sendWelcomeMessage?: boolean };
  readonly expected: object;
}[] = [
  {
    id: 'everything',
    contact: full,
    expected: {
      identifiers: [identifier('email', 'ada@example.com'), identifier('phone', '+442079460958')],
      firstName: 'Ada',
      lastName: 'Lovelace',
      address: '1 Example Street',
      city: 'London',
      state: 'London',
      postalCode: 'W1A 1AA',
      country: 'United Kingdom',
      countryCode: 'GB',
      birthdate: '1990-12-10',
      gender: 'f',
      customProperties: { gone: null, points: 7, segment_VIP: false, tier: 'gold' },
    },
  },
  {
    id: 'the address alone, with the welcome said on both identifiers',
    contact: { email: 'ada@example.com', phone: '+442079460958', properties: {} },
    options: { sendWelcomeMessage: true },
    expected: {
      identifiers: [identifier('email', 'ada@example.com', true), identifier('phone', '+442079460958', true)],
    },
  },
  {
    id: 'without the phone',
    contact: { email: 'ada@example.com', phone: '+442079460958' },
    options: { withoutPhone: true },
    expected: { identifiers: [identifier('email', 'ada@example.com')] },
  },
  {
    id: 'a status with its time, on the e-mail address alone',
    contact: { consent, email: 'ada@example.com', phone: '+442079460958' },
    expected: {
      identifiers: [
        {
          type: 'email',
          id: 'ada@example.com',
          channels: { email: { status: 'unsubscribed', statusChangedAt: '2026-05-08T10:00:00.000Z' } },
          sendWelcomeMessage: false,
        },
        identifier('phone', '+442079460958'),
      ],
    },
  },
  {
    id: 'cleared fields: text by "", the rest by null',
    contact: {
      email: 'ada@example.com',
      city: null,
      country: null,
      countryCode: null,
      birthdate: null,
      gender: null,
    },
    expected: {
      identifiers: [identifier('email', 'ada@example.com')],
      city: '',
      country: '',
      countryCode: null,
      birthdate: null,
      gender: null,
    },
  },
];

it.each(cases)('asks for $id', ({ contact, options, expected }) => {
  const request = contactRequest(upsertOf(contact), { ...plain, ...options });
  // As text: the order of the keys counts, and nothing else may be there.
  expect(JSON.stringify(request)).toBe(JSON.stringify(expected));
  expect(contactAgainstContract(request)).toEqual([]);
});

const digest = (contact: Contact, options = {}) =>
  digestOf(contactRequest(upsertOf(contact), { ...plain, ...options }));

it('gives the same request whatever the order of the contact', () => {
  const turned = Object.fromEntries(Object.entries(full).reverse());
  const contact: Contact = { ...turned, email: full.email };
  expect(JSON.stringify(contactRequest(upsertOf(contact), plain))).toBe(
    JSON.stringify(contactRequest(upsertOf(full), plain)),
  );
});

it('recognises a request that came back with its keys turned, its blanks written out and more besides', () => {
  const request = contactRequest(upsertOf(full), plain);
  const { gone: _, ...properties } = request.customProperties ?? {};
  const back = {
    tags: null,
    createdAt: '2026-11-21T09:00:00Z',
    customProperties: Object.fromEntries(Object.entries(properties).reverse()),
    ...Object.fromEntries(
      Object.entries(request)
        .reverse()
        .filter(([name]) => name !== 'customProperties'),
    ),
    identifiers: request.identifiers
      .toReversed()
      .map(({ sendWelcomeMessage: _, ...rest }) => ({ ...rest, channels: {} })),
  };
  expect(digestOf(back)).toBe(digest(full));
});

it('recognises a request whose moment came back in another spelling', () => {
  const request = contactRequest(upsertOf({ ...full, consent }), plain);
  const back: unknown = JSON.parse(JSON.stringify(request).replace('T10:00:00.000Z', 'T12:00:00+02:00'));
  expect(JSON.stringify(back)).toContain('+02:00');
  expect(digestOf(back)).toBe(digest({ ...full, consent }));
});

it('tells requests apart by the status and by its time', () => {
  const digests = [
    digest(full),
    digest({ ...full, consent }),
    digest({ ...full, consent: { ...consent, status: 'subscribed' } }),
    digest({ ...full, consent: { ...consent, at: '2026-05-08T10:00:01.000Z' } }),
  ];
  expect(new Set(digests).size).toBe(digests.length);
});

it('does not mask the words of a status, but what a property of that name says', () => {
  const contact: Contact = {
    email: 'ada@example.com',
    consent,
    properties: { channels: 'radio', status: 'widow' },
  };
  expect(sentValues(contactRequest(upsertOf(contact), plain)).toSorted()).toEqual([
    'ada@example.com',
    'radio',
    'widow',
  ]);
});

const others: readonly [string, Contact, object?][] = [
  ['the address', { ...full, email: 'grace@example.com' }],
  ['a field', { ...full, city: 'Leeds' }],
  ['the place of a value', { ...full, city: 'W1A 1AA', postalCode: 'London' }],
  ['a marker', { ...full, properties: { ...full.properties, segment_VIP: true } }],
  ['a number for a text', { ...full, properties: { ...full.properties, points: '7' } }],
  ['the phone left out', full, { withoutPhone: true }],
  ['the welcome', full, { sendWelcomeMessage: true }],
];

it.each(others)('tells apart by %s', (_, contact, options) => {
  expect(digest(contact, options)).not.toBe(digest(full));
});

it.each([undefined, null, 'text', 7, [], {}, { identifiers: 'x' }, { identifiers: [null, 1] }])(
  'reads no address from %j, and does not throw',
  (request) => {
    expect(emailOf(request)).toBeUndefined();
    expect(digestOf(request)).toMatch(/^[0-9a-f]{32}$/);
  },
);

it('tells Omnisend the version of this app', () => {
  expect(integration).toEqual({ name: manifest.name, version: manifest.version });
});
