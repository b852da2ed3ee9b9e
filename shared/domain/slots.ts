import { z } from 'zod';

/**
 * Per brand: which moments for requests are taken, and how fast they may follow. Times in ms since 1970. Slots, not
 * tokens: requests spread evenly need the least headroom under a sliding window.
 */
export const slots = z.object({
  /** May lie between two milliseconds: rounding it would add up. */
  nextFreeAt: z.number(),
  /** Requests a minute as of the last cut; `rateAt` adds what has been climbed since. */
  ratePerMinute: z.number(),
  /** Nothing is sent before. */
  frozenUntil: z.number(),
  lastCutAt: z.number(),
  /** How often in a row the breaker has opened. */
  openings: z.int(),
  /** Failures in a row. */
  failures: z.int(),
  breaker: z.enum(['closed', 'open', 'half-open']),
  /** Open: no request before. Half-open: the probe counts as lost from then on. */
  breakerUntil: z.number(),
  /** When the breaker last went from closed to open; 0: never. Rows of earlier versions have none. */
  openedAt: z.number().default(0),
});
export type Slots = z.infer<typeof slots>;

export type Reservation =
  /** `moments`: up to as many as asked for, in whole ms, ascending. */
  | { readonly kind: 'reserved'; readonly slots: Slots; readonly moments: readonly number[] }
  /** Come back at `at`: nobody hoards slots further ahead than the horizon. */
  | { readonly kind: 'later'; readonly at: number };

/**
 * What a slot is for. After an outage a request that reads goes first, one at a time: a post without an answer would
 * leave one more batch of which nobody knows whether it arrived.
 */
export type Purpose = 'post' | 'read';

const minuteMs = 60_000;
const horizonMs = 12_000;
const lateAfterMs = 1_000;
const shortestFreezeSeconds = 5;
const cutFactor = 0.85;
const cutPauseMs = 20_000;
const climbAfterMs = 30_000;
const climbEveryMs = 10_000;
const climbPerStep = 4;
/** Below this, a brand's requests would lie further apart than the horizon. */
const lowestRate = 10;
const failuresToOpen = 5;
const firstOpenMs = 30_000;
const longestOpenMs = 600_000;
/** A request times out after 30 s; a probe without an answer after twice that is lost. */
const probeLostAfterMs = 60_000;
/** How soon a post asks again while the breaker may close any moment. */
const probePauseMs = 5_000;
/** From an intent to its failure being noted: the wait for its slot, the time-out, and some more. */
const failureNotedAfterMs = 60_000;
/** Who waits for the tag row behind a large row that is reserved ahead asks no more often. */
const tagPauseMs = 200;

export const newSlots = (maxRate: number): Slots => ({
  nextFreeAt: 0,
  ratePerMinute: maxRate,
  frozenUntil: 0,
  lastCutAt: 0,
  openings: 0,
  failures: 0,
  breaker: 'closed',
  breakerUntil: 0,
  openedAt: 0,
});

/** Requests a minute at `now`: climbed back lazily from the last cut, so that climbing needs no writes. */
export const rateAt = ({ ratePerMinute, frozenUntil }: Slots, now: number, maxRate: number): number => {
  const cleanMs = now - frozenUntil - climbAfterMs;
  const climbed = cleanMs < 0 ? 0 : climbPerStep * (1 + Math.floor(cleanMs / climbEveryMs));
  return Math.min(maxRate, ratePerMinute + climbed);
};

/** When a request of this purpose may ask again; `undefined`: the breaker lets it pass. */
const barredUntil = ({ breaker, breakerUntil }: Slots, now: number, purpose: Purpose): number | undefined => {
  if (breaker === 'closed') return undefined;
  const isWaiting = now < breakerUntil;
  switch (purpose) {
    case 'read':
      return isWaiting ? breakerUntil : undefined;
    case 'post':
      return isWaiting && breaker === 'open' ? breakerUntil : now + probePauseMs;
  }
};

/** Whether a request that reads would be let through as a probe. */
export const isProbeDue = (slots: Slots, now: number): boolean =>
  slots.breaker !== 'closed' && barredUntil(slots, now, 'read') === undefined;

const firstFree = ({ nextFreeAt, frozenUntil }: Slots, now: number): number =>
  Math.max(nextFreeAt, frozenUntil, now);

interface Request {
  readonly now: number;
  readonly count: number;
  readonly maxRate: number;
  readonly purpose: Purpose;
  /** No moment further ahead than this is taken; 12 s where nothing is said, and never more. */
  readonly withinMs?: number;
}

/** The next free moments, at most `count`. Moments that passed unused are lost: nothing is made up in a burst. */
export const reserve = (
  before: Slots,
  { now, count, maxRate, purpose, withinMs = horizonMs }: Request,
): Reservation => {
  const barred = barredUntil(before, now, purpose);
  if (barred !== undefined) return { kind: 'later', at: barred };
  const start = firstFree(before, now);
  const aheadMs = Math.min(withinMs, horizonMs);
  if (start - now > aheadMs) return { kind: 'later', at: Math.ceil(start - aheadMs) };

  const spacing = minuteMs / rateAt(before, now, maxRate);
  const probing = before.breaker !== 'closed';
  const withinReach = 1 + Math.floor((now + aheadMs - start) / spacing);
  const granted = probing ? 1 : Math.max(1, Math.min(count, withinReach));
  const moments = Array.from({ length: granted }, (_, index) => Math.ceil(start + index * spacing));
  const after = { ...before, nextFreeAt: start + granted * spacing };
  return {
    kind: 'reserved',
    moments,
    slots: probing
      ? { ...after, breaker: 'half-open', breakerUntil: Math.ceil(start) + probeLostAfterMs }
      : after,
  };
};

