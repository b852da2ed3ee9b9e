const firstSeconds = 5;
const longestSeconds = 300;

/**
 * Seconds to wait before try `attempt` (1 is the first repetition): doubling, at most five minutes, of which chance
 * takes up to a half so that what failed together does not return together. `random` is in [0, 1).
 */
export const backOffSeconds = (attempt: number, random: number): number =>
  Math.min(longestSeconds, firstSeconds * 2 ** Math.max(0, attempt - 1)) * (0.5 + random / 2);

const lookDelays = [2, 4, 8, 16] as const;

/**
 * Seconds until settlement looks again, after `looks` looks: soon at first, for small runs, then every half minute;
 * sooner while sending waits for it.
 */
export const lookDelaySeconds = (looks: number, isAwaited = false): number =>
  isAwaited ? 4 : (lookDelays[looks] ?? 30);
