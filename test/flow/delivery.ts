import type { Message } from '../../shared/domain/message.ts';
import { steps } from '../../shared/domain/turn.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { Outgoing } from '../../shared/ports/queue.ts';
import { cutPages } from '../../shared/steps/cut-pages.ts';
import { finish } from '../../shared/steps/finish.ts';
import { planShards } from '../../shared/steps/plan-shards.ts';
import { poison } from '../../shared/steps/poison.ts';
import { readSlice } from '../../shared/steps/read-slice.ts';
import { send } from '../../shared/steps/send.ts';
import { settle } from '../../shared/steps/settle.ts';
import { startRun } from '../../shared/steps/start-run.ts';
import type { VirtualClock } from '../memory/clock.ts';
import type { MemoryQueue, Received } from '../memory/queue.ts';
import type { Process } from './process.ts';

/** As host.json has it. */
const maxInFlight = 8;
const maxDequeueCount = 5;
const retryAfterSeconds = 10;
const pollEveryMs = 2_000;

/** The ports as one delivery of a message has them. */
export type Variation = (ports: Ports, message: Message) => Ports;

/** A running process with its ports. */
export interface Instance {
  readonly process: Process;
  readonly ports: Ports;
}

const stepOf = (ports: Ports, message: Message): Promise<readonly Outgoing[]> => {
  switch (message.step) {
    case 'start-run':
      return startRun(ports, message);
    case 'read-slice':
      return readSlice(ports, message);
    case 'plan-shards':
      return planShards(ports, message);
    case 'cut-pages':
      return cutPages(ports, message);
    case 'send':
      return send(ports, message);
    case 'settle':
      return settle(ports, message);
    case 'finish':
      return finish(ports, message);
  }
};

export const perform = async (ports: Ports, step: Promise<readonly Outgoing[]>): Promise<void> => {
  for (const outgoing of await step) await ports.queue.put(outgoing);
};

/** Delivers messages as the Functions host does: at least once, locked for ten minutes, poisoned at the fifth try. */
export const delivery = (
  clock: VirtualClock,
  queue: MemoryQueue,
  poisoned: MemoryQueue,
  onError: (error: unknown) => void,
  variation: Variation = (ports) => ports,
) => {
  const places = new Map<MemoryQueue, string>([
    [queue, ''],
    [poisoned, '-poison'],
  ]);

  const hasRoom = ({ process }: Instance, name: string): boolean =>
    (process.inFlight.get(name) ?? 0) < maxInFlight;

  /** A queue is looked at every two seconds, each at moments of its own. */
  const pollAt = (visibleAt: number, { process }: Instance, place: number): number => {
    const phase = (place * 271 + process.number * 613) % pollEveryMs;
    const from = Math.max(visibleAt, clock.now()) - phase;
    return Math.ceil(from / pollEveryMs) * pollEveryMs + phase;
  };

  const work = async ({ ports, process }: Instance, from: MemoryQueue, received: Received): Promise<void> => {
    const { message, dequeueCount } = received;
    try {
      if (from === poisoned) {
        await perform(ports, poison(ports, message)).catch(onError);
      } else if (dequeueCount > maxDequeueCount) {
        await poisoned.put({ message, delaySeconds: 0 });
      } else await perform(ports, stepOf(variation(ports, message), message));
      await process.gate();
      from.delete(received);
    } catch (error) {
      onError(error);
      await process.gate();
      if (dequeueCount < maxDequeueCount) from.release(received, retryAfterSeconds);
      else if (from.delete(received)) await poisoned.put({ message, delaySeconds: 0 });
    }
  };

  /** What the answer below was made of: it holds until one of these changes, or its moment has passed. */
  let made: { readonly of: readonly unknown[]; readonly next: number } | undefined;
  let moves = 0;

  /** When the next message is taken, if nothing else happens before. */
  const nextAt = (instances: readonly Instance[]): number => {
    const of = [queue.firstVisible(), poisoned.firstVisible(), moves, ...instances];
    const isKnown = made?.of.length === of.length && made.of.every((part, place) => part === of[place]);
    if (made !== undefined && isKnown && made.next >= clock.now()) return made.next;
    let next = Number.POSITIVE_INFINITY;
    for (const [from, suffix] of places) {
      for (const [step, visibleAt] of from.firstVisible()) {
        for (const instance of instances) {
          if (!hasRoom(instance, step + suffix)) continue;
          next = Math.min(next, pollAt(visibleAt, instance, steps.indexOf(step)));
        }
      }
    }
    made = { of, next };
    return next;
  };

  const move = ({ process: { inFlight } }: Instance, name: string, by: number): void => {
    moves += 1;
    inFlight.set(name, (inFlight.get(name) ?? 0) + by);
  };

  return {
    nextAt,
    /** Takes what is visible where a queue is looked at just now. */
    deliver(instances: readonly Instance[]): void {
      const now = clock.now();
      if (nextAt(instances) > now) return;
      for (const [from, suffix] of places) {
        for (const step of from.firstVisible().keys()) {
          const name = step + suffix;
          for (const instance of instances) {
            if (pollAt(now, instance, steps.indexOf(step)) !== now) continue;
            for (let room = hasRoom(instance, name); room; room = hasRoom(instance, name)) {
              const received = from.receive({ step });
              if (received === undefined) break;
              move(instance, name, 1);
              void work(instance, from, received).then(() => move(instance, name, -1));
            }
          }
        }
      }
    },
  };
};
