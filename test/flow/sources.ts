import type { ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import { dataOutSource } from '../../shared/adapters/data-out/data-out.ts';
import { dataverseSource } from '../../shared/adapters/dataverse/dataverse.ts';
import { identityTokens } from '../../shared/adapters/identity/tokens.ts';
import { storeOf } from '../../shared/adapters/storage/store.ts';
import type { ExportDefinition } from '../../shared/domain/definition.ts';
import { sumReads } from '../../shared/domain/read-tally.ts';
import type { Run } from '../../shared/domain/run.ts';
import { runAt } from '../../shared/domain/run-ids.ts';
import type { Slice } from '../../shared/domain/slice.ts';
import type { PlanTally, ReadTally } from '../../shared/domain/tally.ts';
import type { Blobs } from '../../shared/ports/blobs.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { Source, SourceAnswer } from '../../shared/ports/source.ts';
import { at as addressOf, paths } from '../../shared/steps/addresses.ts';
import { listOf, loadRun, loadSlices } from '../../shared/steps/load.ts';
import { requestRun } from '../../shared/steps/request-run.ts';
import { supervise } from '../../shared/steps/supervise.ts';
import { memoryBlobs } from '../memory/blobs.ts';
import type { VirtualClock } from '../memory/clock.ts';
import { memoryDestination } from '../memory/memory-destination.ts';
import { memoryNotifier } from '../memory/notifier.ts';
import { memoryQueue } from '../memory/queue.ts';
import { memoryRows } from '../memory/rows.ts';
import { memorySecrets } from '../memory/secrets.ts';
import { type DataOutExport, writeDataOut } from '../sandbox/data-out/data-out.ts';
import type { Control, DataverseOptions } from '../sandbox/dataverse/control.ts';
import { startDataverse } from '../sandbox/dataverse/dataverse.ts';
import { createDraw } from '../sandbox/omnisend/chance.ts';
import { savedExportOf } from '../sandbox/saved.ts';
import { watched } from './chains.ts';
import { delivery, type Instance, perform } from './delivery.ts';
import { type FaultPlan, noFaults } from './faults.ts';
import { faultyPorts } from './faulty-ports.ts';
import { Process } from './process.ts';
import { apiKey, connection, hour } from './world.ts';

/** Makes an adapter that knows nothing of what another one learned, as a process that starts does. */
type OpenSource = (clock: Clock) => Source;

const figures = z.record(z.string(), z.unknown());

/** The simulated environment in the clock's time, and the real adapter before it. */
export const dataverseOf = async (clock: Clock, options: DataverseOptions) => {
  const simulator = await startDataverse(options, () => clock.now());
  const control = async (change?: Partial<Control>): Promise<z.infer<typeof figures>> => {
    const init = change && { method: 'POST', body: JSON.stringify(change) };
    const response = await fetch(`${simulator.url}/control`, init);
    if (!response.ok) throw new Error(await response.text());
    return figures.parse(await response.json());
  };
  const identity = { endpoint: `${simulator.url}/msi/token`, header: 'sandbox' };
  const open: OpenSource = (own) => {
    const tokens = identityTokens({ credential: { getToken: async () => null }, clock: own, identity });
    return dataverseSource({ url: simulator.url, tokens, clock: own });
  };
  return {
    open,
    control,
    /** How often something happened since the figures were last reset, as the simulator names it. */
    count: async (name: string): Promise<number> =>
      z
        .number()
        .default(0)
        .parse((await control())[name]),
    close: () => simulator.close(),
  };
};

const folder = 'CustomerInsights_sandbox/BlobExport';

/** Files as Customer Insights' own export writes them, and the real adapter before them. */
export const dataOutOf = async (
  connectionString: string,
  container: ContainerClient,
  written: Omit<DataOutExport, 'folder'>,
): Promise<OpenSource> => {
  await container.create();
  await writeDataOut(container, { ...written, folder });
  const { containerName } = container;
  const access = { kind: 'connection-string', value: connectionString, container: containerName } as const;
  return (clock) => dataOutSource({ access, folder, clock });
};

export interface PlanOptions {
  readonly clock: VirtualClock;
  readonly open: OpenSource;
  readonly definition: ExportDefinition;
  readonly seed?: number;
  readonly faults?: FaultPlan;
  /** How much longer each page takes, so that a slice is read in several steps. */
  readonly pageSeconds?: number;
  /** Called when the source is cut and before the first page is asked for. */
  readonly onReading?: () => Promise<unknown>;
}

/** A page that was asked for. */
interface Asked {
  readonly process: number;
  readonly slice: string;
  readonly cursor: string | null;
  /** Where the slice's row says that its reading goes on. */
  readonly stored: string | null;
  readonly at: number;
  /** Absent where no answer came before the run had ended. */
  answer?: { readonly kind: string; readonly at: number; readonly retryAfterSeconds: number };
}

export interface Planned {
  readonly run: Run;
  readonly slices: readonly Slice[];
  /** What is to be told to Omnisend, one change a line, in the order of their keys. */
  readonly changes: string;
  /** Who lost to another profile with the same e-mail, one a line, in the order of their keys. */
  readonly duplicates: string;
  readonly tally: PlanTally;
  readonly read: ReadTally;
  readonly asked: readonly Asked[];
  /** Processes that died. */
  readonly lost: number;
}

const superviseEveryMs = 30_000;
const longest = 14 * hour;

/** One run from its request to its plan: real steps and adapters, everything else in memory and in the clock's time. */
export const planOf = async (options: PlanOptions): Promise<Planned> => {
  const { clock, definition, seed = 1, faults = noFaults, pageSeconds = 0 } = options;
  const draw = createDraw(seed);
  const errors: unknown[] = [];
  const store = storeOf((table, schema) => memoryRows({ table, schema, isQuick: true }));
  const stored = new Map<string, string | null>();
  const slices = watched(store.slices, (_, { label, cursor }) => void stored.set(label, cursor));
  const queue = memoryQueue(clock);
  const outside = requestsOutside(clock);
  const asked: Asked[] = [];
  let onReading = options.onReading;

  const sourceFor = (process: number): Source => {
    const real = options.open(outside.clock);
    return {
      ...real,
      divide: (question) => outside.noted(real.divide(question)),
      mark: (question) => outside.noted(real.mark(question)),
      segments: () => outside.noted(real.segments()),
      columns: () => outside.noted(real.columns()),
      check: () => outside.noted(real.check()),
      async read(question, slice, cursor) {
        const first = onReading;
        onReading = undefined;
        if (first !== undefined) await outside.noted(first());
        if (pageSeconds > 0) await clock.sleepUntil(clock.now() + pageSeconds * 1000);
        const known = stored.get(slice.label) ?? null;
        const one: Asked = { process, slice: slice.label, cursor, stored: known, at: clock.now() };
        asked.push(one);
        const answer = await outside.noted(real.read(question, slice, cursor));
        one.answer = { kind: answer.kind, at: clock.now(), retryAfterSeconds: waitOf(answer) };
        return answer;
      },
    };
  };

  const log = () => {};
  const ports: Omit<Ports, 'source'> = {
    store: { ...store, slices },
    blobs: memoryBlobs(),
    queue,
    secrets: memorySecrets({ clock, seed: { [connection.secretName]: apiKey } }),
    destination: memoryDestination({ clock }),
    notifier: memoryNotifier(),
    clock,
    log: { info: log, warn: log, error: log },
    limits: { requestsPerMinute: 400, tagsPerMinute: 60, startRate: 0.97, readConcurrency: 4 },
    // The same for every plan, so that plans can be held against each other.
    newSecret: () => 'the hash secret of every plan',
    stopping: new AbortController().signal,
  };

  let started = 0;
  let startAt: number | undefined;
  const startProcess = (): Instance => {
    const process = new Process(started, clock, () => {
      startAt = clock.now() + 5_000;
    });
    const own: Ports = { ...ports, source: sourceFor(started) };
    started += 1;
    startAt = undefined;
    return { process, ports: faultyPorts(own, { clock, process, faults, draw, onCall: log }) };
  };
  let instance = startProcess();

  await ports.store.connections.insert(addressOf.connection(connection.definition.id), connection);
  await ports.store.exports.insert(addressOf.export(definition.id), savedExportOf(definition));
  const requestedAt = clock.now();
  const id = runAt(definition.id, requestedAt);
  const own: Ports = { ...ports, source: sourceFor(-1) };
  const claim = {
    runId: id,
    exportId: definition.id,
    kind: 'dry-run',
    trigger: 'http',
    requestedAt,
  } as const;
  const answer = await requestRun(own, claim);
  if (answer.kind !== 'accepted') throw new Error(`The run is ${answer.kind}.`);
  for (const outgoing of answer.messages) await queue.put(outgoing);

  const onError = (error: unknown): void => void errors.push(error);
  const deliveries = delivery(clock, queue, memoryQueue(clock), onError);
  let superviseAt = requestedAt + superviseEveryMs;
  let run = (await loadRun(own, id)).value;
  while (run.endedAt === null) {
    if (clock.now() > requestedAt + longest) throw new Error(`The run is ${run.state} after ${longest} ms.`);
    if (startAt !== undefined && startAt <= clock.now()) instance = startProcess();
    const serving = [instance].filter(({ process }) => process.isServing);
    if (superviseAt <= clock.now()) {
      superviseAt += superviseEveryMs;
      for (const one of serving) void perform(one.ports, supervise(one.ports)).catch(onError);
    }
    deliveries.deliver(serving);
    await clock.settle();
    await outside.quiet();
    const next = [clock.nextWakeAt(), startAt, superviseAt, deliveries.nextAt(serving)];
    await clock.wakeNext(Math.min(...next.filter((moment) => moment !== undefined)));
    run = (await loadRun(own, id)).value;
  }
  if (run.plan === null || run.plan.planned < run.plan.shards || errors.length > 0)
    throw new Error(`The run ${run.state} unplanned: ${JSON.stringify(run.reason)} ${errors.join(', ')}`);
  const read = await loadSlices(own, id);
  return {
    run,
    slices: read,
    changes: await joined(
      own.blobs,
      (shard) => paths.changes(id, shard, listOf(run, shard)),
      run.plan.shards,
    ),
    duplicates: await joined(own.blobs, (shard) => paths.duplicates(id, shard), run.plan.shards),
    tally: run.plan.tally,
    read: sumReads(read.map(({ tally }) => tally)),
    asked,
    lost: started - 1,
  };
};

const waitOf = (answer: SourceAnswer<unknown>): number =>
  answer.kind === 'throttled' ? answer.retryAfterSeconds : 0;

/** Shards follow each other in the order of keys, so what they list reads the same however many there are. */
const joined = async (blobs: Blobs, path: (shard: number) => string, shards: number): Promise<string> => {
  const lists: Uint8Array[] = [];
  for (let shard = 0; shard < shards; shard += 1)
    lists.push((await blobs.get(path(shard))) ?? Buffer.alloc(0));
  return Buffer.concat(lists).toString('utf8');
};

/** What is asked of real servers takes real time, for which the clock's waits. */
const requestsOutside = (clock: VirtualClock) => {
  let working = 0;
  let changed = Promise.withResolvers<void>();
  const add = (calls: number): void => {
    working += calls;
    changed.resolve();
    changed = Promise.withResolvers();
  };
  /** For who waits in the middle of a call: until the clock moves on, there is nothing to wait for. */
  const own: Clock = {
    ...clock,
    async sleepUntil(until, signal) {
      add(-1);
      await clock.sleepUntil(until, signal);
      add(1);
    },
  };
  return {
    clock: own,
    noted<T>(call: Promise<T>): Promise<T> {
      add(1);
      const end = (): void => add(-1);
      call.then(end, end);
      return call;
    },
    async quiet(): Promise<void> {
      while (working > 0) {
        await changed.promise;
        await clock.settle();
      }
    },
  };
};
