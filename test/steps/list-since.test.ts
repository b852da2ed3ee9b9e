import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RemoteBatch } from '../../shared/domain/answers.ts';
import { batchId } from '../../shared/domain/ids.ts';
import { listSince } from '../../shared/steps/list-since.ts';
import type { Look } from '../../shared/steps/look.ts';
import { draw } from '../sandbox/generator/random.ts';

const perListing = 250;
const begin = Date.parse('2026-11-21T09:00:00Z');

const remote = (number: number, createdAt: number): RemoteBatch => ({
  id: batchId.parse(number.toString(16).padStart(24, '0')),
  state: 'finished',
  origin: '',
  createdAt,
  total: 100,
  finished: 100,
  errors: 0,
});

/** A list as Omnisend gives it, and how many requests it was asked for. */
const listOf = (all: readonly RemoteBatch[]) => {
  const asked = { listings: 0 };
  const list: Look['list'] = async ({ offset = 0 }, enough = () => false) => {
    const batches: RemoteBatch[] = [];
    for (let next = offset; ; next += perListing) {
      asked.listings += 1;
      batches.push(...all.slice(next, next + perListing));
      if (next + perListing >= all.length || enough(batches)) return { batches, isComplete: true };
    }
  };
  return { asked, look: { list } };
};

const orders = ['newest first', 'oldest first', 'shuffled'] as const;
const ordered = (ascending: readonly RemoteBatch[], order: (typeof orders)[number]) => {
  switch (order) {
    case 'newest first':
      return ascending.toReversed();
    case 'oldest first':
      return ascending;
    case 'shuffled':
      return ascending.toSorted((a, b) => draw(1, a.createdAt - begin, 1) - draw(1, b.createdAt - begin, 1));
  }
};

/** One every 155 ms, as at 388 requests a minute. */
const batches = (count: number) =>
  Array.from({ length: count }, (_, place) => remote(place + 1, begin + Math.floor(place * 155)));

describe('two days of 10,000 batches each', () => {
  const all = batches(20_000);
  const since = begin + 19_500 * 155;

  it.each([
    { order: 'newest first', skip: 0, atMost: 3 },
    { order: 'oldest first', skip: 0, atMost: 17 },
    { order: 'oldest first', skip: 10_000, atMost: 15 },
    { order: 'oldest first', skip: 19_400, atMost: 5 },
  ] as const)('$order, $skip known: at most $atMost listings', async ({ order, skip, atMost }) => {
    const { asked, look } = listOf(ordered(all, order));
    const found = await listSince(look, {}, since, { skip });
    const ids = new Set(found?.batches.map(({ id }) => id));
    expect(all.slice(19_500).filter(({ id }) => !ids.has(id))).toEqual([]);
    expect(asked.listings).toBeLessThanOrEqual(atMost);
  });
});

it('leaves out none created since, in whatever order the list is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 3_000 }),
      fc.nat(),
      fc.constantFrom(...orders),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (count, drawn, order, known) => {
        const all = batches(count);
        const first = count === 0 ? 0 : drawn % count;
        const { look } = listOf(ordered(all, order));
        const since = begin + first * 155;
        const found = await listSince(look, {}, since, { skip: Math.floor(first * known) });
        const ids = new Set(found?.batches.map(({ id }) => id));
        expect(all.slice(first).every(({ id }) => ids.has(id))).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

it.each([
  ['times are not known', () => 0],
  ['the list is in another order at its end', (place: number) => begin - place + (place === 249 ? 5_000 : 0)],
])('reads all where %s', async (_, timeOf) => {
  const all = Array.from({ length: 1_000 }, (__, place) => remote(place, timeOf(place)));
  const { asked, look } = listOf(all);
  expect((await listSince(look, {}, begin + 60_000))?.batches).toHaveLength(1_000);
  expect(asked.listings).toBe(4);
});

it('stops as soon as there is enough, and says so when a listing fails', async () => {
  const { asked, look } = listOf(batches(1_000).toReversed());
  await listSince(look, {}, begin, { enough: (all) => all.length > 300 });
  expect(asked.listings).toBe(2);
  expect(await listSince({ list: async () => null }, {}, begin)).toBeNull();
});
