import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contactOf, startForTest } from './caller.ts';
import { seedKeys } from './omnisend.ts';

let omnisend: Awaited<ReturnType<typeof startForTest>>;
// Started anew each time, because the clock never goes back.
beforeEach(async () => {
  omnisend = await startForTest({ requestsPerMinute: 10_000 });
});
afterEach(() => omnisend.close());

const contacts = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, index) => contactOf(`person${index}@example.com`, more));

async function posted(items: readonly unknown[], more: object = {}): Promise<string> {
  const { status, json } = await omnisend.postBatch(items, more);
  expect(status).toBe(201);
  return z.object({ batchID: z.string(), totalCount: z.literal(items.length) }).parse(json).batchID;
}

const batch = async (id: string, part = '') => (await omnisend.call('GET', `/batches/${id}${part}`)).json;

const itemsSchema = z.object({
  errors: z.array(z.object({ request: z.unknown(), responseCode: z.number(), response: z.unknown() })),
  responses: z.array(
    z.object({ request: z.unknown(), responseCode: z.number().optional(), status: z.string() }),
  ),
});
const items = async (id: string) => itemsSchema.parse(await batch(id, '/items'));

describe('a batch', () => {
  it('is pending, then in progress while its count grows, then finished', async () => {
    const id = await posted(contacts(8));
    expect(await batch(id)).toMatchObject({ status: 'pending', finishedCount: 0, totalCount: 8 });
    omnisend.clock.advance(1);
    expect(await batch(id)).toMatchObject({ status: 'inProgress', finishedCount: 2 });
    omnisend.clock.advance(0.35);
    expect(await batch(id)).toMatchObject({ status: 'inProgress', finishedCount: 4 });
    omnisend.clock.advance(1);
    expect(await batch(id)).toMatchObject({ status: 'finished', finishedCount: 8, errorsCount: 0 });
    expect(await omnisend.contacts()).toHaveLength(8);
  });

  it('tells of items with the whole request, errors apart', async () => {
    const bad = contactOf('nobody', { gender: 'x' });
    const good = contacts(3, { firstName: 'Ada', customProperties: { a: ['x'] } });
    const id = await posted([good[0], bad, good[1], good[2]]);
    omnisend.clock.advance(2);
    const { errors, responses } = await items(id);
    expect(errors).toMatchObject([
      { request: bad, responseCode: 400, response: { errors: [{ field: 'identifiers.0.id' }, {}] } },
    ]);
    expect(responses).toHaveLength(3);
    expect(responses.map(({ request }) => request)).toEqual(expect.arrayContaining(good));
    expect(await batch(id)).toMatchObject({ finishedCount: 4, errorsCount: 1 });
  });

  it('answers bad items in the legacy shape where switched', async () => {
    await omnisend.control('POST', '/switches', { itemProblem: 'legacy' });
    const id = await posted([{}]);
    omnisend.clock.advance(2);
    expect((await items(id)).errors[0]?.response).toEqual({
      error: "1 error(s) found. Check 'fields' array for details.",
      fields: { 0: ['identifiers: identifiers is required'] },
    });
  });

  it.each([
    ['listed', 2],
    ['hidden', 0],
  ])('has its pending items %s', async (pendingItems, count) => {
    await omnisend.control('POST', '/switches', { pendingItems });
    expect((await items(await posted(contacts(2)))).responses).toHaveLength(count);
  });

  it.each([
    ['contactID', { id: expect.any(String) }],
    ['contact', { email: 'person0@example.com' }],
    ['empty', {}],
  ])('answers an accepted item by its %s', async (itemSuccess, response) => {
    await omnisend.control('POST', '/switches', { itemSuccess });
    const id = await posted(contacts(1));
    omnisend.clock.advance(2);
    expect(await batch(id, '/items')).toMatchObject({ responses: [{ response, responseCode: 201 }] });
  });

  it('is unknown to another brand, and to all after seven days', async () => {
    const id = await posted(contacts(1));
    const path = `/batches/${id}`;
    expect((await omnisend.call('GET', path, { key: seedKeys.otherBrand })).status).toBe(404);
    omnisend.clock.advance(7 * 86_400);
    expect((await omnisend.call('GET', path)).status).toBe(200);
    omnisend.clock.advance(1);
    expect((await omnisend.call('GET', path)).status).toBe(404);
  });

  it('may be overtaken by a later one', async () => {
    await omnisend.control('POST', '/faults', { processingSeconds: [10, 10] });
    await posted([contactOf('ada@example.com', { city: 'old' })]);
    await omnisend.control('POST', '/faults', { processingSeconds: [1, 1] });
    await posted([contactOf('ada@example.com', { city: 'new' })]);
    omnisend.clock.advance(10);
    expect(await omnisend.contacts()).toMatchObject([{ city: 'old' }]);
  });
});

