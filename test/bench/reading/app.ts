import { setTimeout as sleep } from 'node:timers/promises';
import { dataOutSource } from '../../../shared/adapters/data-out/data-out.ts';
import { dataverseSource } from '../../../shared/adapters/dataverse/dataverse.ts';
import { identityTokens } from '../../../shared/adapters/identity/tokens.ts';
import { openStorage } from '../../../shared/adapters/storage/storage.ts';
import { systemClock } from '../../../shared/adapters/system/clock.ts';
import { connectionDefinition, exportDefinition } from '../../../shared/domain/definition.ts';
import { runId } from '../../../shared/domain/ids.ts';
import { sumReads } from '../../../shared/domain/read-tally.ts';
import type { Message } from '../../../shared/messages.ts';
import type { Ports } from '../../../shared/ports/ports.ts';
import type { Outgoing } from '../../../shared/ports/queue.ts';
import type { Source } from '../../../shared/ports/source.ts';
import { at } from '../../../shared/steps/addresses.ts';
import { readSlice } from '../../../shared/steps/read-slice.ts';
import { requestRun } from '../../../shared/steps/request-run.ts';
import { startRun } from '../../../shared/steps/start-run.ts';
import { memoryDestination } from '../../memory/memory-destination.ts';
import { memoryNotifier } from '../../memory/notifier.ts';
import { memoryQueue } from '../../memory/queue.ts';
import { memorySecrets } from '../../memory/secrets.ts';
import { sandboxExport } from '../../sandbox/definitions.ts';
import { savedConnectionOf, savedExportOf } from '../../sandbox/saved.ts';
import { type AppSettings, appSettings, type Result } from './settings.ts';

/** One run from its request to the moment at which it would be planned. Writes one line of JSON. */
const settings = appSettings.parse(JSON.parse(process.argv[2] ?? ''));

const openSource = (source: AppSettings['source']): Source => {
  switch (source.kind) {
    case 'data-out': {
      const { connectionString: value, container, folder } = source;
      return dataOutSource({
        access: { kind: 'connection-string', value, container },
        folder,
        clock: systemClock,
      });
    }
    case 'dataverse': {
      const { url } = source;
      const identity = { endpoint: `${url}/msi/token`, header: 'sandbox' };
      const credential = { getToken: async () => null };
      const tokens = identityTokens({ credential, clock: systemClock, identity });
      return dataverseSource({ url, tokens, clock: systemClock });
    }
  }
};

const { store, blobs } = openStorage({ kind: 'connection-string', value: settings.storage });
const clock = systemClock;
const queue = memoryQueue(clock);
const note = (): void => {};
const warn = (event: string, fields: object): void => console.error(event, JSON.stringify(fields));
const ports: Ports = {
  store,
  blobs,
  queue,
  secrets: memorySecrets({ clock, seed: { 'omnisend-key': 'a1-full' } }),
  source: openSource(settings.source),
  destination: memoryDestination({ clock }),
  notifier: memoryNotifier(),
  clock,
  log: { info: note, warn, error: warn },
  limits: { requestsPerMinute: 400, tagsPerMinute: 60, startRate: 0.97, readConcurrency: 4 },
  newSecret: () => 'a secret of the bench, and no other',
  stopping: new AbortController().signal,
};

const stepOf = (message: Message): Promise<readonly Outgoing[]> => {
  if (message.step === 'start-run') return startRun(ports, message);
  if (message.step === 'read-slice') return readSlice(ports, message);
  throw new Error(`The step ${message.step} is not measured.`);
};

/** As the host does, several messages at a time, until the run is read. */
const readRun = async (): Promise<void> => {
  const inFlight = new Set<Promise<void>>();
  for (;;) {
    const received = queue.receive();
    if (received?.message.step === 'plan-shards') return;
    if (received === undefined) {
      if (inFlight.size === 0 && queue.nextVisibleAt() === undefined)
        throw new Error('The run was not read.');
      await Promise.race([...inFlight, sleep(100)]);
      continue;
    }
    const work = stepOf(received.message).then(async (outgoing) => {
      for (const one of outgoing) await queue.put(one);
      queue.delete(received);
    });
    inFlight.add(work);
    void work.finally(() => inFlight.delete(work));
  }
};

const megabytes = (bytes: number): number => Math.round(bytes / 1_048_576);

const connection = savedConnectionOf(
  connectionDefinition.parse({ id: 'bench', displayName: 'Bench' }),
  'omnisend-key',
);
const definition = exportDefinition.parse({
  ...sandboxExport,
  connection: connection.definition.id,
  segments: settings.segments,
});
await store.connections.insert(at.connection(connection.definition.id), connection);
await store.exports.insert(at.export(definition.id), savedExportOf(definition));
const id = runId.parse(`${definition.id}.bench`);
const answer = await requestRun(ports, {
  runId: id,
  exportId: definition.id,
  kind: 'changes',
  trigger: 'http',
  requestedAt: clock.now(),
});
if (answer.kind !== 'accepted') throw new Error(`The run is ${answer.kind}.`);
for (const outgoing of answer.messages) await queue.put(outgoing);

await sleep(1_000);
const idle = process.memoryUsage.rss();
const began = performance.now();
const cpuBefore = process.cpuUsage();
await readRun();
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const slices = (await store.slices.list(id)).map(({ value }) => value);
const { read, spooled, invalid } = sumReads(slices.map(({ tally }) => tally));
const measured: Result = {
  slices: slices.length,
  read,
  spooled,
  invalid,
  seconds: Math.round(seconds * 10) / 10,
  cpuSeconds: Math.round((user + system) / 100_000) / 10,
  idleMegabytes: megabytes(idle),
  // In kilobytes, of the whole life of the process.
  megabytesOverIdle: megabytes(process.resourceUsage().maxRSS * 1024 - idle),
};
console.log(JSON.stringify(measured));
