import type { Clock } from '../../shared/ports/clock.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { Draw } from '../sandbox/omnisend/chance.ts';
import type { Call, FaultPlan } from './faults.ts';
import { never, type Process } from './process.ts';

interface Surroundings {
  readonly clock: Clock;
  readonly process: Process;
  readonly faults: FaultPlan;
  readonly draw: Draw;
  /** Called for every call. */
  readonly onCall: () => void;
}

/** Least and most ms of one call, there and back. */
const latencies: readonly (readonly [prefix: string, least: number, most: number])[] = [
  ['store.', 2, 15],
  ['blobs.', 5, 40],
  ['queue.', 5, 20],
  ['secrets.', 0, 40],
  ['source.', 50, 500],
  ['destination.', 60, 400],
  ['notifier.', 60, 400],
];

const isStorage = (name: string): boolean => name.startsWith('store.') || name.startsWith('blobs.');

const latencyOf = (name: string): readonly [least: number, most: number] => {
  const [, least, most] = latencies.find(([prefix]) => name.startsWith(prefix)) ?? ['', 0, 0];
  return [least, most];
};

/** How a call that goes wrong shows to its caller: adapters of the outside world answer, storage throws. */
const wentWrong = ({ name }: Call): unknown => {
  if (name.startsWith('destination.')) return { kind: 'ambiguous', message: 'no answer' };
  if (name.startsWith('notifier.')) return { kind: 'failed', code: 'no-answer' };
  if (name.startsWith('source.')) return { kind: 'transient', message: 'no answer' };
  throw new Error(`${name} failed`);
};

/** One call on its way: what has left a process takes effect, whatever becomes of the process meanwhile. */
const through = async (
  call: Call,
  [least, most]: readonly [number, number],
  around: Surroundings,
  effect: () => unknown,
): Promise<unknown> => {
  const { process, clock, faults, draw } = around;
  await process.gate();
  around.onCall();
  const fault = faults(call);
  if (fault?.kind === 'die' && fault.when === 'before') {
    process.die();
    return never();
  }
  if (fault?.kind === 'stall' && fault.when === 'before') {
    process.stall(fault.ms);
    await process.gate();
  }
  if (fault?.kind === 'stop') process.stop();
  if (fault?.kind === 'throw' && fault.when === 'before') return wentWrong(call);

  const way = Math.floor((least + draw('latency') * (most - least)) / 2);
  // Nothing can be told apart by when in its time storage does what it is asked.
  if (fault === undefined && isStorage(call.name)) {
    await clock.sleepUntil(clock.now() + 2 * way);
    const result = await effect();
    await process.gate();
    return result;
  }
  await clock.sleepUntil(clock.now() + way);
  const result = fault?.kind === 'lose' ? undefined : await effect();
  if (fault?.kind === 'double') await effect();
  if (fault?.kind === 'die') {
    process.die();
    return never();
  }
  await clock.sleepUntil(clock.now() + way);
  if (fault?.kind === 'stall' && fault.when === 'after') process.stall(fault.ms);
  await process.gate();
  return fault?.kind === 'throw' ? wentWrong(call) : result;
};

/** Stays as it is: it answers at once, without leaving the process. */
const isLocal = (name: string): boolean => name === 'destination.requestDigest' || name === 'notifier.check';

const faulty = <T extends object>(port: T, prefix: string, around: Surroundings): T => {
  const made = new Map<string | symbol, unknown>();
  const wrapped = (target: T, property: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, property);
    const name = `${prefix}${String(property)}`;
    if (typeof value !== 'function' || isLocal(name)) return value;
    const latency = latencyOf(name);
    return (...args: readonly unknown[]): Promise<unknown> =>
      through({ name, args, process: around.process.number }, latency, around, () =>
        Reflect.apply(value, target, args),
      );
  };
  return new Proxy(port, {
    get(target, property) {
      if (!made.has(property)) made.set(property, wrapped(target, property));
      return made.get(property);
    },
  });
};

/** The ports as one process has them: every call takes its time, and may go wrong. */
export const faultyPorts = (ports: Ports, around: Surroundings): Ports => {
  const { clock, process } = around;
  const tables = ports.store;
  return {
    ...ports,
    store: {
      connections: faulty(tables.connections, 'store.connections.', around),
      exports: faulty(tables.exports, 'store.exports.', around),
      revisions: faulty(tables.revisions, 'store.revisions.', around),
      notifications: faulty(tables.notifications, 'store.notifications.', around),
      schedule: faulty(tables.schedule, 'store.schedule.', around),
      states: faulty(tables.states, 'store.states.', around),
      runs: faulty(tables.runs, 'store.runs.', around),
      skipped: faulty(tables.skipped, 'store.skipped.', around),
      slices: faulty(tables.slices, 'store.slices.', around),
      readers: faulty(tables.readers, 'store.readers.', around),
      pages: faulty(tables.pages, 'store.pages.', around),
      brands: faulty(tables.brands, 'store.brands.', around),
      markers: faulty(tables.markers, 'store.markers.', around),
      lanes: faulty(tables.lanes, 'store.lanes.', around),
      tagCalls: faulty(tables.tagCalls, 'store.tagCalls.', around),
      slots: faulty(tables.slots, 'store.slots.', around),
      snapshots: faulty(tables.snapshots, 'store.snapshots.', around),
      forgotten: faulty(tables.forgotten, 'store.forgotten.', around),
    },
    blobs: faulty(ports.blobs, 'blobs.', around),
    queue: faulty(ports.queue, 'queue.', around),
    secrets: faulty(ports.secrets, 'secrets.', around),
    source: faulty(ports.source, 'source.', around),
    destination: faulty(ports.destination, 'destination.', around),
    notifier: faulty(ports.notifier, 'notifier.', around),
    clock: {
      now: () => clock.now(),
      random: () => clock.random(),
      async sleepUntil(until, signal) {
        await clock.sleepUntil(until, signal);
        await process.gate();
      },
    },
    stopping: process.stopping,
  };
};
