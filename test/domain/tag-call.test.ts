import { describe, expect, test } from 'vitest';
import { forbiddenPauseMs } from '../../shared/domain/after-post.ts';
import type { DestinationAnswer } from '../../shared/domain/answers.ts';
import { runId } from '../../shared/domain/ids.ts';
import type { RowRange } from '../../shared/domain/page.ts';
import { countRows } from '../../shared/domain/rows-of.ts';
import {
  afterTagAnswer,
  backToPlanned,
  cancelled,
  dueCalls,
  failed,
  refusedWhole,
  requested,
  type TagCall,
  tagCall,
  tagOutcome,
  toIntent,
} from '../../shared/domain/tag-call.ts';

const now = 1_000_000;
const planned: TagCall = {
  runId: runId.parse('newsletter.r1'),
  key: 't3-0',
  shard: 3,
  tag: 'segment_VIP',
  direction: 'add',
  rows: [
    [0, 3],
    [10, 12],
  ],
  counted: { upserts: 3, leaves: 1 },
  state: 'planned',
  attempt: 0,
  notBefore: now,
  requestedAt: null,
};
const intent = toIntent(planned, now);
/** Rows 0 to 2 are members with nothing but tags, row 10 is such a leaver. */
const countedOf = (rows: readonly RowRange[]) => ({
  upserts: rows
    .flatMap(([from, to]) => (from < 3 ? [Math.min(to, 3) - from] : []))
    .reduce((a, b) => a + b, 0),
  leaves: rows.some(([from, to]) => from <= 10 && 10 < to) ? 1 : 0,
});
const answered = (answer: DestinationAnswer<null>, call = intent) =>
  afterTagAnswer(call, answer, { now: now + 500, againAt: now + 9_000, countedOf });

test('what is stored can be read back', () => {
  for (const call of [planned, { ...intent, mayHaveArrived: true } as const]) {
    expect(tagCall.parse(JSON.parse(JSON.stringify(call)))).toEqual(call);
  }
});

describe('a call is due', () => {
  const due = (call: TagCall, at: number) => dueCalls([call], at).length === 1;

  test('when its time has come', () => {
    expect([due(planned, now - 1), due(planned, now)]).toEqual([false, true]);
  });

  test('again when its answer is lost, which is noted then', () => {
    expect([due(intent, now), due(intent, now + 179_999), due(intent, now + 180_000)]).toEqual([
      false,
      false,
      true,
    ]);
    expect(intent).toMatchObject({ state: 'intent', attempt: 0 });
    expect(toIntent(intent, now + 180_000)).toMatchObject({
      state: 'intent',
      attempt: 1,
      mayHaveArrived: true,
      notBefore: now + 360_000,
    });
  });

  test('never once it has ended', () => {
    const ended = [
      requested(intent, now),
      cancelled(planned),
      failed(intent),
      ...refusedWhole(intent, { now, countedOf }).slice(0, 1),
    ];
    expect(dueCalls(ended, Number.MAX_SAFE_INTEGER)).toEqual([]);
  });
});

