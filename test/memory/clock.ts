import { hash } from 'node:crypto';
import type { Clock } from '../../shared/ports/clock.ts';

export interface VirtualClock extends Clock {
  /** How many wait in `sleepUntil`. */
  sleepers(): number;
  /** When the next sleeper wakes, ms since 1970. */
  nextWakeAt(): number | undefined;
  /** Moves on by `ms`, waking sleepers in the order of their time and letting each go as far as it can. */
  advance(ms: number): Promise<void>;
  /** Lets everything go as far as it can without time. */
  settle(): Promise<void>;
  /** Moves on to the next sleeper's time and wakes just that one; not beyond `until`, ms since 1970. */
  wakeNext(until: number): Promise<void>;
  /** Moves on to each next sleeper's time until nobody sleeps; throws after `maxWakes`: somebody never ends. */
  runUntilIdle(options?: { readonly maxWakes?: number }): Promise<void>;
  /** Moves on until `work` ends, and gives what it gives. Throws where it waits for something other than time. */
  during<T>(work: Promise<T>): Promise<T>;
}

interface Sleeper {
  readonly until: number;
  readonly order: number;
  wake(): void;
}

/** Time that stands still until it is moved, and chance from a seed. */
export const virtualClock = ({ start = Date.UTC(2026, 0, 5), seed = 1 } = {}): VirtualClock => {
  let now = start;
  let order = 0;
  /** The last one wakes first. */
  const asleep: Sleeper[] = [];
  const random = seeded(seed);

  const next = (): Sleeper | undefined => asleep.at(-1);
  /** Where a sleeper is, or belongs. */
  const placeOf = ({ until, order: ofThis }: Pick<Sleeper, 'until' | 'order'>): number => {
    let least = 0;
    let most = asleep.length;
    while (least < most) {
      const middle = (least + most) >>> 1;
      const other = asleep[middle];
      if (other !== undefined && (other.until - until || other.order - ofThis) > 0) least = middle + 1;
      else most = middle;
    }
    return least;
  };
  const leave = (sleeper: Sleeper): void => {
    const place = placeOf(sleeper);
    if (asleep[place] === sleeper) asleep.splice(place, 1);
  };
  const wake = async (sleeper: Sleeper): Promise<void> => {
    leave(sleeper);
    now = Math.max(now, sleeper.until);
    sleeper.wake();
    await settled();
  };

  return {
    now: () => now,
    random,
    async sleepUntil(until, signal) {
      if (until <= now || signal?.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      order += 1;
      const sleeper: Sleeper = { until, order, wake: resolve };
      const cut = (): void => {
        leave(sleeper);
        resolve();
      };
      asleep.splice(placeOf(sleeper), 0, sleeper);
      signal?.addEventListener('abort', cut);
      await promise;
      signal?.removeEventListener('abort', cut);
    },
    sleepers: () => asleep.length,
    nextWakeAt: () => next()?.until,
    async advance(ms) {
      const until = now + ms;
      await settled();
      for (let sleeper = next(); sleeper && sleeper.until <= until; sleeper = next()) await wake(sleeper);
      now = Math.max(now, until);
      await settled();
    },
    settle: settled,
    async wakeNext(until) {
      const sleeper = next();
      if (sleeper !== undefined && sleeper.until <= until) return wake(sleeper);
      now = Math.max(now, until);
    },
    async runUntilIdle({ maxWakes = 1_000_000 } = {}) {
      await settled();
      let wakes = 0;
      for (let sleeper = next(); sleeper; sleeper = next()) {
        wakes += 1;
        if (wakes > maxWakes) throw new Error(`Somebody still sleeps after ${maxWakes} wakes.`);
        await wake(sleeper);
      }
    },
    async during(work) {
      let ended = false;
      const end = (): void => {
        ended = true;
      };
      work.then(end, end);
      await settled();
      while (!ended) {
        const sleeper = next();
        if (!sleeper) throw new Error('The work waits, but for nothing that time brings.');
        await wake(sleeper);
      }
      return work;
    },
  };
};

/** Time that comes when it is waited for. */
export const hastyClock = ({ start = Date.UTC(2026, 0, 5) } = {}): Clock => {
  let now = start;
  return {
    now: () => now,
    async sleepUntil(until) {
      now = Math.max(now, until);
    },
    random: () => 0.5,
  };
};

/** Everything that needs no time has gone as far as it can: the tick queue's turn comes when no promise is left to settle. */
const settled = (): Promise<void> => new Promise((done) => process.nextTick(done));

/** The digests of a counter: slow beside other generators, and nothing to get wrong. */
const seeded = (seed: number): (() => number) => {
  let draws = 0;
  return () => {
    draws += 1;
    return Number.parseInt(hash('sha256', `${seed}/${draws}`).slice(0, 12), 16) / 2 ** 48;
  };
};
