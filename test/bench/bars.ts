import type { BrandFigures } from '../sandbox/demo/outside.ts';

/** A figure and what it is held against. */
export interface Bar {
  readonly value: number | string | null;
  readonly bar: string;
  readonly holds: boolean;
}

export const atLeast = (value: number | null, least: number): Bar => ({
  value: value === null ? null : rounded(value),
  bar: `>= ${least}`,
  holds: value !== null && value >= least,
});

export const atMost = (value: number, most: number): Bar => ({
  value: rounded(value),
  bar: `<= ${rounded(most)}`,
  holds: value <= most,
});

export const exactly = <T extends number | string>(value: T, wanted: T): Bar => ({
  value,
  bar: `= ${wanted}`,
  holds: value === wanted,
});

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;

/** What somebody else takes of the budget, from a moment on: requests a minute. */
export interface Others {
  readonly at: number;
  readonly perMinute: number;
}

/** Requests of every kind from the first to the last page's post, as a share of what others left of the budget. */
export function useOf(
  { batchPosts: { first, last, requestsBetween } }: BrandFigures,
  requestsPerMinute: number,
  others: readonly Others[] = [],
): number | null {
  if (first === undefined || last === undefined) return null;
  const [from, to] = [Date.parse(first), Date.parse(last)];
  const rates = [{ at: from, perMinute: 0 }, ...others];
  const left = rates.reduce((sum, { at, perMinute }, place) => {
    const begin = Math.min(Math.max(at, from), to);
    const end = Math.min(rates[place + 1]?.at ?? to, to);
    return sum + ((requestsPerMinute - perMinute) * Math.max(0, end - begin)) / 60_000;
  }, 0);
  return left === 0 ? null : requestsBetween / left;
}

/** The most of these moments (ms, ascending) that lie in any span of so many seconds. */
export function mostInAny(moments: readonly number[], seconds: number): number {
  let most = 0;
  let first = 0;
  for (const [index, moment] of moments.entries()) {
    while ((moments[first] ?? moment) <= moment - seconds * 1000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
