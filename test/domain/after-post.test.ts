import { describe, expect, it } from 'vitest';
import {
  type AfterPost,
  afterPost,
  forbiddenPauseMs,
  type Post,
  refusedRow,
} from '../../shared/domain/after-post.ts';
import type { DestinationAnswer } from '../../shared/domain/answers.ts';
import { batchOf, toIntent } from '../../shared/domain/batch.ts';
import { type BatchId, batchId, customerId, keyHash, runId } from '../../shared/domain/ids.ts';
import type { Page } from '../../shared/domain/page.ts';
import { freshBatch } from '../../shared/domain/paging.ts';
import type { Change } from '../../shared/domain/plan.ts';

const now = 1_000_000;
const key = keyHash.parse('0'.repeat(32));

const changeOf = (phone: string | undefined): Change => ({
  kind: 'upsert',
  key,
  id: customerId.parse('c1'),
  contact: { email: 'a@example.com', ...(phone !== undefined && { phone }) },
  fingerprint: 'f',
  markers: [],
});

const pageAfter = (rows: number, post: Post, phone?: string): { page: Page; input: AfterPost } => {
  const changes = Array.from({ length: rows }, () => changeOf(phone));
  const planned: Page = {
    runId: runId.parse('newsletter.1'),
    number: 0,
    ranges: [],
    rows,
    batches: [freshBatch(0, [[0, rows]])],
    lane: 0,
  };
  const page = toIntent(planned, [0], now);
  const input = { page, batch: batchOf(page, 0), post, changes, now, random: 0 };
  return { page: afterPost(input), input };
};

const answered = (answer: DestinationAnswer<BatchId>): Post => ({ kind: 'answer', answer });
const fault = { field: 'email', code: 'invalid_format', message: 'Bad.' };
const refused = answered({ kind: 'refused', faults: [fault] });

describe('what follows a post', () => {
  const cases: readonly [string, Post, object][] = [
    [
      'its id is kept',
      answered({ kind: 'ok', value: batchId.parse('b1') }),
      { state: 'posted', batchIds: ['b1'], postedAt: now },
    ],
    [
      'no certainty: it stays an intent',
      answered({ kind: 'ambiguous', message: '' }),
      { state: 'intent', intentAt: now },
    ],
    [
      'throttled: again, free of charge',
      answered({ kind: 'throttled' }),
      { state: 'planned', attempt: 0, notBefore: now },
    ],
    ['key refused: again, if at all', answered({ kind: 'unauthorised' }), { state: 'planned', attempt: 0 }],
    [
      'forbidden: once more after five minutes',
      answered({ kind: 'forbidden' }),
      { state: 'planned', attempt: 0, notBefore: now + forbiddenPauseMs },
    ],
    ['a slot missed: again at once', { kind: 'not-sent' }, { state: 'planned', attempt: 0, notBefore: now }],
    [
      'superseded: not soon',
      { kind: 'superseded' },
      { state: 'planned', attempt: 0, notBefore: now + 60_000 },
    ],
    ['nothing there: again, at a cost', answered({ kind: 'absent' }), { state: 'planned', attempt: 1 }],
  ];
  it.each(cases)('%s', (_, post, expected) => {
    expect(pageAfter(100, post).page.batches[0]).toMatchObject(expected);
  });

  it.each([
    ['refused', refused],
    ['too large', answered({ kind: 'too-large' })],
  ])('%s as a whole: halved', (_, post) => {
    const { page, input } = pageAfter(5, post);
    expect(page.batches.map(({ state, rows }) => [state, rows])).toEqual([
      ['split', [[0, 5]]],
      ['planned', [[0, 3]]],
      ['planned', [[3, 5]]],
    ]);
    expect(refusedRow(input)).toBeNull();
  });

  it('refused with one row: the row is found, counted and listed', () => {
    const { page, input } = pageAfter(1, refused);
    expect(page.batches[0]).toMatchObject({ state: 'settled', upserts: { refused: 1 } });
    expect(refusedRow(input)).toMatchObject({
      key,
      outcome: 'refused',
      field: 'email',
      code: 'invalid_format',
    });
  });

  it('a conflict: once more without the phone, and without one refused', () => {
    const conflict = answered({ kind: 'conflict' });
    const withPhone = pageAfter(1, conflict, '+37060000000');
    expect(withPhone.page.batches[0]).toMatchObject({
      state: 'planned',
      variant: 'without-phone',
      attempt: 0,
    });
    expect(refusedRow(withPhone.input)).toBeNull();
    const without = pageAfter(1, conflict);
    expect(without.page.batches[0]).toMatchObject({ state: 'settled', upserts: { refused: 1 } });
    expect(refusedRow(without.input)).toMatchObject({ code: 'conflict' });
  });
});
