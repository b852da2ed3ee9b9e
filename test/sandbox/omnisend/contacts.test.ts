import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contactOf, phoneOf, startForTest } from './caller.ts';

let omnisend: Awaited<ReturnType<typeof startForTest>>;
beforeAll(async () => {
  omnisend = await startForTest({ requestsPerMinute: 10_000 });
});
beforeEach(async () => {
  await omnisend.control('POST', '/reset');
});
afterAll(() => omnisend.close());

const ada = 'ada@example.com';
const phone = '+37060000001';
const post = (body: unknown) => omnisend.call('POST', '/contacts', { body });
const patch = (email: string, body: unknown) => {
  return omnisend.call('PATCH', `/contacts?email=${encodeURIComponent(email)}`, { body });
};
const subscribed = (at: string) => ({ channels: { email: { status: 'subscribed', statusChangedAt: at } } });

describe('upsert', () => {
  it('creates, then updates what is sent and leaves the rest', async () => {
    const created = await post(contactOf(ada, { firstName: 'Ada', city: 'London', tags: ['a', 'b'] }));
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      email: ada,
      phone: [],
    });
    const updated = await post(contactOf(ada, { city: 'Vilnius', firstName: null, tags: ['c'] }));
    expect(updated.status).toBe(200);
    expect(updated.json).toMatchObject({ city: 'Vilnius', tags: ['c'] });
    expect(updated.json).not.toHaveProperty('firstName');
  });

  it.each([
    ['exactCase', 201],
    ['caseFolding', 200],
  ])('with %s answers another spelling with %i', async (emailMatch, status) => {
    await omnisend.control('POST', '/switches', { emailMatch });
    await post(contactOf(ada));
    expect((await post(contactOf('ADA@example.com'))).status).toBe(status);
  });

  it.each([
    ['merge', { a: 2, c: 'x' }],
    ['replace', { a: 2 }],
  ])('custom properties %s', async (customProperties, expected) => {
    await omnisend.control('POST', '/switches', { customProperties });
    await post(contactOf(ada, { customProperties: { a: 1, b: true, c: 'x' } }));
    const { json } = await post(contactOf(ada, { customProperties: { a: 2, b: '' } }));
    expect(json).toMatchObject({ customProperties: expected });
    expect(json).not.toHaveProperty('customProperties.b');
  });

  it.each([
    ['clear', []],
    ['ignored', ['a']],
  ])('an empty tag list is taken as: %s', async (emptyTags, tags) => {
    await omnisend.control('POST', '/switches', { emptyTags });
    await post(contactOf(ada, { tags: ['a'] }));
    expect((await post(contactOf(ada, { tags: [] }))).json).toMatchObject({ tags });
  });

  it('keeps createdAt as a property', async () => {
    const { json } = await post(contactOf(ada, { createdAt: '2020-01-01T00:00:00Z' }));
    expect(json).toMatchObject({
      customProperties: { externalCreated: '2020-01-01T00:00:00Z' },
      createdAt: '2026-11-21T09:00:00.000Z',
    });
  });

  it.each([
    [{ country: 'Lithuania' }, { country: 'Lithuania', countryCode: 'LT' }],
    [{ country: 'Lithuania', countryCode: 'GB' }, { countryCode: 'GB' }],
    [{ countryCode: 'GB' }, { country: 'United Kingdom', countryCode: 'GB' }],
  ])('%j gives %j', async (given, expected) => {
    await post(contactOf(ada, { country: 'France' }));
    expect((await post(contactOf(ada, given))).json).toMatchObject(expected);
  });

  it('lists every fault', async () => {
    const { status, json } = await post(contactOf('nobody', { gender: 'x' }));
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ field: 'identifiers.0.id' }, { field: 'gender' }] });
  });
});

describe('status', () => {
  it.each([
    ['newer', '2026-02-01T00:00:00Z', 'unsubscribed', {}],
    ['older', '2025-12-01T00:00:00Z', 'subscribed', {}],
    ['equal', '2026-01-01T00:00:00Z', 'unsubscribed', {}],
    ['equal, ignored', '2026-01-01T00:00:00Z', 'subscribed', { equalStatusDate: 'ignored' }],
    ['none, so now', undefined, 'unsubscribed', {}],
  ])('date %s', async (_, statusChangedAt, expected, switches) => {
    await omnisend.control('POST', '/switches', switches);
    await post(contactOf(ada, {}, subscribed('2026-01-01T00:00:00Z')));
    const channels = { email: { status: 'unsubscribed', statusChangedAt } };
    const reply = await post(contactOf(ada, { city: 'Vilnius' }, { channels }));
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({ status: expected, city: 'Vilnius' });
  });

  it.each([
    ['applied', 'nonSubscribed'],
    ['protected', 'subscribed'],
  ])('nonSubscribed over subscribed is %s', async (nonSubscribedOverSubscribed, expected) => {
    await omnisend.control('POST', '/switches', { nonSubscribedOverSubscribed });
    await post(contactOf(ada, {}, subscribed('2026-01-01T00:00:00Z')));
    const { json } = await post(contactOf(ada, {}, { channels: { email: { status: 'nonSubscribed' } } }));
    expect(json).toMatchObject({ status: expected });
  });

  it.each(['nonSubscribed', 'subscribed'])(
    'a new contact without channels is %s',
    async (newContactStatus) => {
      await omnisend.control('POST', '/switches', { newContactStatus });
      expect((await post(contactOf(ada))).json).toMatchObject({ status: newContactStatus });
    },
  );

  it('records opt-ins and consents', async () => {
    const consent = { source: 'form', createdAt: '2026-01-02T00:00:00Z' };
    const { json } = await post(contactOf(ada, {}, { ...subscribed('2026-01-01T00:00:00Z'), consent }));
    expect(json).toMatchObject({
      optIns: [{ channel: 'email', optInAt: '2026-01-01T00:00:00.000Z' }],
      consents: [{ channel: 'email', ...consent }],
    });
  });

  it.each([
    ['absent', {}, 1],
    ['true', { sendWelcomeMessage: true }, 1],
    ['false', { sendWelcomeMessage: false }, 0],
  ])('sendWelcomeMessage %s: %j sends %i, on becoming subscribed only', async (_, flag, count) => {
    const identifier = { ...subscribed('2026-01-01T00:00:00Z'), ...flag };
    await post(contactOf(ada));
    await post(contactOf(ada, {}, identifier));
    await post(contactOf(ada, {}, identifier));
    const { json } = await omnisend.control('GET', '');
    expect(json).toMatchObject({ brands: [{ welcomeSent: { count } }, {}] });
  });
});

