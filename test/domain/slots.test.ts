import { describe, expect, test } from 'vitest';
import {
  afterAnswer,
  afterFailure,
  afterThrottled,
  isLate,
  newSlots,
  rateAt,
  reserve,
  type Slots,
  slots,
} from '../../shared/domain/slots.ts';

const maxRate = 400;
const now = 1_000_000;
const fresh = newSlots(maxRate);

const reserved = (before: Slots, at = now, count = 10) => {
  const answer = reserve(before, { now: at, count, maxRate });
  if (answer.kind !== 'reserved') throw new Error(`Come back at ${answer.at}.`);
  return answer;
};
const failTimes = (times: number, before = fresh): Slots =>
  Array.from({ length: times }).reduce<Slots>((after) => afterFailure(after, { now, random: 0 }), before);

describe('reserving', () => {
  test('slots begin now and lie evenly apart', () => {
    const { moments, slots: after } = reserved(fresh, now, 3);
    expect(moments).toEqual([now, now + 150, now + 300]);
    expect(after.nextFreeAt).toBe(now + 450);
    expect(reserved(after, now + 100, 1).moments).toEqual([now + 450]);
  });

  test('slots that passed unused are not made up', () => {
    const { slots: after } = reserved(fresh, now, 1);
    expect(reserved(after, now + 60_000, 2).moments).toEqual([now + 60_000, now + 60_150]);
  });

  test('nobody reserves more than 12 s ahead', () => {
    const ahead = { ...fresh, nextFreeAt: now + 12_001 };
    expect(reserve(ahead, { now, count: 1, maxRate })).toEqual({ kind: 'later', at: now + 1 });
    expect(reserved(ahead, now + 1, 1).moments).toEqual([now + 12_001]);
    expect(reserved(fresh, now, 1_000).moments.at(-1)).toBe(now + 12_000);
  });

  test('what is stored can be read back', () => {
    expect(slots.parse(JSON.parse(JSON.stringify(reserved(fresh).slots)))).toEqual(reserved(fresh).slots);
  });

  test('a slot is late after a second', () => {
    expect([isLate(now, now + 1_000), isLate(now, now + 1_001)]).toEqual([false, true]);
  });
});

describe('after a 429', () => {
  test('the brand waits as told, at least 5 s', () => {
    const told = afterThrottled(fresh, { now, retryAfterSeconds: 9, maxRate });
    expect(reserved(told, now + 8_000, 1).moments).toEqual([now + 9_000]);
    expect(afterThrottled(fresh, { now, retryAfterSeconds: 1, maxRate }).frozenUntil).toBe(now + 5_000);
    expect(afterThrottled(fresh, { now, maxRate }).frozenUntil).toBe(now + 5_000);
    expect(afterThrottled(told, { now, maxRate }).frozenUntil).toBe(now + 9_000);
  });

  test('the rate is cut, but at most once in 20 s', () => {
    const first = afterThrottled(fresh, { now, maxRate });
    const second = afterThrottled(first, { now: now + 19_999, maxRate });
    const third = afterThrottled(second, { now: now + 20_000, maxRate });
    expect([first, second, third].map(({ ratePerMinute }) => ratePerMinute)).toEqual([340, 340, 340 * 0.85]);
  });

  test('the rate climbs by 4 every 10 s after 30 s clean, never above the highest', () => {
    const cut = afterThrottled(fresh, { now, maxRate });
    const cleanFrom = now + 5_000;
    const rates = [29_999, 30_000, 39_999, 40_000, 3_600_000].map((ms) =>
      rateAt(cut, cleanFrom + ms, maxRate),
    );
    expect(rates).toEqual([340, 344, 344, 348, 400]);
  });

  test('the next cut is made from what has been climbed', () => {
    const cut = afterThrottled(fresh, { now, maxRate });
    expect(afterThrottled(cut, { now: now + 45_000, maxRate }).ratePerMinute).toBe(348 * 0.85);
  });

  test('a rate never falls so low that the next slot lies out of reach', () => {
    let slow = fresh;
    for (let cuts = 0; cuts < 60; cuts += 1)
      slow = afterThrottled(slow, { now: now + cuts * 20_000, maxRate });
    expect(slow.ratePerMinute).toBe(10);
  });
});

describe('the breaker', () => {
  test('four failures leave it closed, an answer starts the count over', () => {
    expect(failTimes(4)).toMatchObject({ breaker: 'closed', failures: 4 });
    expect(failTimes(4, afterAnswer(failTimes(4)))).toMatchObject({ breaker: 'closed' });
  });

  test('the fifth in a row opens it for 30 s', () => {
    const open = failTimes(5);
    expect(open).toMatchObject({ breaker: 'open', breakerUntil: now + 30_000, openings: 1 });
    expect(reserve(open, { now: now + 29_999, count: 1, maxRate })).toEqual({
      kind: 'later',
      at: now + 30_000,
    });
  });

  test('answers and failures of stragglers change nothing while it is open', () => {
    const open = failTimes(5);
    expect(afterFailure(open, { now, random: 0 })).toBe(open);
    expect(afterAnswer(open)).toBe(open);
  });

  test('then one probe is granted, and another only when that one is lost', () => {
    const probe = reserved(failTimes(5), now + 30_000);
    expect(probe.moments).toEqual([now + 30_000]);
    expect(probe.slots.breaker).toBe('half-open');
    expect(reserve(probe.slots, { now: now + 30_001, count: 1, maxRate })).toEqual({
      kind: 'later',
      at: now + 90_000,
    });
    expect(reserved(probe.slots, now + 90_000).moments).toHaveLength(1);
  });

  test('an answered probe closes it, a 429 too', () => {
    const { slots: probing } = reserved(failTimes(5), now + 30_000);
    expect(afterAnswer(probing)).toMatchObject({ breaker: 'closed', failures: 0, openings: 0 });
    expect(afterThrottled(probing, { now: now + 30_000, maxRate })).toMatchObject({
      breaker: 'closed',
      failures: 0,
    });
  });

  test('each failed probe opens it for twice as long, at most 10 min', () => {
    let open = failTimes(5);
    const lengths: number[] = [];
    for (let probes = 0; probes < 6; probes += 1) {
      const at = open.breakerUntil;
      open = afterFailure(reserved(open, at).slots, { now: at, random: 0 });
      lengths.push(open.breakerUntil - at);
    }
    expect(lengths).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
    expect(afterFailure(failTimes(4), { now, random: 1 }).breakerUntil).toBe(now + 33_000);
  });

  test('an answer that changes nothing gives the same object, so that nothing is written', () => {
    expect(afterAnswer(fresh)).toBe(fresh);
  });
});
