/**
 * Time as the host's own waits see it. With `speed` 60 a lock of ten minutes lasts ten seconds and a timer of every
 * minute fires each second; handlers, the drain and functionTimeout stay in real time, for the app's work is real.
 * The clock starts at the real now, so status blobs written at a speed above 1 run ahead of the wall clock.
 */
export type HostClock = {
  readonly speed: number;
  now(): number;
  /** Ends early, without a word, when the signal aborts. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Whole seconds, as storage wants them; what is not zero stays at least one. */
  storageSeconds(seconds: number): number;
};

export function createClock(speed: number, realNow: () => number): HostClock {
  const start = realNow();
  return {
    speed,
    now: () => start + (realNow() - start) * speed,
    wait: (milliseconds, signal) => waitReal(milliseconds / speed, signal),
    storageSeconds: (seconds) => Math.ceil(seconds / speed),
  };
}

export async function waitReal(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const stop = () => resolve();
  signal.addEventListener('abort', stop);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
