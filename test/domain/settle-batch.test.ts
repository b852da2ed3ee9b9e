import { describe, expect, test } from 'vitest';
import type { ItemAnswer, RemoteBatch } from '../../shared/domain/answers.ts';
import { batchOf, posted, toIntent } from '../../shared/domain/batch.ts';
import { blankChange } from '../../shared/domain/forgotten.ts';
import { type Batch, maxBatchAttempts } from '../../shared/domain/page.ts';
import { freshBatch } from '../../shared/domain/paging.ts';
import type { Change } from '../../shared/domain/plan.ts';
import { settleBatch } from '../../shared/domain/settle-batch.ts';
import { aBatchId, changeOf, emailOf, pageOf, remoteOf } from './planning.ts';

const none = { accepted: 0, refused: 0, failed: 0, unsent: 0 };
const fault = { field: 'country', code: 'invalid', message: 'Unknown country.' };
const itemOf = (number: number, result: ItemAnswer['result']): ItemAnswer => ({
  email: emailOf(number).toUpperCase(),
  digest: '',
  result,
});

const settle = (
  changes: readonly Change[],
  remote: Partial<RemoteBatch>,
  items: readonly ItemAnswer[] | null,
  parts: Partial<Batch> = {},
) => {
  const empty = pageOf(changes.length);
  const planned = { ...empty, batches: [{ ...freshBatch(0, [[0, changes.length]]), ...parts }] };
  const page = posted(toIntent(planned, [0], 1), 0, aBatchId(), 2);
  const batch = batchOf(page, 0);
  const input = {
    page,
    batch,
    changes,
    remote: remoteOf(changes.length, remote),
    items,
    now: 1_000_000,
    random: 0,
  };
  return { before: page, ...settleBatch(input) };
};

const upsertAndLeave = [changeOf(0), changeOf(1, { kind: 'leave', contact: { email: emailOf(1) } })];

describe('a batch as a whole', () => {
  test('finished without errors accepts every row, upserts and leaves counted apart', () => {
    const { page, refused } = settle(upsertAndLeave, {}, null);
    expect(page.batches).toMatchObject([
      {
        state: 'settled',
        rows: [[0, 2]],
        upserts: { ...none, accepted: 1 },
        leaves: { ...none, accepted: 1 },
      },
    ]);
    expect(refused).toEqual([]);
  });

  test.each<[string, Partial<RemoteBatch>, readonly ItemAnswer[] | null]>([
    ['pending', { state: 'pending', finished: 0 }, null],
    ['in progress', { state: 'inProgress', finished: 1 }, null],
    ['in progress, with items', { state: 'inProgress' }, [itemOf(0, { kind: 'accepted' })]],
    ['finished with errors, items unread', { errors: 1 }, null],
    ['finished short of its own total, items unread', { finished: 1 }, null],
    ['finished with fewer rows than were sent, items unread', { total: 1, finished: 1 }, null],
    ['stopped, items unread', { state: 'stopped', finished: 2 }, null],
  ])('%s: nothing is decided', (_, remote, items) => {
    const { before, page, refused } = settle(upsertAndLeave, remote, items);
    expect(page).toBe(before);
    expect(refused).toEqual([]);
  });
});

