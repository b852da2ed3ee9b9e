import { expect, test } from 'vitest';
import type { Tagging } from '../../shared/domain/plan.ts';
import { countRows } from '../../shared/domain/rows-of.ts';
import { type TagCall, tagCall } from '../../shared/domain/tag-call.ts';
import { countedBy, tagCallsOf } from '../../shared/domain/tag-calls-of.ts';
import { tagOutcomes } from '../../shared/domain/tag-outcomes.ts';
import { aRun, taggingOf } from './planning.ts';

const callsOf = (taggings: readonly Tagging[], ready = (_change: number | null) => true) =>
  tagCallsOf({ runId: aRun, shard: 3, taggings, ready, now: 7 });
const brief = ({ key, direction, tag, rows, counted }: TagCall) => ({ key, direction, tag, rows, counted });

test('one call per direction and tag, removals first, names ascending', () => {
  const calls = callsOf([
    taggingOf(1, { add: ['b', 'c'], remove: ['a'] }),
    taggingOf(2, { kind: 'leave', remove: ['a', 'b'] }),
    taggingOf(3, { add: ['b'], change: 0 }),
  ]);
  expect(calls.map(brief)).toEqual([
    { key: 't3-0', direction: 'remove', tag: 'a', rows: [[0, 2]], counted: { upserts: 0, leaves: 0 } },
    { key: 't3-1', direction: 'remove', tag: 'b', rows: [[1, 2]], counted: { upserts: 0, leaves: 1 } },
    {
      key: 't3-2',
      direction: 'add',
      tag: 'b',
      rows: [
        [0, 1],
        [2, 3],
      ],
      counted: { upserts: 0, leaves: 0 },
    },
    { key: 't3-3', direction: 'add', tag: 'c', rows: [[0, 1]], counted: { upserts: 1, leaves: 0 } },
  ]);
});

test('a fresh call is planned, not before the given moment, and fits its table', () => {
  const [call] = callsOf([taggingOf(1, { add: ['a'] })]);
  expect(call).toMatchObject({ state: 'planned', attempt: 0, notBefore: 7, requestedAt: null, shard: 3 });
  expect(tagCall.parse(call)).toEqual(call);
});

test('a call has at most 250 contacts', () => {
  const taggings = Array.from({ length: 501 }, (_, number) => taggingOf(number, { add: ['a'] }));
  const calls = callsOf(taggings);
  expect(calls.map(({ rows }) => rows)).toEqual([[[0, 250]], [[250, 500]], [[500, 501]]]);
  expect(calls.map(({ key }) => key)).toEqual(['t3-0', 't3-1', 't3-2']);
  expect(calls.map(({ counted }) => counted.upserts)).toEqual([250, 250, 1]);
});

test('what was not accepted is in no call', () => {
  const taggings = [0, 1, null].map((change, index) => taggingOf(index, { add: ['a'], change }));
  const calls = callsOf(taggings, (change) => change !== 0);
  expect(calls.map(({ rows }) => rows)).toEqual([[[1, 3]]]);
  expect(calls.map(({ counted }) => counted)).toEqual([{ upserts: 1, leaves: 0 }]);
});

test('the halves of a call count what the call counted', () => {
  const taggings = [
    taggingOf(1, { add: ['a'] }),
    taggingOf(2, { add: ['a', 'b'] }),
    taggingOf(3, { add: ['a'], change: 0 }),
    taggingOf(4, { add: ['a'], remove: ['c'] }),
  ];
  const halves = [[[0, 2] as [number, number]], [[2, 4] as [number, number]]];
  expect(halves.map((rows) => countedBy('a', rows, taggings).upserts)).toEqual([1, 1]);
  expect(callsOf(taggings).find(({ tag }) => tag === 'a')?.counted.upserts).toBe(2);
  expect(countRows(callsOf(taggings).find(({ tag }) => tag === 'a')?.rows ?? [])).toBe(4);
});

test('outcomes are found by shard, row and name; a split call leaves the word to its halves', () => {
  const [call] = callsOf([taggingOf(1, { add: ['a'] }), taggingOf(2, { add: ['a'] })]);
  if (call === undefined) throw new Error('There is no call.');
  const half = (key: string, row: number, parts: Partial<TagCall>): TagCall => ({
    ...call,
    key,
    rows: [[row, row + 1]],
    ...parts,
  });
  const calls: TagCall[] = [
    half('t3-0a', 0, { state: 'requested' }),
    half('t3-0b', 1, { state: 'intent' }),
    { ...call, state: 'split' },
    { ...call, shard: 4, tag: 'b', state: 'requested' },
  ];
  const outcomeOf = tagOutcomes(calls, 3);
  expect([outcomeOf(0, 'a'), outcomeOf(1, 'a'), outcomeOf(2, 'a'), outcomeOf(0, 'b')]).toEqual([
    'requested',
    'open',
    'none',
    'none',
  ]);
});
