import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contactOf, startForTest } from './caller.ts';

const pageSchema = z.object({
  contacts: z.array(z.object({ email: z.string() })),
  paging: z.object({
    limit: z.number(),
    hasMore: z.boolean(),
    cursors: z.object({ after: z.string().nullable(), before: z.string().nullable() }),
  }),
});

let omnisend: Awaited<ReturnType<typeof startForTest>>;
beforeAll(async () => {
  omnisend = await startForTest({ requestsPerMinute: 10_000 });
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const status = name === 'e' ? 'subscribed' : 'nonSubscribed';
    const body = contactOf(
      `${name}@example.com`,
      { tags: name < 'c' ? ['early'] : [] },
      {
        channels: { email: { status } },
      },
    );
    await omnisend.call('POST', '/contacts', { body });
    omnisend.clock.advance(1);
  }
  await omnisend.call('POST', '/contacts', { body: contactOf('a@example.com', { city: 'Vilnius' }) });
});
afterAll(() => omnisend.close());

async function page(query: string) {
  const { paging, contacts } = pageSchema.parse((await omnisend.call('GET', `/contacts?${query}`)).json);
  return { ...paging, names: contacts.map(({ email }) => email[0]).join('') };
}

describe('listing', () => {
  it.each([
    ['', 'edcba'],
    ['direction=asc', 'abcde'],
    ['sort=updatedAt', 'aedcb'],
    ['sort=updatedAt&direction=asc', 'bcdea'],
    ['tag=early', 'ba'],
    ['status=subscribed', 'e'],
    ['email=c%40example.com', 'c'],
    ['email=nobody%40example.com', ''],
    ['segmentID=x', ''],
    ['updatedAtFrom=2026-11-21T09:00:04Z', 'ea'],
    ['limit=2', 'ed'],
  ])('%j gives %j', async (query, names) => {
    expect((await page(query)).names).toBe(names);
  });

  it.each(['', 'direction=asc&', 'sort=updatedAt&'])('walks forth and back under %j', async (query) => {
    const all = (await page(query)).names;
    const first = await page(`${query}limit=2`);
    const second = await page(`after=${first.cursors.after}`);
    const third = await page(`${query}after=${second.cursors.after}`);
    expect([first.names, second.names, third.names]).toEqual([
      all.slice(0, 2),
      all.slice(2, 4),
      all.slice(4),
    ]);
    expect([first.cursors.before, third.cursors.after]).toEqual([null, null]);
    expect([first.hasMore, second.hasMore, third.hasMore]).toEqual([true, true, false]);
    const back = await page(`before=${third.cursors.before}`);
    expect(back.names).toBe(second.names);
    expect((await page(`before=${back.cursors.before}`)).names).toBe(first.names);
  });

  it('refuses other filters half way', async () => {
    const { cursors } = await page('limit=1&tag=early');
    const reply = await omnisend.call('GET', `/contacts?after=${cursors.after}&tag=late`);
    expect([reply.status, reply.json]).toMatchObject([400, { errors: [{ field: 'tag' }] }]);
  });

  it.each([
    ['limit=0', ['limit']],
    ['limit=251', ['limit']],
    ['colour=red&sort=name', ['colour', 'sort']],
    ['tag=a&status=subscribed', ['tag']],
    ['updatedAtFrom=2026-11-21T09:00:04Z&tag=a', ['updatedAtFrom']],
    ['updatedAtFrom=yesterday', ['updatedAtFrom']],
    ['after=x&before=y', ['after', 'after']],
    ['status=unknown', ['status']],
  ])('%j is refused for %j', async (query, names) => {
    const { status, json } = await omnisend.call('GET', `/contacts?${query}`);
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: names.map((field) => ({ field })) });
  });
});