describe('identifiers of somebody else', () => {
  beforeEach(async () => {
    await post({ identifiers: [{ type: 'email', id: ada }, phoneOf(phone)] });
  });

  it('are passed over by POST beside another identifier', async () => {
    const reply = await post({ identifiers: [{ type: 'email', id: 'grace@example.com' }, phoneOf(phone)] });
    expect(reply.status).toBe(201);
    expect(reply.json).toMatchObject({ email: 'grace@example.com', phone: [] });
  });

  it.each(['409', '400', '200'])('alone in a POST make no contact: %s', async (ownedIdentifierOnPost) => {
    await omnisend.control('POST', '/switches', { ownedIdentifierOnPost });
    expect((await post({ identifiers: [phoneOf(phone)] })).status).toBe(Number(ownedIdentifierOnPost));
    expect(await omnisend.contacts()).toHaveLength(1);
  });

  it.each([
    ['409', 409, []],
    ['ignored', 200, []],
  ])('in a PATCH under %s: %i', async (ownedIdentifierOnPatch, status, phones) => {
    await omnisend.control('POST', '/switches', { ownedIdentifierOnPatch });
    await post(contactOf('grace@example.com'));
    expect((await patch('grace@example.com', { identifiers: [phoneOf(phone)] })).status).toBe(status);
    const { json } = await omnisend.call('GET', '/contacts?email=grace@example.com');
    expect(json).toMatchObject({ contacts: [{ phone: phones }] });
  });

  it('a phone-only contact is created when the phone is free', async () => {
    const reply = await post({ identifiers: [phoneOf('+37060000002')] });
    expect([reply.status, reply.json]).toMatchObject([201, { phone: ['+37060000002'] }]);
  });
});

describe('PATCH and GET of one contact', () => {
  it('finds by e-mail and by id', async () => {
    await post(contactOf('a+b@example.com'));
    const { status, json } = await patch('a+b@example.com', { city: 'Vilnius' });
    expect(status).toBe(200);
    const id = String(Object(json).id);
    const moved = { identifiers: [{ type: 'email', id: 'c@example.com' }] };
    expect((await omnisend.call('PATCH', `/contacts/${id}`, { body: moved })).status).toBe(200);
    const read = await omnisend.call('GET', `/contacts/${id}`);
    expect(read.json).toMatchObject({ email: 'c@example.com', city: 'Vilnius' });
  });

  it.each([
    ['PATCH', '/contacts', 400],
    ['PATCH', '/contacts?email=nobody@example.com', 404],
    ['PATCH', '/contacts/c00000a100000000000000ff', 404],
    ['GET', '/contacts/tags', 404],
  ])('%s %s is answered %i', async (method, path, status) => {
    const body = method === 'PATCH' ? { body: {} } : {};
    expect((await omnisend.call(method, path, body)).status).toBe(status);
  });
});

describe('tags', () => {
  const tags = (method: string, body: unknown) => omnisend.call(method, '/contacts/tags', { body });
  const tagsOfAda = async () => Object((await omnisend.contacts())[0]).tags;

  it('are added and removed 1 to 3 s later, by any selector, with an empty answer', async () => {
    const { json } = await post(contactOf(ada, { tags: ['a'] }));
    const id = String(Object(json).id);
    const added = await tags('POST', {
      tags: ['b', 'a'],
      emails: [ada, 'nobody@example.com'],
      contactIDs: [id],
    });
    expect([added.status, added.text]).toEqual([202, '']);
    omnisend.clock.advance(0.9);
    expect(await tagsOfAda()).toEqual(['a']);
    omnisend.clock.advance(2.2);
    expect(await tagsOfAda()).toEqual(['a', 'b']);
    await tags('DELETE', { tags: ['a'], contactIDs: [id] });
    omnisend.clock.advance(3.1);
    expect(await tagsOfAda()).toEqual(['b']);
  });

  it.each([
    ['no tags', { emails: [ada] }, ['tags']],
    ['no selector', { tags: ['a'], emails: [] }, ['emails']],
    [
      '101 tags and 251 addresses',
      { tags: Array(101).fill('a'), emails: Array(251).fill(ada) },
      ['tags', 'emails'],
    ],
    ['wrong types', { tags: 'a', phones: [1], segmentID: 1 }, ['tags', 'phones', 'segmentID']],
  ])('%s: 400', async (_, body, names) => {
    const reply = await tags('POST', body);
    expect(reply.status).toBe(400);
    expect(reply.json).toMatchObject({ errors: names.map((field) => ({ field })) });
  });
});