describe('POST /batches', () => {
  const whole = { method: 'POST', endpoint: 'contacts', items: contacts(1) };
  it.each<[string, unknown, string[]]>([
    ['no items', { ...whole, items: [] }, ['items']],
    ['101 items', { ...whole, items: contacts(101) }, ['items']],
    ['PUT', { ...whole, method: 'PUT' }, ['method']],
    ['events', { ...whole, endpoint: 'events' }, ['endpoint']],
    ['nothing', {}, ['method', 'endpoint', 'items']],
    ['a number as origin', { ...whole, origin: 1 }, ['origin']],
    ['no JSON', '{', ['body']],
  ])('refuses %s', async (_, body, names) => {
    const { status, json } = await omnisend.call('POST', '/batches', { body });
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: names.map((field) => ({ field })) });
  });

  it.each([
    ['413', 413],
    ['accepted', 201],
  ])('with over 1 MB under %s is answered %i', async (overLargeBody, status) => {
    await omnisend.control('POST', '/switches', { overLargeBody });
    const large = contacts(100, { address: 'x'.repeat(10_000) });
    expect((await omnisend.postBatch(large)).status).toBe(status);
  });

  it.each([
    ['accepted', 201],
    ['415', 415],
  ])('with gzip under %s is answered %i', async (gzipBodies, status) => {
    await omnisend.control('POST', '/switches', { gzipBodies });
    const response = await fetch(`${omnisend.url}/api/batches`, {
      method: 'POST',
      headers: {
        Authorization: `Omnisend-API-Key ${seedKeys.full}`,
        'Omnisend-Version': '2026-03-15',
        'Content-Type': 'application/json',
        'Content-Encoding': 'gzip',
      },
      body: gzipSync(JSON.stringify(whole)),
    });
    expect(response.status).toBe(status);
  });
});

describe('GET /batches', () => {
  const listSchema = z.object({
    batches: z.array(z.object({ batchID: z.string(), origin: z.string().optional() })),
    paging: z.object({
      limit: z.number(),
      offset: z.number(),
      next: z.string().optional(),
      previous: z.string().optional(),
    }),
  });
  const list = async (query: string) =>
    listSchema.parse((await omnisend.call('GET', `/batches?endpoint=contacts${query}`)).json);

  it('shows a batch after a lag', async () => {
    await omnisend.control('POST', '/switches', { batchListLagSeconds: 5 });
    await posted(contacts(1));
    omnisend.clock.advance(4.9);
    expect((await list('')).batches).toHaveLength(0);
    omnisend.clock.advance(0.1);
    expect((await list('')).batches).toHaveLength(1);
  });

  it('pages by whole links that keep the question', async () => {
    const ids = [await posted(contacts(1)), await posted(contacts(1)), await posted(contacts(1))];
    omnisend.clock.advance(3);
    const first = await list('&limit=2&status=finished');
    expect(first.batches.map(({ batchID }) => batchID)).toEqual([ids[2], ids[1]]);
    expect(first.paging).toEqual({
      limit: 2,
      offset: 0,
      next: `${omnisend.url}/api/batches?endpoint=contacts&limit=2&status=finished&offset=2`,
    });
    const second = await list('&limit=2&status=finished&offset=2');
    expect(second.batches.map(({ batchID }) => batchID)).toEqual([ids[0]]);
    expect(second.paging.next).toBeUndefined();
  });

  it.each([
    ['&status=pending', 0],
    ['&status=finished', 1],
    ['&dateFrom=2026-11-21&dateTo=2026-11-21', 1],
    ['&dateFrom=2026-11-22', 0],
    ['&dateTo=2026-11-20', 0],
  ])('%s finds %i', async (query, count) => {
    await posted(contacts(1));
    omnisend.clock.advance(3);
    expect((await list(query)).batches).toHaveLength(count);
  });

  it.each([
    ['echoed', 'run-1'],
    ['dropped', undefined],
    ['api', 'api'],
  ])('origin is %s', async (origin, expected) => {
    await omnisend.control('POST', '/switches', { origin });
    await posted(contacts(1), { origin: 'run-1' });
    omnisend.clock.advance(1);
    expect((await list('')).batches[0]?.origin).toBe(expected);
  });

  it.each([
    ['', ['endpoint']],
    ['?endpoint=lists', ['endpoint']],
    ['?endpoint=contacts&limit=251&offset=-1&status=done', ['status', 'offset', 'limit']],
    ['?endpoint=contacts&dateFrom=21.11.2026&after=x', ['after', 'dateFrom']],
  ])('%j is refused', async (query, names) => {
    const { status, json } = await omnisend.call('GET', `/batches${query}`);
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: names.map((field) => ({ field })) });
  });
});
