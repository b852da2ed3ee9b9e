import { setTimeout as sleep } from 'node:timers/promises';
import { openStorage } from '../../../shared/adapters/storage/storage.ts';
import { systemClock } from '../../../shared/adapters/system/clock.ts';
import { nextTurn } from '../../../shared/domain/turn.ts';
import type { MessageOf } from '../../../shared/messages.ts';
import type { Ports } from '../../../shared/ports/ports.ts';
import { at } from '../../../shared/steps/addresses.ts';
import { loadRun } from '../../../shared/steps/load.ts';
import { planShards } from '../../../shared/steps/plan-shards.ts';
import { requestRun } from '../../../shared/steps/request-run.ts';
import { memoryDestination } from '../../memory/memory-destination.ts';
import { populationOf } from '../../memory/memory-population.ts';
import { memorySource } from '../../memory/memory-source.ts';
import { memoryNotifier } from '../../memory/notifier.ts';
import { memoryQueue } from '../../memory/queue.ts';
import { memorySecrets } from '../../memory/secrets.ts';
import { sandboxConnection, sandboxExport } from '../../sandbox/definitions.ts';
import { savedExportOf } from '../../sandbox/saved.ts';
import { counted } from './counted.ts';
import { brand, today } from './seed.ts';
import { appSettings, type Result } from './settings.ts';

/** Plans one run whose slices are all read. Writes one line of JSON. */
const settings = appSettings.parse(JSON.parse(process.argv[2] ?? ''));

const storage = openStorage({ kind: 'connection-string', value: settings.storage });
const { store, blobs, operations } = counted(storage);
const clock = systemClock;
const note = (): void => {};
const warn = (event: string, fields: object): void => console.error(event, JSON.stringify(fields));
const ports: Ports = {
  store,
  blobs,
  queue: memoryQueue(clock),
  secrets: memorySecrets({ clock }),
  source: memorySource(populationOf({ members: [], profiles: [] })),
  destination: memoryDestination({ clock }),
  notifier: memoryNotifier(),
  clock,
  log: { info: note, warn, error: warn },
  limits: { requestsPerMinute: 400, tagsPerMinute: 60, startRate: 0.97, readConcurrency: 4 },
  newSecret: () => 'a secret of the bench, and no other',
  stopping: new AbortController().signal,
};

const megabytes = (bytes: number): number => Math.round(bytes / 1_048_576);

/** As it is when its last slice was read. */
const beginPlanning = async (): Promise<MessageOf<'plan-shards'>> => {
  await storage.store.connections.insert(at.connection(sandboxConnection.definition.id), sandboxConnection);
  await storage.store.exports.insert(at.export(sandboxExport.id), savedExportOf(sandboxExport));
  await requestRun(ports, {
    runId: today,
    exportId: sandboxExport.id,
    kind: 'changes',
    trigger: 'http',
    requestedAt: clock.now(),
  });
  const row = await loadRun(ports, today);
  const now = clock.now();
  const turn = nextTurn(row.value.turn, 'plan-shards', now);
  await storage.store.runs.replace(row, {
    ...row.value,
    state: 'planning',
    brand: { id: brand, name: brand, keyPrefix: brand },
    slices: settings.slices,
    startedAt: now,
    turn,
  });
  return { version: 1, step: 'plan-shards', run: today, epoch: turn.epoch, sequence: turn.sequence };
};

let message: MessageOf<'plan-shards'> | null = await beginPlanning();
await sleep(1_000);
Object.assign(operations, { blobReads: 0, blobWrites: 0, table: 0 });
const idle = process.memoryUsage.rss();
const began = performance.now();
const cpuBefore = process.cpuUsage();
while (message !== null) {
  const [next] = await planShards(ports, message);
  if (next === undefined) throw new Error('Planning ended without a next step.');
  message = next.message.step === 'plan-shards' ? next.message : null;
}
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const measuredOperations = { ...operations };
const { plan } = (await loadRun(ports, today)).value;
if (plan === null) throw new Error('The run has no plan.');
const measured: Result = {
  shards: plan.shards,
  tally: plan.tally,
  seconds: Math.round(seconds * 10) / 10,
  cpuSeconds: Math.round((user + system) / 100_000) / 10,
  idleMegabytes: megabytes(idle),
  // In kilobytes, of the whole life of the process.
  megabytesOverIdle: megabytes(process.resourceUsage().maxRSS * 1024 - idle),
  operations: measuredOperations,
};
console.log(JSON.stringify(measured));
