/** Time as the simulator sees it: real timestamps, but windows and durations divided by `speed`. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Length of a duration given in seconds, in milliseconds of this clock. */
  ms(seconds: number): number;
  after(seconds: number, act: () => void): void;
  close(): void;
};

// Node fires timers above this at once, so a longer wait is cut to it (24.8 days).
const longestTimerMs = 2 ** 31 - 1;

export function realClock(speed: number): Clock {
  const timers = new Set<NodeJS.Timeout>();
  const ms = (seconds: number) => (seconds * 1000) / speed;
  return {
    now: () => Date.now(),
    ms,
    after(seconds, act) {
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          act();
        },
        Math.min(ms(seconds), longestTimerMs),
      );
      timers.add(timer);
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

export type ManualClock = Clock & { advance(seconds: number): void };

/** A clock for tests: nothing happens until `advance` is called. */
export function manualClock(startMs = Date.parse('2026-11-21T09:00:00Z')): ManualClock {
  let now = startMs;
  let due: { at: number; act: () => void }[] = [];
  return {
    now: () => now,
    ms: (seconds) => seconds * 1000,
    after(seconds, act) {
      due.push({ at: now + seconds * 1000, act });
    },
    advance(seconds) {
      const end = now + seconds * 1000;
      for (;;) {
        const next = due.reduce<(typeof due)[number] | undefined>(
          (first, entry) => (entry.at <= end && (first === undefined || entry.at < first.at) ? entry : first),
          undefined,
        );
        if (next === undefined) break;
        due = due.filter((entry) => entry !== next);
        now = next.at;
        next.act();
      }
      now = end;
    },
    close() {
      due = [];
    },
  };
}
