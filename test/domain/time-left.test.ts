import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runId } from '../../shared/domain/ids.ts';
import type { Batch, Page } from '../../shared/domain/page.ts';
import { freshBatch } from '../../shared/domain/paging.ts';
import { newSlots, type Slots } from '../../shared/domain/slots.ts';
import { noStages } from '../../shared/domain/stages.ts';
import type { TagCall } from '../../shared/domain/tag-call.ts';
import { planTally } from '../../shared/domain/tally.ts';
import { type TimeLeftInput, timeLeft } from '../../shared/domain/time-left.ts';
import { firstTurn } from '../../shared/domain/turn.ts';

const run = runId.parse('newsletter.1');
const now = 1_000_000;
const maxRate = 60;

const batches = (states: Partial<Record<Batch['state'], number>>): readonly Page[] => [
  {
    runId: run,
    number: 0,
    ranges: [],
    rows: 0,
    lane: null,
    batches: Object.entries(states).flatMap(([state, count]) =>
      Array.from({ length: count }, (_, number) => ({
        ...freshBatch(number, []),
        state: state as Batch['state'],
        // The newest that is settled was posted 10 s before settlement last looked, the newest open one 2 s ago.
        postedAt:
          state === 'settled' ? now - 15_000 - number : state === 'posted' ? now - 2_000 - number : null,
      })),
    ),
  },
];

const plan = (over: object = {}) => ({
  shards: 4,
  lists: ['0', '1', '2', '3'],
  planned: 4,
  snapshot: null,
  repeatedInvalid: {},
  taggings: 0,
  tally: planTally.parse({}),
  ...over,
});

const left = ({
  slots = newSlots(maxRate),
  tags = newSlots(10),
  ...rest
}: Partial<Omit<TimeLeftInput, 'run' | 'requests' | 'tags'>> & {
  readonly run: Partial<TimeLeftInput['run']>;
  readonly slots?: Slots;
  readonly tags?: Slots;
}) =>
  timeLeft({
    now,
    slicesRead: 0,
    pages: [],
    tagCalls: [],
    others: [],
    requests: { slots, maxRate },
    tags: { slots: tags, maxRate: 10 },
    ...rest,
    run: {
      state: 'sending',
      kind: 'changes',
      startedAt: now - 100_000,
      stages: { ...noStages, planning: now - 60_000, sending: now - 50_000 },
      slices: 0,
      plan: plan(),
      stop: null,
      // It looks again in 6 s, and by then every 16 s.
      looks: 3,
      turn: { ...firstTurn('settle', now - 5_000, now + 6_000) },
      ...rest.run,
    },
  });

it.each(['queued', 'held', 'succeeded', 'failed', 'cancelled'] as const)(
  'nothing of one that is %s',
  (state) => {
    expect(left({ run: { state } })).toEqual({ stage: null, run: null });
  },
);

it('reading: by the slices that are read, once one is', () => {
  const reading = { state: 'reading', slices: 16 } as const;
  expect(left({ run: reading, slicesRead: 0 })).toEqual({ stage: null, run: null });
  expect(left({ run: { ...reading, slices: 0 } })).toEqual({ stage: null, run: null });
  expect(left({ run: reading, slicesRead: 4 })).toEqual({ stage: 300, run: null });
  expect(left({ run: reading, slicesRead: 16 })).toEqual({ stage: 0, run: null });
});

it('planning: by shards; a dry run ends with them', () => {
  const run = { state: 'planning', plan: plan({ planned: 3 }) } as const;
  expect(left({ run })).toEqual({ stage: 20, run: null });
  expect(left({ run: { ...run, kind: 'dry-run' } })).toEqual({ stage: 20, run: 20 });
  expect(left({ run: { ...run, plan: plan({ planned: 0 }) } }).stage).toBeNull();
  // It waits for an earlier run's batches, and for how long nobody knows.
  expect(left({ run: { ...run, plan: plan() } })).toEqual({ stage: null, run: null });
});