describe('after an answer', () => {
  test.each<[string, DestinationAnswer<null>, Partial<TagCall>]>([
    ['202', { kind: 'ok', value: null }, { state: 'requested', requestedAt: now + 500 }],
    [
      'no answer',
      { kind: 'ambiguous', message: '503' },
      { state: 'planned', attempt: 1, notBefore: now + 9_000, mayHaveArrived: true },
    ],
    ['404', { kind: 'absent' }, { state: 'planned', attempt: 1, notBefore: now + 9_000 }],
    [
      '429',
      { kind: 'throttled', retryAfterSeconds: 7 },
      { state: 'planned', attempt: 0, notBefore: now + 500 },
    ],
    ['401', { kind: 'unauthorised' }, { state: 'planned', attempt: 0, notBefore: now + 500 }],
    ['410', { kind: 'retired' }, { state: 'planned', attempt: 0, notBefore: now + 500 }],
    ['403', { kind: 'forbidden' }, { state: 'planned', attempt: 0, notBefore: now + 500 + forbiddenPauseMs }],
  ])('%s', (_, answer, expected) => {
    expect(answered(answer)).toEqual([{ ...intent, ...expected }]);
  });

  test('the fifth try without one is the last', () => {
    const fifth = { ...intent, attempt: 4 };
    const [own] = answered({ kind: 'ambiguous', message: '503' }, fifth);
    expect(own).toMatchObject({ state: 'failed', attempt: 5, mayHaveArrived: true });
    expect(answered({ kind: 'throttled' }, fifth)[0]).toMatchObject({ state: 'planned', attempt: 4 });
  });

  test.each<DestinationAnswer<null>>([
    { kind: 'refused', faults: [] },
    { kind: 'too-large' },
    { kind: 'conflict' },
  ])('a refusal ($kind) halves it until one contact is left', (answer) => {
    const [own, first, second] = answered(answer);
    expect(own).toMatchObject({ state: 'split', counted: { upserts: 0, leaves: 0 } });
    expect([first?.key, second?.key]).toEqual(['t3-0a', 't3-0b']);
    expect([first?.rows, second?.rows]).toEqual([[[0, 3]], [[10, 12]]]);
    expect([first?.counted, second?.counted]).toEqual([
      { upserts: 3, leaves: 0 },
      { upserts: 0, leaves: 1 },
    ]);
    const single = { ...intent, rows: [[10, 11] as [number, number]], counted: { upserts: 0, leaves: 1 } };
    expect(answered(answer, single)).toEqual([{ ...single, state: 'refused' }]);
  });

  test('halving ends with single contacts, and loses no row and no count', () => {
    const singles: TagCall[] = [];
    const open: TagCall[] = [planned];
    for (let call = open.pop(); call !== undefined; call = open.pop()) {
      const [own, ...halves] = answered({ kind: 'refused', faults: [] }, toIntent(call, now));
      if (own.state === 'refused') singles.push(own);
      open.push(...halves);
    }
    expect(singles.map(({ rows }) => countRows(rows))).toEqual([1, 1, 1, 1, 1]);
    expect(new Set(singles.map(({ key }) => key)).size).toBe(5);
    const sum = (name: 'upserts' | 'leaves') => singles.reduce((all, { counted }) => all + counted[name], 0);
    expect([sum('upserts'), sum('leaves')]).toEqual([3, 1]);
  });
});

describe('what it did', () => {
  const open = { costsAttempt: true, notBefore: now, mayHaveArrived: true };
  const maybe = backToPlanned(intent, open);
  test.each<[string, TagCall, ReturnType<typeof tagOutcome>]>([
    ['planned', planned, 'none'],
    ['intent', intent, 'open'],
    ['requested', requested(intent, now), 'requested'],
    ['planned again, perhaps taken', maybe, 'open'],
    ['cancelled, perhaps taken', cancelled(maybe), 'open'],
    ['cancelled', cancelled(planned), 'none'],
    ['taken at the second try', requested(toIntent(maybe, now), now), 'requested'],
    [
      'throttled after a try that was perhaps taken',
      answered({ kind: 'throttled' }, toIntent(maybe, now))[0],
      'open',
    ],
    ['failed without an answer', backToPlanned({ ...intent, attempt: 4 }, open), 'open'],
    ['failed with one', backToPlanned({ ...intent, attempt: 4 }, { ...open, mayHaveArrived: false }), 'none'],
    ['split', answered({ kind: 'refused', faults: [] }, toIntent(maybe, now))[0], 'none'],
  ])('%s', (_, call, expected) => {
    expect(tagOutcome(call)).toBe(expected);
  });

  test('halves know that the whole was perhaps taken', () => {
    const halves = answered({ kind: 'refused', faults: [] }, toIntent(maybe, now)).slice(1);
    expect(halves.map(tagOutcome)).toEqual(['open', 'open']);
  });
});
