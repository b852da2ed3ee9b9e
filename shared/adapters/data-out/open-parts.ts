import type { Clock } from '../../ports/clock.ts';
import type { RowReader } from './row-reader.ts';

const mostOpen = 8;
const idleMs = 5 * 60_000;

interface Open {
  readonly reader: RowReader;
  readonly keptAt: number;
}

/** Readers that wait in the middle of a part for the next page to be asked for: a shortcut that may be lost any time. */
export class OpenParts {
  readonly #clock: Pick<Clock, 'now'>;
  /** Those kept for the longest time first. */
  readonly #open = new Map<string, Open>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** The reader that waits there; whoever takes it has it alone. */
  take(name: string): RowReader | undefined {
    const found = this.#open.get(name);
    this.#open.delete(name);
    return found?.reader;
  }

  async keep(name: string, reader: RowReader): Promise<void> {
    const now = this.#clock.now();
    const replaced = this.take(name);
    this.#open.set(name, { reader, keptAt: now });
    const over = [...this.#open].filter(
      ([, { keptAt }], place) => place < this.#open.size - mostOpen || keptAt < now - idleMs,
    );
    for (const [one] of over) this.#open.delete(one);
    for (const { reader: idle } of over.map(([, one]) => one)) await idle.close();
    await replaced?.close();
  }
}
