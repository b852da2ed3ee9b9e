import { encodeMessage, wholeDelaySeconds } from '../../shared/adapters/storage/limits.ts';
import type { Message } from '../../shared/messages.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Outgoing, Queue } from '../../shared/ports/queue.ts';
import { frozen } from './freeze.ts';

/** A message as it was received; it must be deleted or released before `lockedUntil`, or it is seen again. */
export interface Received {
  readonly message: Message;
  /** How often it was received, this time included. */
  readonly dequeueCount: number;
  /** Ms since 1970. */
  readonly lockedUntil: number;
  readonly receipt: string;
}

export interface MemoryQueue extends Queue {
  /** Everything ever put, in order. */
  readonly puts: readonly Outgoing[];
  /** Messages that are not deleted, visible or not, in the order in which they become visible. */
  waiting(): readonly { readonly message: Message; readonly visibleAt: number }[];
  /** By step, when the first of its messages becomes visible. The same map until something changes. */
  firstVisible(): ReadonlyMap<Message['step'], number>;
  /** When the next message becomes visible, ms since 1970; `undefined` where none waits. */
  nextVisibleAt(): number | undefined;
  /** The message visible for the longest time, locked for `lockSeconds` (the host's lock is ten minutes). */
  receive(options?: { readonly step?: Message['step']; readonly lockSeconds?: number }): Received | undefined;
  /** False where the lock was lost. */
  delete(received: Received): boolean;
  /** Visible again after `delaySeconds`, as after a failed try. False where the lock was lost. */
  release(received: Received, delaySeconds?: number): boolean;
}

interface Entry {
  readonly message: Message;
  readonly order: number;
  visibleAt: number;
  dequeueCount: number;
  receipt: string | undefined;
}

/** All queues in one, in the time of `clock`. Delivery is in order of visibility, then of putting: deterministic. */
export const memoryQueue = (clock: Pick<Clock, 'now'>): MemoryQueue => {
  const puts: Outgoing[] = [];
  const entries = new Set<Entry>();
  let receipts = 0;

  /** Until the next change. */
  let sorted: readonly Entry[] | undefined;
  const inOrder = (): readonly Entry[] => {
    sorted ??= [...entries].sort((a, b) => a.visibleAt - b.visibleAt || a.order - b.order);
    return sorted;
  };
  let first: ReadonlyMap<Message['step'], number> | undefined;
  const changed = (): void => {
    sorted = undefined;
    first = undefined;
  };
  const holding = (receipt: string): Entry | undefined =>
    inOrder().find((entry) => entry.receipt === receipt);

  return {
    puts,
    async put(outgoing) {
      encodeMessage(outgoing.message);
      const delaySeconds = wholeDelaySeconds(outgoing.delaySeconds);
      const message = frozen(structuredClone(outgoing.message));
      puts.push(frozen({ message, delaySeconds: outgoing.delaySeconds }));
      const visibleAt = clock.now() + delaySeconds * 1000;
      changed();
      entries.add({ message, order: puts.length, visibleAt, dequeueCount: 0, receipt: undefined });
    },
    async probe() {},
    waiting: () => inOrder().map(({ message, visibleAt }) => ({ message, visibleAt })),
    firstVisible() {
      if (first === undefined) {
        const made = new Map<Message['step'], number>();
        for (const { message, visibleAt } of inOrder()) {
          if (!made.has(message.step)) made.set(message.step, visibleAt);
        }
        first = made;
      }
      return first;
    },
    nextVisibleAt: () => inOrder()[0]?.visibleAt,
    receive({ step, lockSeconds = 600 } = {}) {
      const now = clock.now();
      const entry = inOrder().find(
        ({ visibleAt, message }) => visibleAt <= now && (step === undefined || message.step === step),
      );
      if (!entry) return undefined;
      changed();
      receipts += 1;
      const receipt = `receipt-${receipts}`;
      entry.receipt = receipt;
      entry.dequeueCount += 1;
      entry.visibleAt = now + lockSeconds * 1000;
      return {
        message: entry.message,
        dequeueCount: entry.dequeueCount,
        lockedUntil: entry.visibleAt,
        receipt,
      };
    },
    delete(received) {
      const entry = holding(received.receipt);
      changed();
      return entry !== undefined && entries.delete(entry);
    },
    release(received, delaySeconds = 0) {
      const entry = holding(received.receipt);
      if (!entry) return false;
      changed();
      entry.receipt = undefined;
      entry.visibleAt = clock.now() + wholeDelaySeconds(delaySeconds) * 1000;
      return true;
    },
  };
};
