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
});
export type Slots = z.infer<typeof slots>;

export type Reservation =
  /** `moments`: up to as many as asked for, in whole ms, ascending. */
  | { readonly kind: 'reserved'; readonly slots: Slots; readonly moments: readonly number[] }
  /** Come back at `at`: nobody hoards slots further ahead than the horizon. */
  | { readonly kind: 'later'; readonly at: number };

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

export const newSlots = (maxRate: number): Slots => ({
  nextFreeAt: 0,
  ratePerMinute: maxRate,
  frozenUntil: 0,
  lastCutAt: 0,
  openings: 0,
  failures: 0,
  breaker: 'closed',
  breakerUntil: 0,
});

/** Requests a minute at `now`: climbed back lazily from the last cut, so that climbing needs no writes. */
export const rateAt = ({ ratePerMinute, frozenUntil }: Slots, now: number, maxRate: number): number => {
  const cleanMs = now - frozenUntil - climbAfterMs;
  const climbed = cleanMs < 0 ? 0 : climbPerStep * (1 + Math.floor(cleanMs / climbEveryMs));
  return Math.min(maxRate, ratePerMinute + climbed);
};

/** The next free moments, at most `count`. Moments that passed unused are lost: nothing is made up in a burst. */
export const reserve = (
  before: Slots,
  { now, count, maxRate }: { readonly now: number; readonly count: number; readonly maxRate: number },
): Reservation => {
  if (before.breaker !== 'closed' && now < before.breakerUntil)
    return { kind: 'later', at: before.breakerUntil };
  const start = Math.max(before.nextFreeAt, before.frozenUntil, now);
  if (start - now > horizonMs) return { kind: 'later', at: Math.ceil(start - horizonMs) };

  const spacing = minuteMs / rateAt(before, now, maxRate);
  const probing = before.breaker !== 'closed';
  const withinHorizon = 1 + Math.floor((now + horizonMs - start) / spacing);
  const granted = probing ? 1 : Math.max(1, Math.min(count, withinHorizon));
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

/** A slot missed by more than a second is dropped and reserved anew. */
export const isLate = (moment: number, now: number): boolean => now - moment > lateAfterMs;

/** Whether a slot that was reserved before may be used now: a freeze or an outage that came since forbids it. */
export const isOpen = ({ breaker, frozenUntil }: Slots, now: number): boolean =>
  breaker !== 'open' && now >= frozenUntil;

const closed = (before: Slots): Slots => ({ ...before, breaker: 'closed', failures: 0, openings: 0 });

/** A 429: the whole brand waits, and goes on slower. It is an answer, so a probe that gets one closes the breaker. */
export const afterThrottled = (
  before: Slots,
  {
    now,
    retryAfterSeconds,
    maxRate,
  }: { readonly now: number; readonly retryAfterSeconds?: number; readonly maxRate: number },
): Slots => {
  const freezeMs = Math.max(retryAfterSeconds ?? 0, shortestFreezeSeconds) * 1000;
  const rate = rateAt(before, now, maxRate);
  const cut = now - before.lastCutAt >= cutPauseMs;
  return {
    ...afterAnswer(before),
    frozenUntil: Math.max(before.frozenUntil, now + freezeMs),
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
    // A little chance, so that brands that went down together do not come back together.
    breakerUntil: Math.ceil(now + Math.min(longestOpenMs, openMs * (1 + random / 10))),
  };
};

/** Any answer of the destination itself. The same object where there is nothing to write. */
export const afterAnswer = (before: Slots): Slots => {
  if (before.breaker === 'open') return before;
  return before.breaker === 'half-open' || before.failures > 0 ? closed(before) : before;
};