describe('a single row, by its answer', () => {
  const ofOne = (
    result: ItemAnswer['result'] | null,
    parts: Partial<Batch> = {},
    state: RemoteBatch['state'] = 'finished',
  ) => settle([changeOf(0)], { state, errors: 1 }, result === null ? [] : [itemOf(0, result)], parts);

  test('accepted', () => {
    expect(ofOne({ kind: 'accepted' }).page.batches).toMatchObject([{ upserts: { ...none, accepted: 1 } }]);
  });

  test('refused, with its field, code and every message', () => {
    const { page, refused } = ofOne({ kind: 'refused', faults: [fault, { ...fault, message: 'And more.' }] });
    expect(page.batches).toMatchObject([{ state: 'settled', upserts: { ...none, refused: 1 } }]);
    expect(refused).toMatchObject([
      {
        id: 'c0',
        outcome: 'refused',
        field: 'country',
        code: 'invalid',
        message: 'Unknown country. And more.',
      },
    ]);
  });

  test('refused without a reason', () => {
    expect(ofOne({ kind: 'refused', faults: [] }).refused).toMatchObject([
      { outcome: 'refused', code: 'unknown' },
    ]);
  });

  test('a conflict goes on without the phone, at no cost', () => {
    const { page, refused } = ofOne({ kind: 'conflict' });
    expect(page.batches).toMatchObject([
      { number: 0, state: 'settled', rows: [], upserts: none },
      { number: 1, state: 'planned', rows: [[0, 1]], variant: 'without-phone', attempt: 0, upserts: null },
    ]);
    expect(refused).toEqual([]);
  });

  test('a conflict without the phone is refused', () => {
    expect(ofOne({ kind: 'conflict' }, { variant: 'without-phone' }).refused).toMatchObject([
      { outcome: 'refused', code: 'conflict' },
    ]);
  });

  test('a conflict of a contact that has no phone is refused', () => {
    const { refused } = settle([changeOf(0, { contact: { email: emailOf(0) } })], { errors: 1 }, [
      itemOf(0, { kind: 'conflict' }),
    ]);
    expect(refused).toMatchObject([{ outcome: 'refused', code: 'conflict' }]);
  });

  test('accepted without the phone, which is reported as left out', () => {
    const { leftOut } = ofOne({ kind: 'accepted' }, { variant: 'without-phone' });
    expect(leftOut).toEqual([{ id: 'c0', field: 'phone', reason: 'phone-in-use' }]);
  });

  test.each([
    ['throttled: again, free of charge', true, 0],
    ['not now: again, at the cost of an attempt', false, 1],
  ])('%s', (_, throttled, attempt) => {
    const { page } = ofOne({ kind: 'again', throttled });
    expect(page.batches[1]).toMatchObject({
      state: 'planned',
      attempt,
      notBefore: 1_002_500,
      batchIds: ['batch-1'],
    });
  });

  test('with its attempts spent it is failed', () => {
    const last = { attempt: maxBatchAttempts - 1 };
    expect(ofOne({ kind: 'again', throttled: false }, last).refused).toMatchObject([
      { outcome: 'failed', code: 'attempts-spent' },
    ]);
    expect(ofOne({ kind: 'again', throttled: true }, last).page.batches[1]).toMatchObject({
      state: 'planned',
    });
  });

  test.each([
    ['open', { kind: 'open' as const }],
    ['missing', null],
  ])('%s in a finished batch is failed, never accepted', (_, result) => {
    const { page, refused } = ofOne(result);
    expect(page.batches).toMatchObject([{ state: 'settled', upserts: { ...none, failed: 1 } }]);
    expect(refused).toMatchObject([{ outcome: 'failed', code: 'no-answer' }]);
  });

  test.each([
    ['open', { kind: 'open' as const }],
    ['missing', null],
  ])('%s in a stopped batch is planned again', (_, result) => {
    const { page, refused } = ofOne(result, {}, 'stopped');
    expect(page.batches[1]).toMatchObject({ state: 'planned', rows: [[0, 1]], attempt: 1 });
    expect(refused).toEqual([]);
  });
});

test('of two answers for one address the graver counts', () => {
  const items = [itemOf(0, { kind: 'refused', faults: [fault] }), itemOf(0, { kind: 'accepted' })];
  expect(settle([changeOf(0)], { errors: 1 }, items).refused).toHaveLength(1);
});

test('rows with different answers part ways', () => {
  const changes = [0, 1, 2, 3, 4].map((number) => changeOf(number));
  const { page } = settle(changes, { errors: 3 }, [
    itemOf(4, { kind: 'accepted' }),
    itemOf(3, { kind: 'again', throttled: false }),
    itemOf(2, { kind: 'conflict' }),
    itemOf(1, { kind: 'again', throttled: true }),
    itemOf(0, { kind: 'accepted' }),
  ]);
  expect(page.batches.map(({ number, rows, variant, attempt }) => [number, rows, variant, attempt])).toEqual([
    [
      0,
      [
        [0, 1],
        [4, 5],
      ],
      'full',
      0,
    ],
    [1, [[1, 2]], 'full', 0],
    [2, [[2, 3]], 'without-phone', 0],
    [3, [[3, 4]], 'full', 1],
  ]);
});

describe('forgotten people', () => {
  const withBlank = [changeOf(0), blankChange(changeOf(1))];

  test('who were not posted are counted apart, and never as failed', () => {
    const { page, refused } = settle(withBlank, { total: 1, finished: 1 }, [itemOf(0, { kind: 'accepted' })]);
    expect(page.batches).toMatchObject([
      { state: 'settled', upserts: { ...none, accepted: 1, forgotten: 1 } },
    ]);
    expect(refused).toEqual([]);
  });

  test('who were posted before are what Omnisend made of their batch', () => {
    const { page } = settle(withBlank, {}, null);
    expect(page.batches).toMatchObject([{ state: 'settled', upserts: { ...none, accepted: 2 } }]);
  });

  test('are not sent again with those of a batch that stopped', () => {
    const { page } = settle(withBlank, { state: 'stopped', total: 1, finished: 0 }, []);
    expect(page.batches).toMatchObject([
      { state: 'settled', rows: [[1, 2]], upserts: { ...none, forgotten: 1 } },
      { state: 'planned', rows: [[0, 1]] },
    ]);
  });
});
