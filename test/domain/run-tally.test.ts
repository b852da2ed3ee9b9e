import { expect, test } from 'vitest';
import { countAs, settled, toIntent } from '../../shared/domain/batch.ts';
import { freshBatch } from '../../shared/domain/paging.ts';
import { conserves, endState, type RunAccount, runTally } from '../../shared/domain/run-tally.ts';
import type { TagCallState } from '../../shared/domain/states.ts';
import type { TagCall } from '../../shared/domain/tag-call.ts';
import { tagCallsOf } from '../../shared/domain/tag-calls-of.ts';
import { type RunTally, runTally as storedTally } from '../../shared/domain/tally.ts';
import { aRun, changeOf, pageOf, taggingOf } from './planning.ts';

const read = {
  read: 12,
  spooled: 10,
  invalid: 2,
  invalidByReason: { 'email-missing': 2 },
  leftOut: { 'phone:phone-malformed': 1 },
  members: {},
};
const plan = {
  repeated: 0,
  duplicate: 1,
  unchanged: 5,
  upserts: 4,
  tagged: 0,
  outside: 0,
  joined: 1,
  leaves: 2,
  takenBack: 0,
  known: 9,
};
const changes = [0, 1, 2, 3, 4, 5].map((number) =>
  changeOf(number, { kind: number < 4 ? 'upsert' : 'leave' }),
);
const page = { ...pageOf(6), batches: [freshBatch(0, [[0, 3]]), freshBatch(1, [[3, 6]])] };
const settle = (of: typeof page, number: number, outcome: 'accepted' | 'refused') => {
  const rows = of.batches[number]?.rows ?? [];
  return settled(toIntent(of, [number], 0), number, countAs(outcome, rows, changes));
};
/** The account at a run's end, without tags where none are given. */
const accountOf = (parts: Partial<RunAccount>): RunTally =>
  runTally({
    read,
    repeatedInvalid: {},
    plan,
    planComplete: true,
    pages: [],
    tagCalls: [],
    atEnd: true,
    ...parts,
  });
test('a customer whom several slices gave counts once, be the row usable or not', () => {
  const tally = accountOf({
    read: { ...read, read: 15, spooled: 12, invalid: 3, invalidByReason: { 'email-missing': 3 } },
    plan: { ...plan, repeated: 2 },
    repeatedInvalid: { 'email-missing': 1 },
  });
  expect(tally).toMatchObject({ read: 12, invalid: 2, invalidByReason: { 'email-missing': 2 }, unsent: 4 });
  expect(conserves(tally)).toBe(true);
});
const noTags = { requested: 0, failed: 0, unsent: 0 };
const none = { accepted: 0, refused: 0, failed: 0, unsent: 0 };

test('rows without an outcome are unsent, leaves apart', () => {
  const tally = accountOf({ pages: [settle(page, 0, 'accepted')] });
  expect(tally).toEqual({
    read: 12,
    accepted: 3,
    unchanged: 5,
    duplicate: 1,
    invalid: 2,
    refused: 0,
    failed: 0,
    unsent: 1,
    leaves: { ...none, unsent: 2 },
    tags: noTags,
    invalidByReason: read.invalidByReason,
    leftOut: read.leftOut,
  });
  expect(conserves(tally)).toBe(true);
});

test('a run that ended before or while planning sent none of what it read', () => {
  const unplanned = accountOf({ plan: null, planComplete: false });
  expect(unplanned).toMatchObject({ unsent: 10, leaves: none });
  const half = { ...plan, duplicate: 0, unchanged: 1, upserts: 2 };
  const halfPlanned = accountOf({ plan: half, planComplete: false });
  expect(halfPlanned).toMatchObject({ unchanged: 1, unsent: 9 });
  expect([unplanned, halfPlanned].map(conserves)).toEqual([true, true]);
});

test('a row lost by planning, or counted twice by sending, is found', () => {
  const lost = accountOf({ plan: { ...plan, unchanged: 4 } });
  const sent = settle(page, 0, 'accepted');
  const twice = accountOf({ pages: [sent, sent] });
  expect([lost, twice].map(conserves)).toEqual([false, false]);
});

test('contacts accepted without their phone are counted as left out', () => {
  const lean = {
    ...page,
    batches: page.batches.map((batch) => ({ ...batch, variant: 'without-phone' as const })),
  };
  const { leftOut } = accountOf({ pages: [settle(lean, 0, 'accepted')] });
  expect(leftOut).toEqual({ 'phone:phone-malformed': 1, 'phone:phone-in-use': 3 });
});

