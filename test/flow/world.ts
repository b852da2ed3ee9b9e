import { storeOf } from '../../shared/adapters/storage/store.ts';
import type { ExportDefinition } from '../../shared/domain/definition.ts';
import { connectionDefinition } from '../../shared/domain/definition.ts';
import { type BrandId, brandId, type RunId } from '../../shared/domain/ids.ts';
import type { Run, RunKind } from '../../shared/domain/run.ts';
import { runAt } from '../../shared/domain/run-ids.ts';
import type { Destination } from '../../shared/ports/destination.ts';
import type { EventFields, EventName } from '../../shared/ports/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { at as addressOf } from '../../shared/steps/addresses.ts';
import { type RunRequest, requestRun } from '../../shared/steps/request-run.ts';
import { sendNotices } from '../../shared/steps/send-notices.ts';
import { startDueRuns } from '../../shared/steps/start-due-runs.ts';
import { supervise } from '../../shared/steps/supervise.ts';
import { memoryBlobs } from '../memory/blobs.ts';
import { type VirtualClock, virtualClock } from '../memory/clock.ts';
import { type MemoryDestinationOptions, memoryDestination } from '../memory/memory-destination.ts';
import type { MemoryPopulation } from '../memory/memory-population.ts';
import { type MemorySourceOptions, memorySource } from '../memory/memory-source.ts';
import { memoryNotifier } from '../memory/notifier.ts';
import { memoryQueue } from '../memory/queue.ts';
import { memoryRows } from '../memory/rows.ts';
import { memorySecrets } from '../memory/secrets.ts';
import { createDraw } from '../sandbox/omnisend/chance.ts';
import { savedConnectionOf, savedExportOf } from '../sandbox/saved.ts';
import { watchChains, watched } from './chains.ts';
import { delivery, type Instance, perform, type Variation } from './delivery.ts';
import { type FaultPlan, noFaults } from './faults.ts';
import { faultyPorts } from './faulty-ports.ts';
import { newsletter } from './people.ts';
import { Process } from './process.ts';

export interface WorldOptions {
  readonly population: MemoryPopulation;
  readonly seed?: number;
  readonly definition?: ExportDefinition;
  /** Further exports to the same brand. */
  readonly others?: readonly ExportDefinition[];
  readonly faults?: FaultPlan;
  readonly destination?: Omit<MemoryDestinationOptions, 'clock'>;
  readonly source?: MemorySourceOptions;
  /** Omnisend in place of the one in memory; it answers in real time, for which virtual time waits. */
  readonly outside?: (clock: VirtualClock) => Promise<Outside>;
  /** How many processes there are at first. */
  readonly processes?: number;
  /** The ports as one delivery of a message has them: a protection may be taken away there. */
  readonly variation?: Variation;
  /** Rows as `memoryRows` has them when it is quick. */
  readonly isQuick?: boolean;
  /** The brand's budget, on both sides. */
  readonly requestsPerMinute?: number;
  readonly tagsPerMinute?: number;
  /** People are told of runs, as `world.notifier` shows. */
  readonly notices?: boolean;
}

export interface Outside {
  readonly destination: Destination;
  readonly apiKey: string;
  /** Passes when no request is on its way. */
  quiet(): Promise<void>;
}

/** What is logged, as it is logged. */
interface Logged {
  readonly event: EventName;
  readonly fields: EventFields;
}

export const brandA = brandId.parse('a1');
export const apiKey = 'a1-full';
export const minute = 60_000;
export const hour = 60 * minute;

export const connection = savedConnectionOf(
  connectionDefinition.parse({ id: 'brand-a', displayName: 'Brand A' }),
  'omnisend-brand-a',
);

const hexDigits = [...'0123456789abcdef'];
const superviseEveryMs = 30_000;
const startDueEveryMs = 60_000;
/** The most virtual time that any run may take: reading, then sending and its answers, four hours each, then some. */
const longest = 14 * hour;

