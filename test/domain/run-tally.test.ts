import { expect, test } from 'vitest';
import { countAs, settled, toIntent } from '../../shared/domain/batch.ts';
import { freshBatch } from '../../shared/domain/paging.ts';
import { conserves, endState, runTally } from '../../shared/domain/run-tally.ts';
import { changeOf, pageOf } from './planning.ts';

const read = {
  read: 12,
  spooled: 10,
  invalid: 2,
  invalidByReason: { 'email-missing': 2 },
  leftOut: { 'phone:phone-malformed': 1 },
};
const plan = { duplicate: 1, unchanged: 5, upserts: 4, joined: 1, leaves: 2, takenBack: 0, known: 9 };
const changes = [0, 1, 2, 3, 4, 5].map((number) =>
  changeOf(number, { kind: number < 4 ? 'upsert' : 'leave' }),
);
const page = { ...pageOf(6), batches: [freshBatch(0, [[0, 3]]), freshBatch(1, [[3, 6]])] };
const settle = (of: typeof page, number: number, outcome: 'accepted' | 'refused') => {
  const rows = of.batches[number]?.rows ?? [];
  return settled(toIntent(of, [number], 0), number, countAs(outcome, rows, changes));
};
const none = { accepted: 0, refused: 0, failed: 0, unsent: 0 };

test('rows without an outcome are unsent, leaves apart', () => {
  const tally = runTally({ read, plan, planComplete: true, pages: [settle(page, 0, 'accepted')] });
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
    invalidByReason: read.invalidByReason,
    leftOut: read.leftOut,
  });
  expect(conserves(tally)).toBe(true);
});

test('a run that ended before or while planning sent none of what it read', () => {
  const unplanned = runTally({ read, plan: null, planComplete: false, pages: [] });
  expect(unplanned).toMatchObject({ unsent: 10, leaves: none });
  const half = { ...plan, duplicate: 0, unchanged: 1, upserts: 2 };
  const halfPlanned = runTally({ read, plan: half, planComplete: false, pages: [] });
  expect(halfPlanned).toMatchObject({ unchanged: 1, unsent: 9 });
  expect([unplanned, halfPlanned].map(conserves)).toEqual([true, true]);
});

test('a row lost by planning, or counted twice by sending, is found', () => {
  const lost = runTally({ read, plan: { ...plan, unchanged: 4 }, planComplete: true, pages: [] });
  const sent = settle(page, 0, 'accepted');
  const twice = runTally({ read, plan, planComplete: true, pages: [sent, sent] });
  expect([lost, twice].map(conserves)).toEqual([false, false]);
});

test('contacts accepted without their phone are counted as left out', () => {
  const lean = {
    ...page,
    batches: page.batches.map((batch) => ({ ...batch, variant: 'without-phone' as const })),
  };
  const { leftOut } = runTally({ read, plan, planComplete: true, pages: [settle(lean, 0, 'accepted')] });
  expect(leftOut).toEqual({ 'phone:phone-malformed': 1, 'phone:phone-in-use': 3 });
});

test('how a run ends', () => {
  const changesRun = { kind: 'changes' as const, stopped: false };
  const all = runTally({
    read,
    plan,
    planComplete: true,
    pages: [settle(settle(page, 0, 'accepted'), 1, 'accepted')],
  });
  const some = runTally({
    read,
    plan,
    planComplete: true,
    pages: [settle(settle(page, 0, 'accepted'), 1, 'refused')],
  });
  const unsent = runTally({ read, plan, planComplete: true, pages: [page] });
  expect(endState(all, changesRun)).toBe('succeeded');
  expect(endState(all, { ...changesRun, stopped: true })).toBe('failed');
  expect(endState(some, changesRun)).toBe('partial');
  expect(endState({ ...all, leaves: { ...none, failed: 1 } }, changesRun)).toBe('partial');
  expect(endState(unsent, changesRun)).toBe('partial');
  expect(endState(unsent, { kind: 'dry-run', stopped: false })).toBe('succeeded');
});