test('how a run ends', () => {
  const changesRun = { kind: 'changes' as const, stopped: false, outside: 0 };
  const all = accountOf({
    pages: [settle(settle(page, 0, 'accepted'), 1, 'accepted')],
  });
  const some = accountOf({
    pages: [settle(settle(page, 0, 'accepted'), 1, 'refused')],
  });
  const unsent = accountOf({ pages: [page] });
  expect(endState(all, changesRun)).toBe('succeeded');
  expect(endState(all, { ...changesRun, stopped: true })).toBe('failed');
  expect(endState(some, changesRun)).toBe('partial');
  expect(endState({ ...all, leaves: { ...none, failed: 1 } }, changesRun)).toBe('partial');
  expect(endState(unsent, changesRun)).toBe('partial');
  expect(endState(unsent, { kind: 'dry-run', stopped: false, outside: 0 })).toBe('succeeded');
});

test('rows outside the keys of a retry are unsent, and no reason to end partial', () => {
  const retry = { ...plan, unchanged: 0, outside: 5 };
  const tally = accountOf({ plan: retry, pages: [settle(settle(page, 0, 'accepted'), 1, 'accepted')] });
  expect(tally).toMatchObject({ accepted: 4, unchanged: 0, unsent: 5 });
  expect(conserves(tally)).toBe(true);
  const ends = { kind: 'retry' as const, stopped: false };
  expect(endState(tally, { ...ends, outside: 5 })).toBe('succeeded');
  expect(endState(tally, { ...ends, outside: 4 })).toBe('partial');
  const half = accountOf({ plan: retry, planComplete: false });
  expect(half).toMatchObject({ unsent: 9 });
  expect(conserves(half)).toBe(true);
});

/** Two tagged members, one of them with two tags, one leaver, and one that has an upsert as well. */
const taggings = [
  taggingOf(0, { add: ['a', 'b'] }),
  taggingOf(1, { add: ['a'] }),
  taggingOf(2, { kind: 'leave', remove: ['a'] }),
  taggingOf(3, { add: ['a'], change: 0 }),
];
const taggedPlan = { ...plan, unchanged: 3, tagged: 2, upserts: 4, leaves: 3 };
const callsIn = (...states: TagCallState[]): TagCall[] =>
  tagCallsOf({ runId: aRun, shard: 0, taggings, ready: () => true, now: 0 }).map((call, index) => ({
    ...call,
    state: states[index] ?? 'planned',
  }));

test.each<
  [string, TagCallState[], boolean, Pick<RunTally, 'accepted' | 'refused' | 'failed' | 'unsent' | 'tags'>]
>([
  [
    'all requested',
    ['requested', 'requested', 'requested'],
    true,
    { accepted: 2, refused: 0, failed: 0, unsent: 4, tags: { requested: 5, failed: 0, unsent: 0 } },
  ],
  [
    'one refused, one failed',
    ['requested', 'refused', 'failed'],
    true,
    { accepted: 0, refused: 1, failed: 1, unsent: 4, tags: { requested: 1, failed: 4, unsent: 0 } },
  ],
  [
    'an answer is owed at the end',
    ['requested', 'intent', 'cancelled'],
    true,
    { accepted: 0, refused: 0, failed: 1, unsent: 5, tags: { requested: 1, failed: 3, unsent: 1 } },
  ],
  [
    'an answer is owed before the end',
    ['requested', 'intent', 'planned'],
    false,
    { accepted: 0, refused: 0, failed: 0, unsent: 6, tags: { requested: 1, failed: 0, unsent: 4 } },
  ],
  [
    'what is split counts in its halves',
    ['requested', 'split', 'requested'],
    true,
    { accepted: 1, refused: 0, failed: 0, unsent: 5, tags: { requested: 2, failed: 0, unsent: 0 } },
  ],
])('tag calls: %s', (_, states, atEnd, figures) => {
  const tally = accountOf({ plan: taggedPlan, tagCalls: callsIn(...states), atEnd });
  expect(tally).toMatchObject(figures);
  expect(tally.leaves).toEqual({ ...none, accepted: 1, unsent: 2 });
  expect(conserves(tally)).toBe(true);
});

test('before planning is complete, tagged rows are planned ones', () => {
  const tally = accountOf({ plan: { ...taggedPlan, unchanged: 0 }, planComplete: false });
  expect(tally.unsent).toBe(9);
  expect(conserves(tally)).toBe(true);
});

test('tags that failed, or were not asked for, make the run partial', () => {
  const ends = (tags: Partial<RunTally['tags']>, kind: 'changes' | 'dry-run' = 'changes') => {
    const none = accountOf({ plan: { ...plan, unchanged: 9, upserts: 0, leaves: 0 } });
    return endState({ ...none, tags: { ...none.tags, ...tags } }, { kind, stopped: false, outside: 0 });
  };
  expect(ends({ requested: 5 })).toBe('succeeded');
  expect(ends({ failed: 1 })).toBe('partial');
  expect(ends({ unsent: 1 })).toBe('partial');
});

test('an account stored before there were tags has none', () => {
  const { tags, ...before } = accountOf({});
  expect(storedTally.parse(before).tags).toEqual(tags);
  expect(tags).toEqual(noTags);
});
