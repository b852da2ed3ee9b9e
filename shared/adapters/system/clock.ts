import type { Clock } from '../../ports/clock.ts';

// Longer waits make setTimeout fire at once. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
const maxTimeoutMs = 2 ** 31 - 1;

/** The machine's own time and chance. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleepUntil(until, signal) {
    for (let leftMs = until - Date.now(); leftMs > 0; leftMs = until - Date.now()) {
      if (signal?.aborted) return;
      await sleep(Math.min(leftMs, maxTimeoutMs), signal);
    }
  },
  random: () => Math.random(),
};

const sleep = (waitMs: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((wake) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      wake();
    };
    const timer = setTimeout(done, waitMs);
    signal?.addEventListener('abort', done);
  });
