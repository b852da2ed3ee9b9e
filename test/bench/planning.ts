import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { openStorage } from '../../shared/adapters/storage/storage.ts';
import { startAzurite } from '../sandbox/azurite/azurite.ts';
import { spawnUntilReady } from '../sandbox/process.ts';
import { atMost, exactly } from './bars.ts';
import { priceOf } from './planning/counted.ts';
import { seedPlanning } from './planning/seed.ts';
import { type AppSettings, result } from './planning/settings.ts';

/**
 * `node test/bench/planning.ts --rows 1000000`: how long the real step takes to plan the generator's second day against
 * the snapshot of the first, how much memory above the idle process it needs at most, and what it asks of storage. The
 * app and Azurite each have a process of their own. Prints one line of JSON; ends with 1 where a bar is missed.
 */
const { rows, profile } = z
  .object({
    rows: z.coerce.number().int().min(1_000).max(6_000_000).default(1_000_000),
    /** A folder for a CPU profile of the app. */
    profile: z.string().optional(),
  })
  .parse(parseArgs({ options: { rows: { type: 'string' }, profile: { type: 'string' } } }).values);

// Five times the rows may take 15 % more than five times as long.
const barSeconds = (20 * rows * (rows > 1_000_000 ? 1.15 : 1)) / 1_000_000;

const azurite = await startAzurite();
try {
  const storage = openStorage({ kind: 'connection-string', value: azurite.connectionString });
  await storage.ensure();
  const { expected, slices, ...seeded } = await seedPlanning(storage, rows);
  const app: AppSettings = { storage: azurite.connectionString, slices };
  const load = loadavg()[0] ?? 0;
  const profiling = profile === undefined ? '' : ` --cpu-prof --cpu-prof-dir=${profile}`;
  const running = await spawnUntilReady({
    name: 'The app',
    file: new URL('./planning/app.ts', import.meta.url).pathname,
    args: [JSON.stringify(app)],
    // What V8 gives itself on the smallest Flex instance (512 MB): half of the memory.
    env: { NODE_OPTIONS: `--max-old-space-size=256${profiling}` },
    startSeconds: 3_600,
    readyLine: (line) => result.safeParse(line.startsWith('{') ? JSON.parse(line) : undefined).data,
  });
  await running.exited;
  const { seconds, megabytesOverIdle, tally, operations, ...measured } = running.ready;
  const bars = {
    seconds: atMost(seconds, barSeconds),
    megabytesOverIdle: atMost(megabytesOverIdle, 300),
    upserts: exactly(tally.upserts, expected.upserts),
    leaves: exactly(tally.leaves, expected.leaves),
  };
  const holds = Object.values(bars).every((bar) => bar.holds);
  const dollars = Math.round(priceOf(operations) * 10_000) / 10_000;
  const figures = { ...seeded, slices, ...measured, tally, operations, dollars };
  console.log(JSON.stringify({ bench: 'planning', holds, bars, ...figures, loadBefore: load }));
  if (!holds) process.exitCode = 1;
} finally {
  await azurite.close();
}
