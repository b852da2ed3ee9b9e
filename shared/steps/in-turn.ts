import {
  aliveTurn,
  givenBackTurn,
  isDue,
  isHeldBy,
  type Step,
  type Turn,
  takenTurn,
} from '../domain/turn.ts';
import type { Message } from '../messages.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import type { Row, RowAddress, Rows } from '../ports/rows.ts';
import { changeRow } from './change-row.ts';

const beatMs = 20_000;

interface InTurn {
  readonly turn: Turn;
}

const withTurn = <T extends InTurn>(value: T, turn: Turn): T => ({ ...value, turn });

/** Somebody else took over the row: this step's work no longer counts. */
class Superseded extends Error {}

/** The row a step works on, for as long as its turn lasts. */
export interface Held<T> {
  /** As last read or written by this step. */
  readonly value: T;
  readonly turn: Turn;
  /** Stores progress; the turn stays taken. */
  update(change: (value: T) => T): Promise<void>;
  /** Stores the last state of this step together with the turn that follows it. */
  end(turn: Turn, change?: (value: T) => T): Promise<void>;
}

/**
 * The discipline of every queue-triggered step. Takes the message's name from the row by one conditional write, else
 * ends without effect; shows a sign of life while it works; gives the name back when the work throws, so that the
 * queue's own retries find it due and count up to poison. The messages it returns are sent last, by the caller.
 */
export async function inTurn<T extends InTurn>(
  ports: Ports,
  rows: Rows<T>,
  address: RowAddress,
  step: Step,
  message: Message,
  work: (held: Held<T>) => Promise<readonly Outgoing[]>,
): Promise<readonly Outgoing[]> {
  let mine: Turn | undefined;
  const taken = await changeRow(rows, address, (value) => {
    mine = undefined;
    if (value === undefined || !isDue(value.turn, step, message)) return undefined;
    mine = takenTurn(value.turn, ports.clock.now());
    return withTurn(value, mine);
  });
  if (taken === undefined || mine === undefined) {
    ports.log.info('step-without-effect', { ...message });
    return [];
  }
  const held = new HeldRow(ports, rows, taken, mine);
  const done = new AbortController();
  const beating = beat(ports, held, done.signal);
  try {
    return await work(held);
  } catch (error) {
    // Who stood still while others went on may find that what it was to read is gone.
    if (error instanceof Superseded || !(await held.giveBack())) {
      ports.log.info('step-without-effect', { ...message });
      return [];
    }
    throw error;
  } finally {
    done.abort();
    await beating;
  }
}

/** Shows a sign of life every 20 s, so that a slow answer of the outside world does not look like a dead step. */
async function beat<T extends InTurn>(ports: Ports, held: HeldRow<T>, done: AbortSignal): Promise<void> {
  for (;;) {
    await ports.clock.sleepUntil(ports.clock.now() + beatMs, done);
    if (done.aborted) return;
    // A failed beat is no reason to fail the step: its next write tells whether the turn is still its own.
    await held.beat().catch(() => undefined);
  }
}

class HeldRow<T extends InTurn> implements Held<T> {
  readonly #ports: Ports;
  readonly #rows: Rows<T>;
  #row: Row<T>;
  #turn: Turn;
  #ended = false;
  /** Writes of the step and its signs of life come one after the other. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(ports: Ports, rows: Rows<T>, row: Row<T>, turn: Turn) {
    this.#ports = ports;
    this.#rows = rows;
    this.#row = row;
    this.#turn = turn;
  }

  get value(): T {
    return this.#row.value;
  }

  get turn(): Turn {
    return this.#turn;
  }

  update(change: (value: T) => T): Promise<void> {
    return this.#queue(() => this.#write(change, aliveTurn(this.#turn, this.#ports.clock.now(), true)));
  }

  end(turn: Turn, change: (value: T) => T = (value) => value): Promise<void> {
    return this.#queue(async () => {
      await this.#write(change, turn);
      this.#ended = true;
    });
  }

  beat(): Promise<void> {
    return this.#queue(async () => {
      if (this.#ended) return;
      await this.#write((value) => value, aliveTurn(this.#turn, this.#ports.clock.now(), false));
    });
  }

  /** `false`: somebody else has taken over. */
  async giveBack(): Promise<boolean> {
    await this.#writing.catch(() => undefined);
    if (this.#ended) return true;
    let isMine = false;
    await changeRow(this.#rows, this.#row, (value) => {
      isMine = value !== undefined && isHeldBy(value.turn, this.#turn);
      return value !== undefined && isMine
        ? withTurn(value, givenBackTurn(value.turn, this.#ports.clock.now()))
        : undefined;
    });
    return isMine;
  }

  #queue(write: () => Promise<void>): Promise<void> {
    const written = this.#writing.catch(() => undefined).then(write);
    this.#writing = written;
    return written;
  }

  async #write(change: (value: T) => T, turn: Turn): Promise<void> {
    const written = await changeRow(this.#rows, this.#row, (stored) => {
      if (stored === undefined || !isHeldBy(stored.turn, this.#turn)) throw new Superseded();
      return withTurn(change(stored), turn);
    });
    if (written === undefined) throw new Superseded();
    this.#row = written;
    this.#turn = turn;
  }
}
