import { parseArgs } from 'node:util';
import { BlobServiceClient } from '@azure/storage-blob';
import { z } from 'zod';
import { openStorage } from '../../shared/adapters/storage/storage.ts';
import { startAzurite } from '../sandbox/azurite/azurite.ts';
import { writeDataOut } from '../sandbox/data-out/data-out.ts';
import { createPopulation } from '../sandbox/generator/population.ts';
import { SEGMENT_NAMES } from '../sandbox/generator/segments.ts';
import { spawnUntilReady, startProcess } from '../sandbox/process.ts';
import { type AppSettings, result } from './reading/settings.ts';

/**
 * `node test/bench/reading.ts --source data-out --rows 1000000 --parts 4`, or `--source dataverse`: how long the real steps take to read, match
 * and spool, and how much memory above the idle process they need at most. The app, Azurite and a simulated source
 * each have a process of their own. Prints one line of JSON; ends with 1 where a bar is missed.
 */
const settings = z
  .object({
    source: z.enum(['data-out', 'dataverse']).default('data-out'),
    rows: z.coerce.number().int().min(1_000).default(1_000_000),
    /** Of data-out. */
    parts: z.coerce.number().int().min(1).default(4),
    gzip: z.boolean().default(false),
    /** Of Dataverse. */
    'page-delay-ms': z.coerce.number().min(0).default(0),
  })
  .parse(
    parseArgs({
      options: {
        source: { type: 'string' },
        rows: { type: 'string' },
        parts: { type: 'string' },
        gzip: { type: 'boolean' },
        'page-delay-ms': { type: 'string' },
      },
    }).values,
  );

/** What is outside of the app: made ready, and named so that the app's process finds it. */
interface Outside {
  readonly source: AppSettings['source'];
  readonly segments: readonly string[];
  readonly barSeconds: number;
  close(): Promise<unknown>;
}

const population = () => createPopulation({ seed: 1, rows: settings.rows, day: 1 });

/** Everybody in one table: as many rows as asked for, but for the few without a profile. */
const startDataOut = async (connectionString: string): Promise<Outside> => {
  const container = BlobServiceClient.fromConnectionString(connectionString).getContainerClient('exported');
  await container.create();
  const folder = 'CustomerInsights_sandbox/BlobExport';
  await writeDataOut(container, {
    population: population(),
    tables: { Everybody: null },
    folder,
    at: Date.now(),
    parts: settings.parts,
    gzip: settings.gzip,
    style: { lineBreaks: true },
  });
  return {
    source: { kind: 'data-out', connectionString, container: 'exported', folder },
    segments: ['Everybody'],
    // Five times the rows may take 15 % more than five times as long.
    barSeconds: (45 * settings.rows * (settings.rows > 1_000_000 ? 1.15 : 1)) / 1_000_000,
    close: async () => {},
  };
};

/** Profiles as many as asked for; four in five are in a segment, and each of those has a membership or two. */
const startDataverse = async (): Promise<Outside> => {
  const delayMs = settings['page-delay-ms'];
  const simulator = await startProcess({
    name: 'Dataverse',
    file: new URL('../sandbox/dataverse/server.ts', import.meta.url).pathname,
    args: ['--rows', String(settings.rows), '--seed', '1', '--page-delay-ms', String(delayMs)],
    startSeconds: 300,
  });
  return {
    source: { kind: 'dataverse', url: simulator.url },
    segments: SEGMENT_NAMES,
    barSeconds: ((delayMs > 0 ? 180 : 90) * settings.rows) / 1_000_000,
    close: () => simulator.stop(),
  };
};

const starts = { 'data-out': startDataOut, dataverse: startDataverse } satisfies Record<
  typeof settings.source,
  (connectionString: string) => Promise<Outside>
>;
const barMegabytes = 300;

const azurite = await startAzurite();
try {
  await openStorage({ kind: 'connection-string', value: azurite.connectionString }).ensure();
  const outside = await starts[settings.source](azurite.connectionString);
  try {
    const { source, segments, barSeconds } = outside;
    const app: AppSettings = { storage: azurite.connectionString, source, segments: [...segments] };
    const running = await spawnUntilReady({
      name: 'The app',
      file: new URL('./reading/app.ts', import.meta.url).pathname,
      args: [JSON.stringify(app)],
      // What V8 gives itself on the smallest Flex instance (512 MB): half of the memory.
      env: { NODE_OPTIONS: '--max-old-space-size=256' },
      startSeconds: 3_600,
      readyLine: (line) => result.safeParse(line.startsWith('{') ? JSON.parse(line) : undefined).data,
    });
    await running.exited;
    const { seconds, megabytesOverIdle } = running.ready;
    const holds = seconds <= barSeconds && megabytesOverIdle <= barMegabytes;
    const bar = { seconds: barSeconds, megabytesOverIdle: barMegabytes };
    console.log(JSON.stringify({ bench: 'reading', ...settings, ...running.ready, bar, holds }));
    if (!holds) process.exitCode = 1;
  } finally {
    await outside.close();
  }
} finally {
  await azurite.close();
}
