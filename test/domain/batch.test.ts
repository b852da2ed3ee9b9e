import { describe, expect, test } from 'vitest';
import {
  backToPlanned,
  batchOf,
  cancelUnposted,
  claimable,
  failUnposted,
  originOf,
  pageState,
  posted,
  settled,
  split,
  toIntent,
} from '../../shared/domain/batch.ts';
import { maxBatchAttempts, type Page } from '../../shared/domain/page.ts';
import { freshBatch } from '../../shared/domain/paging.ts';
import { aBatchId, aRun, changeOf, pageOf } from './planning.ts';

const changes = [changeOf(0), changeOf(1, { kind: 'leave' }), changeOf(2), changeOf(3)];
const none = { accepted: 0, refused: 0, failed: 0, unsent: 0 };
const page = pageOf(4);
const intended = toIntent(page, [0], 1_000);
const sent = posted(intended, 0, aBatchId('x'), 2_000);

test('intent and post are recorded with their times, and nothing else of the page changes', () => {
  expect(sent).toEqual({
    ...page,
    batches: [
      { ...freshBatch(0, [[0, 4]]), state: 'posted', intentAt: 1_000, postedAt: 2_000, batchIds: ['x'] },
    ],
  });
  expect(page).toEqual(pageOf(4));
});

test('an illegal transition throws', () => {
  expect(() => posted(page, 0, aBatchId(), 0)).toThrow('planned to posted');
  expect(() => toIntent(sent, [0], 0)).toThrow('posted to intent');
  expect(() => batchOf(page, 9)).toThrow('no batch 9');
});

describe('back to planned', () => {
  test('throttled, it costs no attempt', () => {
    const back = backToPlanned(intended, 0, { costsAttempt: false, notBefore: 9_000, changes });
    expect(batchOf(back, 0)).toEqual({ ...freshBatch(0, [[0, 4]]), notBefore: 9_000 });
  });

  test('after a post it keeps the ids that Omnisend gave', () => {
    const back = backToPlanned(sent, 0, { costsAttempt: true, notBefore: 9_000, changes });
    expect(batchOf(back, 0)).toMatchObject({ state: 'planned', attempt: 1, batchIds: ['x'], intentAt: null });
  });

  test('with its attempts spent it is failed, upserts and leaves counted apart', () => {
    let after: Page = page;
    let tries = 0;
    while (batchOf(after, 0).state === 'planned') {
      tries += 1;
      after = backToPlanned(toIntent(after, [0], 0), 0, { costsAttempt: true, notBefore: 0, changes });
    }
    expect(tries).toBe(maxBatchAttempts);
    expect(batchOf(after, 0)).toMatchObject({
      state: 'failed',
      upserts: { ...none, failed: 3 },
      leaves: { ...none, failed: 1 },
    });
  });
});

describe('split', () => {
  test('halves with fresh numbers take the place of the whole', () => {
    const two = { ...pageOf(7), batches: [freshBatch(0, [[0, 3]]), freshBatch(1, [[3, 7]])] };
    const after = split(toIntent(two, [0], 5), 0);
    expect(after.batches.map(({ number, state, rows }) => [number, state, rows])).toEqual([
      [0, 'split', [[0, 3]]],
      [2, 'planned', [[0, 2]]],
      [3, 'planned', [[2, 3]]],
      [1, 'planned', [[3, 7]]],
    ]);
  });

  test('halves are sent as the whole was', () => {
    const lean = { ...page, batches: [{ ...freshBatch(0, [[0, 4]]), variant: 'without-phone' as const }] };
    const after = split(toIntent(lean, [0], 5), 0);
    expect(after.batches.slice(1)).toMatchObject([
      { variant: 'without-phone', intentAt: null },
      { variant: 'without-phone', intentAt: null },
    ]);
  });

  test('one row cannot be split', () => {
    expect(() => split(toIntent(pageOf(1), [0], 0), 0)).toThrow('one row');
  });
});

describe('a page with a batch of each kind', () => {
  const mixed = ['planned', 'intent', 'posted'].reduce<Page>(
    (after, state, number) => {
      if (state === 'planned') return after;
      const intent = toIntent(after, [number], 1);
      return state === 'intent' ? intent : posted(intent, number, aBatchId(), 2);
    },
    { ...pageOf(4), batches: [freshBatch(0, [[0, 1]]), freshBatch(1, [[1, 2]]), freshBatch(2, [[2, 4]])] },
  );
  const states = (of: Page) => of.batches.map(({ state }) => state);

  test('poison fails what is not posted', () => {
    const after = failUnposted(mixed, changes);
    expect(states(after)).toEqual(['failed', 'failed', 'posted']);
    expect(after.batches[1]).toMatchObject({ intentAt: 1, upserts: none, leaves: { ...none, failed: 1 } });
  });

  test('cancelling leaves an intent to be reconciled', () => {
    const after = cancelUnposted(mixed);
    expect(states(after)).toEqual(['cancelled', 'intent', 'posted']);
    expect(after.batches[0]).toMatchObject({ upserts: null, leaves: null });
  });

  test('the state of the page is derived', () => {
    expect(pageState(mixed)).toBe('open');
    expect(pageState(cancelUnposted(mixed))).toBe('in-flight');
    expect(pageState(failUnposted(mixed, changes))).toBe('in-flight');
    expect(pageState(settled(failUnposted(mixed, changes), 2, { upserts: none, leaves: none }))).toBe('done');
  });
});

test('a page is claimable while no lane has it and a planned batch is due', () => {
  const waiting = backToPlanned(intended, 0, { costsAttempt: false, notBefore: 100, changes });
  expect([claimable(page, 0), claimable({ ...page, lane: 0 }, 0), claimable(sent, 0)]).toEqual([
    true,
    false,
    false,
  ]);
  expect([claimable(waiting, 99), claimable(waiting, 100)]).toEqual([false, true]);
});

test('the origin names run, page, batch and attempt', () => {
  expect(originOf(aRun, 7, { number: 3, attempt: 1 })).toBe('newsletter.20261122T0600/7/3/1');
});
