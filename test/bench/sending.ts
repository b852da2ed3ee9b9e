import { parseArgs } from 'node:util';
import { z } from 'zod';
import { BenchRun } from './bench-run.ts';
import { scenes } from './scenes.ts';

/**
 * How well a full run uses the brand's budget. `node test/bench/sending.ts` runs all scenes but the
 * long one; `--scene alone|instances|outage|shared` runs one. Needs the bundle. Prints a line of JSON for each scene, and ends
 * with 1 where a bar is not held.
 */
const { values } = parseArgs({
  options: {
    scene: { type: 'string' },
    /** Customers of the source; three quarters of them are contacts of the export. */
    rows: { type: 'string' },
    /** How many times as fast as the machine's every clock runs. */
    speed: { type: 'string' },
    'requests-per-minute': { type: 'string' },
    instances: { type: 'string' },
    'kill-seconds': { type: 'string' },
    seconds: { type: 'string' },
    'refused-share': { type: 'string' },
  },
});
const sceneNames = z.enum(['alone', 'instances', 'shared', 'outage']);
const settings = z.object({
  rows: z.coerce.number().int().min(1_000).max(2_000_000),
  speed: z.coerce.number().min(1).max(20),
  'requests-per-minute': z.coerce.number().int().min(10).max(100_000),
  instances: z.coerce.number().int().min(1).max(16),
  'kill-seconds': z.coerce.number().min(1),
  seconds: z.coerce.number().min(1),
  'refused-share': z.coerce.number().min(0).max(1),
});
const usual = {
  'requests-per-minute': 400,
  instances: 1,
  'kill-seconds': 300,
  seconds: 300,
  'refused-share': 0,
};

interface Usual extends z.input<typeof settings> {
  readonly scene: z.infer<typeof sceneNames>;
  /** Takes longer than a benchmark of every day may: run by its name alone. */
  readonly isLong?: boolean;
}

/** As few rows, and as fast, as the bars still mean something at, on two cores. */
const scaled: readonly Usual[] = [
  { ...usual, scene: 'alone', rows: 200_000, speed: 5 },
  // Long enough for a kill after five minutes.
  { ...usual, scene: 'instances', rows: 320_000, speed: 5, instances: 4 },
  { ...usual, scene: 'outage', rows: 60_000, speed: 8, seconds: 600 },
  // The rate climbs back by 24 requests a minute each minute: in short phases nothing but the changes is measured.
  { ...usual, scene: 'shared', rows: 1_050_000, speed: 6, seconds: 480, isLong: true },
];

const scene = sceneNames.optional().parse(values.scene);
for (const one of scaled.filter((entry) =>
  scene === undefined ? entry.isLong !== true : entry.scene === scene,
)) {
  const given = Object.fromEntries(Object.entries(values).filter(([name]) => name !== 'scene'));
  const chosen = settings.parse({ ...one, ...given });
  const began = performance.now();
  const bench = { ...chosen, requestsPerMinute: chosen['requests-per-minute'] };
  const options = {
    refusedShare: chosen['refused-share'],
    killSeconds: chosen['kill-seconds'],
    seconds: chosen.seconds,
  };
  const result = await BenchRun.within(bench, async (run) => ({
    ...(await scenes[one.scene](run, options)),
    realSecondsToFirstPost: run.realSecondsToFirstPost,
  }));
  const { bars, figures, realSecondsToFirstPost } = result;
  const holds = Object.values(bars).every((bar) => bar.holds);
  const realSeconds = Math.round((performance.now() - began) / 1000);
  const { scene: name } = one;
  const line = { bench: 'sending', scene: name, holds, bars, ...chosen, ...figures };
  console.log(JSON.stringify({ ...line, realSecondsToFirstPost, realSeconds }));
  if (!holds) process.exitCode = 1;
}