export type World = Awaited<ReturnType<typeof flowWorld>>;

/**
 * The app's steps, timers and queues in a world of memory and virtual time. What is stored survives a process; a
 * process may die or stall at any call of a port, and another one starts seconds later. All chance is from the seed.
 */
export const flowWorld = async (options: WorldOptions) => {
  const { seed = 1, definition = newsletter, requestsPerMinute = 400, tagsPerMinute = 60 } = options;
  const clock = virtualClock({ seed });
  const outside = await options.outside?.(clock);
  const draw = createDraw(seed);
  const logged: Logged[] = [];
  const errors: unknown[] = [];
  const runs = new Map<RunId, Run>();
  const chains = watchChains();

  const store = storeOf((table, schema) =>
    watched(memoryRows({ table, schema, isQuick: options.isQuick ?? false }), (address, value) =>
      chains.onWrite(table, address, value),
    ),
  );
  const active = new Map<string, RunId | undefined>();
  const watchedStates = watched(store.states, ({ key }, { active: claim }) => {
    active.set(key, claim?.runId);
  });
  const watchedRuns = watched(store.runs, (_, run) => void runs.set(run.id, run));
  const queue = memoryQueue(clock);
  const poisoned = memoryQueue(clock);
  const source = memorySource(options.population, { pageSize: 200, prefixes: hexDigits, ...options.source });
  const destination = memoryDestination({
    requestsPerMinute,
    tagsPerMinute,
    seed,
    ...options.destination,
    clock,
  });
  const secrets = memorySecrets({ clock, seed: { [connection.secretName]: outside?.apiKey ?? apiKey } });
  const notifier = memoryNotifier();
  const note = (event: EventName, fields: EventFields): void => void logged.push({ event, fields });
  let secretsMade = 0;

  /** What outlives every process. A call of these takes no time and never fails: the test's own hands. */
  const ports: Ports = {
    store: { ...store, runs: watchedRuns, states: watchedStates },
    blobs: memoryBlobs(),
    queue,
    secrets,
    source,
    destination: outside?.destination ?? destination,
    notifier,
    clock,
    log: { info: note, warn: note, error: note },
    limits: { requestsPerMinute, tagsPerMinute, startRate: 0.97, readConcurrency: 4 },
    newSecret: () => {
      secretsMade += 1;
      return `secret-${seed}-${secretsMade}`;
    },
    stopping: new AbortController().signal,
  };

  let calls = 0;
  let lost = 0;
  const starting: number[] = [];
  let started = 0;
  let instances: readonly Instance[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const deliveries = delivery(clock, queue, poisoned, onError, options.variation);

  const startProcess = (): void => {
    const process = new Process(started, clock, () => {
      lost += 1;
      starting.push(clock.now() + 1_000 + Math.floor(draw('restart') * 20_000));
    });
    const around = {
      clock,
      process,
      faults: options.faults ?? noFaults,
      draw,
      onCall: () => {
        calls += 1;
      },
    };
    started += 1;
    const alive = instances.filter((instance) => !instance.process.isDead);
    instances = [...alive, { process, ports: faultyPorts(ports, around) }];
  };
  for (let count = options.processes ?? 1; count > 0; count -= 1) startProcess();

  const timers = [
    { name: 'supervise', everyMs: superviseEveryMs, nextAt: clock.now() + superviseEveryMs, step: supervise },
    {
      name: 'start-due',
      everyMs: startDueEveryMs,
      nextAt: clock.now() + startDueEveryMs,
      step: startDueRuns,
    },
    ...(options.notices === true
      ? [
          {
            name: 'notices',
            everyMs: superviseEveryMs,
            nextAt: clock.now() + superviseEveryMs,
            step: async (given: Ports) => {
              await sendNotices(given);
              return [];
            },
          },
        ]
      : []),
  ];

  /** One process has the timers, and none of them overlaps itself. */
  const fireTimers = (serving: readonly Instance[]): void => {
    const [leader] = serving;
    for (const timer of timers) {
      if (timer.nextAt > clock.now()) continue;
      timer.nextAt += timer.everyMs;
      const atWork = leader?.process.timers;
      if (leader === undefined || atWork === undefined || atWork.has(timer.name)) continue;
      atWork.add(timer.name);
      void perform(leader.ports, timer.step(leader.ports))
        .catch((error) => void errors.push(error))
        .then(() => atWork.delete(timer.name));
    }
  };

  const nextEventAt = (): number => {
    const serving = instances.filter(({ process }) => process.isServing);
    return Math.min(
      clock.nextWakeAt() ?? Number.POSITIVE_INFINITY,
      ...timers.map(({ nextAt }) => nextAt),
      ...starting,
      deliveries.nextAt(serving),
    );
  };

  /** Lets the world go on until then; throws where that takes longer than any run may. */
  const until = async (isDone: () => boolean, withinMs = longest): Promise<void> => {
    const limit = clock.now() + withinMs;
    while (!isDone()) {
      if (clock.now() > limit) {
        const states = [...runs.values()].map(({ id, state }) => `${id} ${state}`);
        throw new Error(`Nothing ended within ${withinMs / minute} virtual minutes: ${states.join(', ')}`);
      }
      for (const due of starting.splice(0)) due <= clock.now() ? startProcess() : starting.push(due);
      const serving = instances.filter(({ process }) => process.isServing);
      fireTimers(serving);
      deliveries.deliver(serving);
      await clock.settle();
      await outside?.quiet();
      await clock.wakeNext(nextEventAt());
    }
  };

  await ports.store.connections.insert(addressOf.connection(connection.definition.id), connection);
  for (const one of [definition, ...(options.others ?? [])]) {
    await ports.store.exports.insert(addressOf.export(one.id), savedExportOf(one));
  }

  const runOf = (id: RunId): Run => {
    const run = runs.get(id);
    if (run === undefined) throw new Error(`There is no run ${id}.`);
    return run;
  };

  /** As a person does by HTTP. */
  const ask = async (
    kind: RunKind = 'changes',
    runId?: RunId,
    exportId = definition.id,
    confirmBrand?: BrandId,
  ): Promise<RunRequest> => {
    const requestedAt = clock.now();
    const claim = {
      runId: runId ?? runAt(exportId, requestedAt),
      exportId,
      kind,
      trigger: 'http' as const,
      requestedAt,
      ...(confirmBrand !== undefined && { confirmBrand }),
    };
    const answer = await requestRun(ports, claim);
    if (answer.kind === 'accepted') for (const outgoing of answer.messages) await queue.put(outgoing);
    return answer;
  };

  return {
    seed,
    definition,
    requestsPerMinute,
    tagsPerMinute,
    clock,
    ports,
    queue,
    poisoned,
    source,
    destination,
    secrets,
    notifier,
    logged,
    errors,
    runs,
    chains,
    ask,
    runOf,
    until,
    calls: () => calls,
    /** Processes that died or stalled. */
    lost: () => lost,
    /** Goes on for so long, whatever happens. */
    pass: async (ms: number): Promise<void> => {
      const end = clock.now() + ms;
      // A sleeper of the test's own, so that time stops just there.
      void clock.sleepUntil(end);
      await until(() => clock.now() >= end, ms + minute);
    },
    /** Asks for a run and lets the world go on until it is held, or has ended and made room for the next. */
    run: async (kind: RunKind = 'changes', exportId = definition.id): Promise<Run> => {
      const answer = await ask(kind, undefined, exportId);
      if (answer.kind !== 'accepted') throw new Error(`The run is ${answer.kind}.`);
      await until(() => runOf(answer.run).state === 'held' || active.get(exportId) !== answer.run);
      return runOf(answer.run);
    },
  };
};
