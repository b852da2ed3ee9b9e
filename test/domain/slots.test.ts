import { describe, expect, test } from 'vitest';
import {
  afterAnswer,
  afterFailure,
  afterFreeze,
  afterThrottled,
  isInOutage,
  isLate,
  isProbeDue,
  newSlots,
  rateAt,
  reserve,
  reserveTag,
  type Slots,
  slots,
} from '../../shared/domain/slots.ts';

const maxRate = 400;
const now = 1_000_000;
const fresh = newSlots(maxRate);

const read = { count: 1, maxRate, purpose: 'read' } as const;

const reserved = (before: Slots, at = now, count = 10) => {
  const answer = reserve(before, { ...read, now: at, count });
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
    expect(reserve(ahead, { ...read, now })).toEqual({ kind: 'later', at: now + 1 });
    expect(reserved(ahead, now + 1, 1).moments).toEqual([now + 12_001]);
    expect(reserved(fresh, now, 1_000).moments.at(-1)).toBe(now + 12_000);
  });

  test('who can wait for a short time only takes a slot within it, or none', () => {
    const ahead = { ...fresh, nextFreeAt: now + 3_001 };
    expect(reserve(ahead, { ...read, now, withinMs: 3_000 })).toEqual({ kind: 'later', at: now + 1 });
    expect(reserve(ahead, { ...read, now, withinMs: 3_001 })).toMatchObject({ moments: [now + 3_001] });
    const far = { ...fresh, nextFreeAt: now + 12_001 };
    expect(reserve(far, { ...read, now, withinMs: 60_000 })).toEqual({ kind: 'later', at: now + 1 });
  });

  test('a row of an earlier version is read', () => {
    const { openedAt: _, ...earlier } = fresh;
    expect(slots.parse(earlier)).toEqual(fresh);
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
    expect(reserve(open, { ...read, now: now + 29_999 })).toEqual({
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
    expect(reserve(probe.slots, { ...read, now: now + 30_001 })).toEqual({
      kind: 'later',
      at: now + 90_000,
    });
    expect(reserved(probe.slots, now + 90_000).moments).toHaveLength(1);
  });

  test('a post never probes: it comes back when the breaker may be closed', () => {
    const open = failTimes(5);
    const post = (before: Slots, at: number) => reserve(before, { ...read, purpose: 'post', now: at });
    expect(post(open, now)).toEqual({ kind: 'later', at: now + 30_000 });
    expect(post(open, now + 30_000)).toEqual({ kind: 'later', at: now + 35_000 });
    const { slots: probing } = reserved(open, now + 30_000);
    expect(post(probing, now + 30_001)).toEqual({ kind: 'later', at: now + 35_001 });
    expect(post(probing, now + 95_000)).toEqual({ kind: 'later', at: now + 100_000 });
    expect(post(afterAnswer(probing), now + 30_200)).toMatchObject({ kind: 'reserved' });
  });

  test('a probe is due when it would be let through', () => {
    const open = failTimes(5);
    const { slots: probing } = reserved(open, now + 30_000);
    expect([fresh, open, probing].map((one) => isProbeDue(one, now + 29_999))).toEqual([false, false, false]);
    expect([fresh, open, probing].map((one) => isProbeDue(one, now + 30_000))).toEqual([false, true, false]);
    expect(isProbeDue(probing, now + 90_000)).toBe(true);
  });

  test('an outage lasts from the posts whose failures showed it to the last probe', () => {
    const open = failTimes(5);
    const closed = afterAnswer(reserved(open, now + 30_000).slots);
    const during = (moment: number) => [open, closed].map((one) => isInOutage(one, moment));
    expect(during(now - 60_001)).toEqual([false, false]);
    expect(during(now - 60_000)).toEqual([true, true]);
    expect(during(now + 30_000)).toEqual([true, true]);
    expect(during(now + 90_001)).toEqual([false, false]);
    expect(isInOutage(fresh, 0)).toBe(false);
    const again = afterFailure(reserved(open, now + 30_000).slots, { now: now + 30_100, random: 0 });
    expect(isInOutage(again, now - 60_000)).toBe(true);
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

describe('tag calls', () => {
  const maxTagRate = 60;
  const tags = newSlots(maxTagRate);
  const rates = { maxRate, maxTagRate };
  const taken = (all: Slots, own: Slots, at = now) => {
    const answer = reserveTag(all, own, { now: at, ...rates });
    if (answer.kind !== 'reserved') throw new Error(`Come back at ${answer.at}.`);
    return answer;
  };

  test('take one moment from both rows', () => {
    const { moment, all, tags: after } = taken(fresh, tags);
    expect([moment, all.nextFreeAt, after.nextFreeAt]).toEqual([now, now + 150, now + 1_000]);
    expect(taken(all, after, now + 1_000).moment).toBe(now + 1_000);
  });

  test('wait for the tag row, without a moment of the large one', () => {
    const { all, tags: after } = taken(fresh, tags);
    expect(reserveTag(all, after, { now: now + 600, ...rates })).toEqual({ kind: 'later', at: now + 1_000 });
  });

  test('go by the large row where that is reserved ahead', () => {
    const ahead = { ...fresh, nextFreeAt: now + 4_000 };
    const first = taken(ahead, tags);
    expect(first.moment).toBe(now + 4_000);
    // It moves on with time, so the two meet after their distance, not at the tag row's moment.
    expect(reserveTag(first.all, first.tags, { now: now + 10, ...rates })).toEqual({
      kind: 'later',
      at: now + 860,
    });
    const almost = { ...first.all, nextFreeAt: now + 4_999 };
    expect(reserveTag(almost, first.tags, { now, ...rates })).toEqual({ kind: 'later', at: now + 200 });
    expect(taken({ ...almost, nextFreeAt: now + 5_000 }, first.tags).moment).toBe(now + 5_000);
  });

  test('are posts: none while the breaker is not closed', () => {
    const open = failTimes(5);
    expect(reserveTag(open, tags, { now: now + 30_000, ...rates })).toEqual({
      kind: 'later',
      at: now + 35_000,
    });
  });

  test('a 429 makes both rows wait, and slows only their own', () => {
    const cut = afterThrottled(fresh, { now: now - 90_000, maxRate });
    const rate = rateAt(cut, now, maxRate);
    const frozen = afterFreeze(cut, { now, retryAfterSeconds: 9, maxRate });
    expect(frozen).toMatchObject({ frozenUntil: now + 9_000, ratePerMinute: rate, lastCutAt: cut.lastCutAt });
    expect(rate).toBeGreaterThan(cut.ratePerMinute);
    const slowed = afterThrottled(tags, { now, retryAfterSeconds: 9, maxRate: maxTagRate });
    const { moment, tags: after } = taken(frozen, slowed, now + 1_000);
    expect([moment, after.nextFreeAt]).toEqual([now + 9_000, now + 9_000 + 60_000 / 51]);
  });
});
