/** Time and chance, so that tests can own both. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves at `until` (ms since 1970), or at once if that has passed or `signal` is aborted meanwhile. */
  sleepUntil(until: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1). */
  random(): number;
}
