import { expect, test } from 'vitest';
import { maxBatchBytes } from '../../shared/domain/page.ts';
import { cutPages } from '../../shared/domain/paging.ts';
import { aRun } from './planning.ts';

const endsOf = (lengths: readonly number[]): Uint32Array => {
  let end = 0;
  return Uint32Array.from(lengths, (length) => {
    end += length;
    return end;
  });
};
const cut = (...shards: readonly (readonly number[])[]) => [
  ...cutPages(
    aRun,
    shards.map((lengths, shard) => ({ shard, ends: endsOf(lengths) })),
  ),
];
const lines = (count: number, length = 10): number[] => new Array<number>(count).fill(length);

test('no changes give no pages', () => {
  expect(cut([], [])).toEqual([]);
});

test('batches and pages go on from shard to shard, so that only the last batch is short', () => {
  const pages = cut(lines(950), [], lines(151));
  expect(pages.map(({ number, rows, lane }) => [number, rows, lane])).toEqual([
    [0, 1000, null],
    [1, 101, null],
  ]);
  expect(pages.map(({ ranges }) => ranges)).toEqual([
    [
      { shard: 0, from: 0, to: 950, fromByte: 0, toByte: 9500 },
      { shard: 2, from: 0, to: 50, fromByte: 0, toByte: 500 },
    ],
    [{ shard: 2, from: 50, to: 151, fromByte: 500, toByte: 1510 }],
  ]);
  expect(pages[0]?.batches.map(({ rows }) => rows).at(-1)).toEqual([[900, 1000]]);
  expect(pages[1]?.batches.map(({ rows }) => rows)).toEqual([[[0, 100]], [[100, 101]]]);
});

test('a batch ends before the byte limit, across shards too', () => {
  const half = maxBatchBytes / 2;
  const pages = cut([half], [half, 1]);
  expect(pages.flatMap(({ batches }) => batches.map(({ rows }) => rows))).toEqual([[[0, 2]], [[2, 3]]]);
});

test('batches are fresh', () => {
  expect(cut([5])[0]?.batches).toEqual([
    {
      number: 0,
      state: 'planned',
      rows: [[0, 1]],
      variant: 'full',
      intentAt: null,
      attempt: 0,
      notBefore: 0,
      batchIds: [],
      postedAt: null,
      upserts: null,
      leaves: null,
    },
  ]);
});
