import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterAnswer, afterFailure, afterThrottled, newSlots, reserve } from '../../shared/domain/slots.ts';

const command = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      waitMs: fc.nat(4_000),
      count: fc.integer({ min: 1, max: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('idle' as const), waitMs: fc.nat(90_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('throttled' as const),
      waitMs: fc.nat(1_000),
      seconds: fc.nat(20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('failed' as const), waitMs: fc.nat(1_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('answered' as const), waitMs: fc.nat(1_000) }) },
);

/** Moments granted by any interleaving of callers, with what they were granted under. */
const granted = fc
  .record({
    commands: fc.array(command, { maxLength: 150, size: 'max' }),
    budget: fc.constantFrom(60, 400),
    share: fc.constantFrom(0.5, 0.97, 1),
  })
  .map(({ commands, budget, share }) => {
    const maxRate = budget * share;
    let now = 1_000_000;
    let slots = newSlots(maxRate);
    const moments: number[] = [];
    const early: number[] = [];
    for (const one of commands) {
      now += one.waitMs;
      switch (one.kind) {
        case 'reserve': {
          const answer = reserve(slots, { now, count: one.count, maxRate });
          if (answer.kind === 'later') {
            early.push(answer.at - now);
            break;
          }
          for (const moment of answer.moments) if (moment < Math.max(now, slots.frozenUntil)) early.push(-1);
          slots = answer.slots;
          moments.push(...answer.moments);
          break;
        }
        case 'throttled':
          slots = afterThrottled(slots, { now, retryAfterSeconds: one.seconds, maxRate });
          break;
        case 'failed':
          slots = afterFailure(slots, { now, random: 0.5 });
          break;
        case 'answered':
          slots = afterAnswer(slots);
          break;
        case 'idle':
          break;
      }
    }
    return { moments, early, budget };
  });

test('law 10: no 60 s hold more moments than the budget, whoever reserves and whatever is answered', () => {
  fc.assert(
    fc.property(granted, ({ moments, budget }) => {
      moments.forEach((moment, index) => {
        const beyond = moments[index + budget];
        if (beyond !== undefined) expect(beyond - moment).toBeGreaterThanOrEqual(60_000);
      });
    }),
    { numRuns: 200 },
  );
});

test('moments are given once, in order, never in the past or a freeze; who is put off may come back later', () => {
  fc.assert(
    fc.property(granted, ({ moments, early }) => {
      for (const [index, moment] of moments.entries()) {
        const next = moments[index + 1];
        if (next !== undefined) expect(next).toBeGreaterThan(moment);
      }
      expect(early.filter((ms) => ms <= 0)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('while callers keep reserving, at least 99 % of the rate is granted', () => {
  const maxRate = 388;
  let slots = newSlots(maxRate);
  const moments: number[] = [];
  for (let now = 0; now < 300_000; now += 500) {
    const answer = reserve(slots, { now, count: 10, maxRate });
    if (answer.kind === 'later') continue;
    slots = answer.slots;
    moments.push(...answer.moments);
  }
  expect(moments.filter((moment) => moment < 300_000).length).toBeGreaterThanOrEqual(maxRate * 5 * 0.99);
});
