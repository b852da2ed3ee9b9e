import type { VirtualClock } from '../memory/clock.ts';

/** What a dead process waits for. */
export const never = <T>(): Promise<T> => new Promise(() => {});

/** One process of the app. Dead: nothing it began ever goes on. Stalled: all of it goes on later, as a zombie may. */
export class Process {
  readonly number: number;
  /** Timers at work; a timer never overlaps itself. */
  readonly timers = new Set<string>();
  /** Messages at work, by queue. */
  readonly inFlight = new Map<string, number>();
  readonly #clock: VirtualClock;
  readonly #stopping = new AbortController();
  readonly #onLost: () => void;
  #dead = false;
  #stalledUntil = 0;

  constructor(number: number, clock: VirtualClock, onLost: () => void) {
    this.number = number;
    this.#clock = clock;
    this.#onLost = onLost;
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  /** Takes messages and timers. */
  get isServing(): boolean {
    return !this.#dead && !this.stopping.aborted && this.#clock.now() >= this.#stalledUntil;
  }

  die(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#onLost();
  }

  stall(ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#clock.now() + ms);
    this.#onLost();
  }

  /** SIGTERM: steps are told to end; ten seconds later the process is gone. */
  stop(): void {
    if (this.stopping.aborted) return;
    this.#stopping.abort();
    void this.#clock.sleepUntil(this.#clock.now() + 10_000).then(() => this.die());
  }

  /** Passes while the process is alive and awake; a stalled one passes when it wakes up, a dead one never. */
  async gate(): Promise<void> {
    while (!this.#dead && this.#clock.now() < this.#stalledUntil) {
      await this.#clock.sleepUntil(this.#stalledUntil);
    }
    if (this.#dead) await never();
  }
}