it('sending: what waits, at the rate of now, then as long as an answer takes, and half of a look', () => {
  const pages = batches({ planned: 30, posted: 4, intent: 1, settled: 25 });
  expect(left({ run: {}, pages })).toEqual({ stage: 30, run: 48 });
  const slow = { ...newSlots(maxRate), ratePerMinute: 30, frozenUntil: now };
  expect(left({ run: {}, pages, slots: slow })).toEqual({ stage: 60, run: 78 });
  const frozen = { ...newSlots(maxRate), frozenUntil: now + 20_000 };
  expect(left({ run: {}, pages, slots: frozen })).toEqual({ stage: 50, run: 68 });
  const open = { ...newSlots(maxRate), breaker: 'open' as const, breakerUntil: now + 90_000 };
  expect(left({ run: {}, pages, slots: open })).toEqual({ stage: 120, run: 138 });
});

it('sending: no whole before the first answer', () => {
  expect(left({ run: {}, pages: batches({ planned: 30, posted: 4 }) })).toEqual({ stage: 30, run: null });
});

it('sending: other runs of the brand take turns', () => {
  const pages = batches({ planned: 30, settled: 10 });
  expect(left({ run: {}, pages, others: [10] })).toEqual({ stage: 40, run: 58 });
  // A long one only until this one is through.
  expect(left({ run: {}, pages, others: [10, 5_000] })).toEqual({ stage: 70, run: 88 });
});

it('tags go beside the posts, at their own rate', () => {
  const call = (state: TagCall['state'], rows: number): TagCall => ({
    runId: run,
    key: 't0-0',
    shard: 0,
    tag: 'a',
    direction: 'add',
    rows: [[0, rows]],
    counted: { upserts: 0, leaves: 0 },
    state,
    attempt: 0,
    notBefore: 0,
    requestedAt: null,
  });
  const pages = batches({ planned: 30, settled: 10 });
  // One is stored and not made; 750 contacts have none yet: three more. Ten a minute.
  const tagCalls = [call('requested', 250), call('planned', 250), call('split', 250)];
  const tagged = { plan: plan({ taggings: 1_250 }) };
  expect(left({ run: tagged, pages, tagCalls })).toEqual({ stage: 30, run: 48 });
  expect(left({ run: tagged, pages: batches({ planned: 1, settled: 10 }), tagCalls }).run).toBe(24);
  expect(left({ run: tagged, pages: batches({ settled: 10 }), tagCalls }).run).toBe(24);
});

it('settling, or stopped: only answers are waited for, and the look that finds them', () => {
  const pages = batches({ planned: 30, posted: 5, settled: 25 });
  expect(left({ run: { state: 'cancelling' }, pages })).toEqual({ stage: 8, run: 8 });
  const stop = { code: 'key-refused', message: '', answers: true };
  expect(left({ run: { state: 'settling', stop }, pages })).toEqual({ stage: 8, run: 8 });
  const later = firstTurn('settle', now - 5_000, now + 25_000);
  expect(left({ run: { state: 'settling', stop, turn: later }, pages }).run).toBe(25);
  expect(left({ run: { state: 'settling' }, pages: batches({ settled: 25 }) }).run).toBe(0);
  expect(left({ run: { state: 'settling', stop: { ...stop, answers: false } }, pages }).run).toBeNull();
});

it('never says less than nothing, and never more for less work', () => {
  const counts = fc.nat(2_000);
  fc.assert(
    fc.property(
      counts,
      counts,
      counts,
      fc.array(counts, { maxLength: 3 }),
      (planned, posted, settled, others) => {
        const of = (waiting: number) =>
          left({ run: {}, pages: batches({ planned: waiting, posted, settled }), others });
        const { stage, run: whole } = of(planned);
        expect(stage).toBeGreaterThanOrEqual(0);
        expect(whole ?? stage).toBeGreaterThanOrEqual(stage ?? 0);
        expect(of(Math.floor(planned / 2)).stage).toBeLessThanOrEqual(stage ?? 0);
      },
    ),
    { numRuns: 50 },
  );
});
