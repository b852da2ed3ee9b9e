import { expect, test } from 'vitest';
import type { Batch, Page } from '../../shared/domain/page.ts';
import { freshBatch } from '../../shared/domain/paging.ts';
import { rowVerdicts } from '../../shared/domain/row-verdicts.ts';
import type { RefusedRow } from '../../shared/domain/spool.ts';
import { aBatchId, changeOf, keyOf, pageOf } from './planning.ts';

const changes = [changeOf(0), changeOf(1), changeOf(2)];
const verdicts = (
  batches: readonly Partial<Batch>[],
  ended: readonly [number, RefusedRow['outcome']][] = [],
) => {
  const page: Page = {
    ...pageOf(3),
    batches: batches.map((parts, number) => ({ ...freshBatch(number, [[0, 3]]), ...parts })),
  };
  return rowVerdicts(page, changes, new Map(ended.map(([number, outcome]) => [keyOf(number), outcome])));
};
const all = (verdict: string) => [verdict, verdict, verdict];

test('of a settled batch, rows that are not listed were accepted', () => {
  expect(
    verdicts(
      [{ state: 'settled' }],
      [
        [0, 'refused'],
        [2, 'failed'],
      ],
    ),
  ).toEqual(['kept', 'accepted', 'open']);
});

test.each<[string, Partial<Batch>, string]>([
  ['posted', { state: 'posted', intentAt: 1, batchIds: [aBatchId()] }, 'open'],
  ['an intent may have been posted', { state: 'intent', intentAt: 1 }, 'open'],
  ['planned, never posted', { state: 'planned' }, 'kept'],
  ['planned again after a post', { state: 'planned', batchIds: [aBatchId()] }, 'open'],
  ['cancelled, never posted', { state: 'cancelled' }, 'kept'],
  ['cancelled after a post', { state: 'cancelled', batchIds: [aBatchId()] }, 'open'],
  ['failed, never posted', { state: 'failed' }, 'kept'],
  ['failed as an unanswered intent', { state: 'failed', intentAt: 1 }, 'open'],
  ['failed after a post', { state: 'failed', batchIds: [aBatchId()] }, 'open'],
])('%s', (_, batch, verdict) => {
  expect(verdicts([batch])).toEqual(all(verdict));
});

test('the rows of a split batch lie in its halves', () => {
  expect(
    verdicts([
      { state: 'split' },
      { state: 'settled', rows: [[0, 2]] },
      { state: 'cancelled', rows: [[2, 3]] },
    ]),
  ).toEqual(['accepted', 'accepted', 'kept']);
});
