import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxBatchBytes, maxBatchContacts } from '../../shared/domain/page.ts';
import { cutPages } from '../../shared/domain/paging.ts';
import { countRows, expandRows } from '../../shared/domain/rows-of.ts';
import { aRun } from '../domain/planning.ts';

/** Light lines, of which a hundred make a batch, and heavy ones, of which a few do. */
const lines = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 600, size: 'max' }),
  fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 60, size: 'max' }),
);
const shardArbitrary = lines.map((lengths) => {
  let end = 0;
  const ends = lengths.map((length) => {
    end += length;
    return end;
  });
  return { lengths, ends: Uint32Array.from(ends) };
});

const cutArbitrary = fc.array(shardArbitrary, { maxLength: 6, size: 'max' }).map((shards) => {
  const pages = [
    ...cutPages(
      aRun,
      shards.map(({ ends }, shard) => ({ shard, ends })),
    ),
  ];
  const changes = shards.flatMap(({ lengths }, shard) =>
    lengths.map((bytes, index) => ({ shard, index, bytes })),
  );
  return { shards, pages, changes };
});

test('law 9: pages joined again are the input, once and in order', () => {
  fc.assert(
    fc.property(cutArbitrary, ({ shards, pages, changes }) => {
      const named = pages.flatMap(({ ranges }) =>
        ranges.flatMap(({ shard, from, to }) => expandRows([[from, to]]).map((index) => [shard, index])),
      );
      expect(named).toEqual(changes.map(({ shard, index }) => [shard, index]));
      for (const { shard, from, to, fromByte, toByte } of pages.flatMap(({ ranges }) => ranges)) {
        const ends = shards[shard]?.ends;
        expect(fromByte).toBe(from === 0 ? 0 : ends?.[from - 1]);
        expect(toByte).toBe(ends?.[to - 1]);
      }
    }),
    { numRuns: 30 },
  );
});

test('law 9: batches joined again are the page, none over 100 contacts or the byte limit', () => {
  fc.assert(
    fc.property(cutArbitrary, ({ pages, changes }) => {
      let first = 0;
      for (const page of pages) {
        const own = changes.slice(first, first + page.rows);
        first += page.rows;
        expect(page.batches.flatMap(({ rows }) => expandRows(rows))).toEqual(own.map((_, index) => index));
        expect(page.batches.map(({ number }) => number)).toEqual(page.batches.map((_, index) => index));
        for (const { rows } of page.batches) {
          const bytes = expandRows(rows).reduce((sum, index) => sum + (own[index]?.bytes ?? 0), 0);
          expect(countRows(rows)).toBeGreaterThan(0);
          expect(countRows(rows)).toBeLessThanOrEqual(maxBatchContacts);
          expect(bytes).toBeLessThanOrEqual(maxBatchBytes);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('only the last batch of the run is short, or one that the next change would make too heavy', () => {
  fc.assert(
    fc.property(cutArbitrary, ({ pages, changes }) => {
      let end = 0;
      for (const size of pages.flatMap(({ batches }) => batches.map(({ rows }) => countRows(rows)))) {
        const bytes = changes.slice(end, end + size).reduce((sum, change) => sum + change.bytes, 0);
        end += size;
        const next = changes[end];
        if (size < maxBatchContacts && next !== undefined)
          expect(bytes + next.bytes).toBeGreaterThan(maxBatchBytes);
      }
      for (const page of pages.slice(0, -1)) expect(page.batches).toHaveLength(10);
    }),
    { numRuns: 30 },
  );
});
