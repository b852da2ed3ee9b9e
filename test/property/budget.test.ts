import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  afterAnswer,
  afterFailure,
  afterFreeze,
  afterThrottled,
  newSlots,
  reserve,
  reserveTag,
} from '../../shared/domain/slots.ts';

const command = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      waitMs: fc.nat(4_000),
      count: fc.integer({ min: 1, max: 40 }),
      purpose: fc.constantFrom('post' as const, 'read' as const),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('reserve-tag' as const), waitMs: fc.nat(1_500) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('idle' as const), waitMs: fc.nat(90_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('throttled' as const),
      waitMs: fc.nat(1_000),
      seconds: fc.nat(20),
      isTagCall: fc.boolean(),
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
    tagBudget: fc.constantFrom(10, 60),
    share: fc.constantFrom(0.5, 0.97, 1),
  })
  .map(({ commands, budget, tagBudget, share }) => {
    const maxRate = budget * share;
    const maxTagRate = tagBudget * share;
    let now = 1_000_000;
    let slots = newSlots(maxRate);
    let tagSlots = newSlots(maxTagRate);
    const moments: number[] = [];
    const tagMoments: number[] = [];
    const early: number[] = [];
    for (const one of commands) {
      now += one.waitMs;
      switch (one.kind) {
        case 'reserve': {
          const answer = reserve(slots, { now, count: one.count, maxRate, purpose: one.purpose });
          if (answer.kind === 'later') {
            early.push(answer.at - now);
            break;
          }
          for (const moment of answer.moments) if (moment < Math.max(now, slots.frozenUntil)) early.push(-1);
          slots = answer.slots;
          moments.push(...answer.moments);
          break;
        }
        case 'reserve-tag': {
          const answer = reserveTag(slots, tagSlots, { now, maxRate, maxTagRate });
          if (answer.kind === 'later') {
            early.push(answer.at - now);
            break;
          }
          const { moment } = answer;
          if (moment < Math.max(now, slots.frozenUntil, tagSlots.frozenUntil)) early.push(-1);
          ({ all: slots, tags: tagSlots } = answer);
          moments.push(moment);
          tagMoments.push(moment);
          break;
        }
        case 'throttled': {
          const told = { now, retryAfterSeconds: one.seconds };
          slots = (one.isTagCall ? afterFreeze : afterThrottled)(slots, { ...told, maxRate });
          if (one.isTagCall) tagSlots = afterThrottled(tagSlots, { ...told, maxRate: maxTagRate });
          break;
        }
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
    return { moments, tagMoments, early, budget, tagBudget };
  });

test('law 10: no 60 s hold more moments than either budget, whoever reserves and whatever is answered', () => {
  fc.assert(
    fc.property(granted, ({ moments, tagMoments, budget, tagBudget }) => {
      const holds = (taken: readonly number[], most: number) =>
        taken.forEach((moment, index) => {
          const beyond = taken[index + most];
          if (beyond !== undefined) expect(beyond - moment).toBeGreaterThanOrEqual(60_000);
        });
      holds(moments, budget);
      holds(tagMoments, tagBudget);
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
    const answer = reserve(slots, { now, count: 10, maxRate, purpose: 'post' });
    if (answer.kind === 'later') continue;
    slots = answer.slots;
    moments.push(...answer.moments);
  }
  expect(moments.filter((moment) => moment < 300_000).length).toBeGreaterThanOrEqual(maxRate * 5 * 0.99);
});

test.each([
  { lanes: 3, least: 0.6 },
  { lanes: 0, least: 0.97 },
])('tag calls get their share beside $lanes lanes, which lose nothing by them', ({ lanes, least }) => {
  const maxRate = 388;
  const maxTagRate = 58.2;
  let all = newSlots(maxRate);
  let tags = newSlots(maxTagRate);
  const moments: number[] = [];
  const tagMoments: number[] = [];
  const laneAt = Array.from({ length: lanes }, (_, lane) => lane * 500);
  let tagAt = 0;
  for (let now = 0; now < 300_000; now += 10) {
    // Tag calls come first: they would take moments from the lanes if they could.
    if (now >= tagAt) {
      const answer = reserveTag(all, tags, { now, maxRate, maxTagRate });
      tagAt = answer.kind === 'later' ? answer.at : now;
      if (answer.kind === 'reserved') {
        ({ all, tags } = answer);
        moments.push(answer.moment);
        tagMoments.push(answer.moment);
      }
    }
    for (const [lane, at] of laneAt.entries()) {
      if (now < at) continue;
      const answer = reserve(all, { now, count: 10, maxRate, purpose: 'post' });
      if (answer.kind === 'reserved') {
        all = answer.slots;
        moments.push(...answer.moments);
        laneAt[lane] = (answer.moments.at(-1) ?? now) + 300;
      } else laneAt[lane] = answer.at;
    }
  }
  expect(tagMoments.length).toBeGreaterThanOrEqual(maxTagRate * 5 * least);
  if (lanes > 0) {
    expect(moments.filter((moment) => moment < 300_000).length).toBeGreaterThanOrEqual(maxRate * 5 * 0.99);
  }
});
