import { describe, expect, it } from 'vitest';
import { contactOf, phoneOf } from '../caller.ts';
import { ask, document, headers } from './asking.ts';
import { conflicts, formats, nulls, rules } from './prose.ts';
import { contractDocument, ifSkipped } from './recorder.ts';
import { type Asked, checkRequest } from './requests.ts';

const batchOf = (item: unknown) =>
  ask('POST', '/batches', { method: 'POST', endpoint: 'contacts', items: [item] });
const ada = contactOf('ada@example.com');
describe.skipIf(contractDocument === undefined)(
  `requests, by Omnisend's OpenAPI document${ifSkipped}`,
  () => {
    it.each<[string, Asked, string[]]>([
      ['a whole batch', batchOf({ ...ada, customProperties: { any: { thing: [1] } } }), []],
      [
        'another batch than of contacts',
        ask('POST', '/batches', { method: 'PUT', endpoint: 'events', items: [1] }),
        [],
      ],
      ['no such path', ask('GET', '/lists'), ['no such operation']],
      ['no such method', ask('DELETE', '/contacts/c1'), ['no such operation']],
      ['a path with a placeholder', ask('GET', '/batches/b1/items'), []],
      ['a body where none is declared', ask('GET', '/contacts', {}), ['body: not declared']],
      ['no body', ask('POST', '/contacts'), ['body: not JSON']],
      ['no endpoint', ask('GET', '/batches'), ['?endpoint: is missing']],
      [
        'wrong parameters',
        ask('GET', '/batches?endpoint=lists&status=done&limit=251&dateFrom=2026-02-30&page=2&offset=a'),
        [
          '?endpoint: not in the enum',
          '?status: not in the enum',
          '?limit: not 1 to 250',
          '?dateFrom: not a date, YYYY-MM-DD',
          '?page: not declared',
          '?offset: not 0 or more',
          '?offset: string in place of integer',
        ],
      ],
      ['a number out of range', ask('GET', '/contacts?limit=251'), ['?limit: out of range']],
      ['a parameter twice', ask('GET', '/contacts?tag=a&tag=b'), ['?tag: given more than once']],
      ['a conflict', ask('GET', '/contacts?tag=a&status=subscribed'), ['?tag: not together with status']],
      [
        'no headers',
        { ...ask('GET', '/contacts'), headers: {} },
        ['Omnisend-Version: not 2026-03-15', 'Authorization: no key'],
      ],
      [
        'the headers of older versions',
        { ...batchOf(ada), headers: { ...headers, 'omnisend-version': 'v5', 'content-type': 'text/plain' } },
        ['Omnisend-Version: not 2026-03-15', 'Content-Type: not application/json'],
      ],
      [
        'a batch without anything',
        ask('POST', '/batches', {}),
        ['body: endpoint is missing', 'body: items is missing', 'body: method is missing'],
      ],
      [
        'a batch too large',
        ask('POST', '/batches', { method: 'POST', endpoint: 'contacts', items: Array(101).fill(ada) }),
        ['items: too many'],
      ],
      [
        'the field of an older version',
        batchOf(
          contactOf('ada@example.com', {}, { channels: { email: { status: 'subscribed', statusDate: '' } } }),
        ),
        ['items.0.identifiers.0.channels.email.statusDate: not declared'],
      ],
      [
        'a status without its kind, and of the other channel',
        batchOf(contactOf('ada@example.com', {}, { channels: { sms: { statusChangedAt: 'today' } } })),
        [
          'items.0.identifiers.0.channels.sms: status is missing',
          'items.0.identifiers.0.channels.sms.statusChangedAt: not an RFC 3339 timestamp',
          'items.0.identifiers.0: channels: other than email',
        ],
      ],
      [
        'bad identifiers',
        batchOf({ identifiers: [phoneOf('0706'), { type: 'fax', sendWelcomeMessage: 'no' }] }),
        [
          'items.0.identifiers.0: id: not an E.164 number',
          'items.0.identifiers.1: id is missing',
          'items.0.identifiers.1.type: not in the enum',
          'items.0.identifiers.1.sendWelcomeMessage: string in place of boolean',
        ],
      ],
      [
        'bad fields',
        ask('POST', '/contacts', {
          city: null,
          gender: 'x',
          birthdate: '1985-02-30',
          countryCode: 'gb',
          tags: Array(101).fill('a'),
          customProperties: [],
        }),
        [
          'city: null in place of string',
          'gender: not in the enum',
          'birthdate: not a date, YYYY-MM-DD',
          'countryCode: not an ISO 3166-1 alpha-2 code',
          'tags: too many',
          'customProperties: array in place of object',
        ],
      ],
      [
        'tags for nobody',
        ask('POST', '/contacts/tags', { tags: ['a'], emails: [] }),
        ['body: selects nobody'],
      ],
      ['no tag', ask('DELETE', '/contacts/tags', { tags: [], phones: ['+44'] }), ['tags: too few']],
      ['a body that cannot be read', { ...batchOf(ada), body: undefined }, []],
    ])('a request: %s', (_, asked, faults) => {
      expect(checkRequest(document, asked).faults).toEqual(faults);
    });

    it('names what is sent beyond it', () => {
      const cleared = { ...ada, gender: null, birthdate: null, countryCode: null };
      expect(checkRequest(document, batchOf(cleared))).toEqual({
        faults: [],
        departures: ['null clears a gender', 'null clears a birthdate', 'null clears a country code'],
      });
    });
  },
);

describe.skipIf(contractDocument === undefined)(
  `what Omnisend's OpenAPI document says in its descriptions${ifSkipped}`,
  () => {
    it('has everything that is said of it here', () => {
      const properties = Object.entries(document.schemas).flatMap(([name, schema]) =>
        Object.keys(schema.properties ?? {}).map((property) => `${name}.${property}`),
      );
      const parameters = document.operations.flatMap(({ name, parameters }) =>
        parameters.map((parameter) => `${name}.${parameter.name}`),
      );
      const named = Object.entries({ ...formats, ...nulls }).flatMap(([owner]) =>
        [formats, nulls].flatMap((table) =>
          Object.keys(table[owner] ?? {}).map((name) => `${owner}.${name}`),
        ),
      );
      expect([...properties, ...parameters]).toEqual(expect.arrayContaining(named));
      const pairs = Object.entries(conflicts).flatMap(([name, all]) =>
        all.flat().map((parameter) => `${name}.${parameter}`),
      );
      expect(parameters).toEqual(expect.arrayContaining(pairs));
      expect(Object.keys(document.schemas)).toEqual(expect.arrayContaining(Object.keys(rules)));
    });
  },
);