export type TagReservation =
  /** Both rows as they are to be stored, by one transaction. */
  | { readonly kind: 'reserved'; readonly all: Slots; readonly tags: Slots; readonly moment: number }
  | { readonly kind: 'later'; readonly at: number };

/**
 * One moment for a tag call, from the row of all requests and from the tags' own. It is the large row's next one, and
 * taken only where the tag row is free by then: else the large row would jump ahead and lose the slots in between.
 */
export const reserveTag = (
  all: Slots,
  tags: Slots,
  {
    now,
    maxRate,
    maxTagRate,
  }: { readonly now: number; readonly maxRate: number; readonly maxTagRate: number },
): TagReservation => {
  const reserved = reserve(all, { now, count: 1, maxRate, purpose: 'post' });
  if (reserved.kind === 'later') return reserved;
  const start = firstFree(all, now);
  const behindMs = firstFree(tags, now) - start;
  if (behindMs > 0) {
    // Where lanes keep the large row reserved ahead, its next moment moves on as time does and meets the tag row's.
    const pauseMs = start > now ? Math.max(behindMs, tagPauseMs) : behindMs;
    return { kind: 'later', at: Math.ceil(now + pauseMs) };
  }
  const spacing = minuteMs / rateAt(tags, now, maxTagRate);
  return {
    kind: 'reserved',
    all: reserved.slots,
    tags: { ...tags, nextFreeAt: start + spacing },
    moment: Math.ceil(start),
  };
};

/** A slot missed by more than a second is dropped and reserved anew. */
export const isLate = (moment: number, now: number): boolean => now - moment > lateAfterMs;

/** Whether a slot that was reserved before may be used now: a freeze or an outage that came since forbids it. */
export const isOpen = ({ breaker, frozenUntil }: Slots, now: number): boolean =>
  breaker !== 'open' && now >= frozenUntil;

/** Whether a request that was meant at `moment` fell into the last outage, or was among the failures that showed it. */
export const isInOutage = ({ openedAt, breakerUntil }: Slots, moment: number): boolean =>
  openedAt > 0 && moment >= openedAt - failureNotedAfterMs && moment <= breakerUntil;

const closed = (before: Slots): Slots => ({ ...before, breaker: 'closed', failures: 0, openings: 0 });

interface Throttled {
  readonly now: number;
  readonly retryAfterSeconds?: number;
  readonly maxRate: number;
}

/** A 429 that came of another budget: this row waits too, and keeps its rate. */
export const afterFreeze = (before: Slots, { now, retryAfterSeconds, maxRate }: Throttled): Slots => {
  const freezeMs = Math.max(retryAfterSeconds ?? 0, shortestFreezeSeconds) * 1000;
  return {
    ...afterAnswer(before),
    frozenUntil: Math.max(before.frozenUntil, now + freezeMs),
    ratePerMinute: rateAt(before, now, maxRate),
  };
};

/** A 429: the whole brand waits, and goes on slower. It is an answer, so a probe that gets one closes the breaker. */
export const afterThrottled = (before: Slots, throttled: Throttled): Slots => {
  const { now, maxRate } = throttled;
  const frozen = afterFreeze(before, throttled);
  const rate = frozen.ratePerMinute;
  const cut = now - before.lastCutAt >= cutPauseMs;
  return {
    ...frozen,
    ratePerMinute: Math.max(Math.min(lowestRate, maxRate), cut ? rate * cutFactor : rate),
    lastCutAt: cut ? now : before.lastCutAt,
  };
};

/** A 5xx or no answer at all. Five in a row, or a failed probe, open the breaker for 30 s, 1, 2, … at most 10 min. */
export const afterFailure = (
  before: Slots,
  { now, random }: { readonly now: number; readonly random: number },
): Slots => {
  // Stragglers of the failures that opened it say nothing new.
  if (before.breaker === 'open') return before;
  const failures = before.failures + 1;
  if (before.breaker === 'closed' && failures < failuresToOpen) return { ...before, failures };
  const openMs = Math.min(longestOpenMs, firstOpenMs * 2 ** before.openings);
  return {
    ...before,
    failures,
    breaker: 'open',
    openings: before.openings + 1,
    openedAt: before.breaker === 'closed' ? now : before.openedAt,
    // A little chance, so that brands that went down together do not come back together.
    breakerUntil: Math.ceil(now + Math.min(longestOpenMs, openMs * (1 + random / 10))),
  };
};

/** Any answer of the destination itself. The same object where there is nothing to write. */
export const afterAnswer = (before: Slots): Slots => {
  if (before.breaker === 'open') return before;
  return before.breaker === 'half-open' || before.failures > 0 ? closed(before) : before;
};
