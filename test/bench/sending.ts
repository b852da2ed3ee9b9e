import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { sandboxExport } from '../sandbox/definitions.ts';
import { type BrandFigures, Outside } from '../sandbox/demo/outside.ts';
import { shownRun } from '../sandbox/demo/progress.ts';
import { callApp, startSandbox } from '../sandbox/sandbox.ts';

/**
 * How well a full run uses the brand's budget, in real time: alone, beside another integration (0, then 120, then 40
 * requests a minute), or through an outage. Needs the bundle. Prints one line of JSON.
 */
const settings = z
  .object({
    scene: z.enum(['alone', 'shared', 'outage']).default('alone'),
    rows: z.coerce.number().int().min(1_000).default(100_000),
    'requests-per-minute': z.coerce.number().int().min(10).default(400),
    /** How long each rate of the other integration, or the outage, lasts. */
    seconds: z.coerce.number().min(1).default(60),
  })
  .parse(
    parseArgs({
      options: {
        scene: { type: 'string' },
        rows: { type: 'string' },
        'requests-per-minute': { type: 'string' },
        seconds: { type: 'string' },
      },
    }).values,
  );
const { scene, rows, seconds, 'requests-per-minute': requestsPerMinute } = settings;

const entry = new URL('../../dist/main.js', import.meta.url).pathname;
const sandbox = await startSandbox({ rows, seed: 1, requestsPerMinute, port: 0, entry, onLog: () => {} });
try {
  const outside = new Outside(sandbox.addresses, sandboxExport.segments);
  const setFaults = async (faults: object): Promise<void> => {
    const init = { method: 'POST', body: JSON.stringify(faults) };
    const response = await fetch(`${sandbox.addresses.omnisend}/control/faults`, init);
    if (!response.ok) throw new Error(`The simulator answers ${response.status}.`);
  };
  const { run } = z
    .object({ run: z.string() })
    .parse(await callApp(sandbox, 'POST', `/exports/${sandboxExport.id}/run`, {}));
  const ended = async () => {
    const shown = shownRun.parse(await callApp(sandbox, 'GET', `/runs/${run}`));
    return shown.endedAt === null ? null : shown;
  };
  while ((await outside.figures()).batchPosts.first === undefined) {
    if ((await ended()) !== null) throw new Error('The run ended before its first post.');
    await sleep(200);
  }

  /** Requests a minute of somebody else, from which moment on. */
  const others: { readonly at: number; readonly rate: number }[] = [{ at: Date.now(), rate: 0 }];
  let inOutage: number | null = null;
  await sleep(seconds * 1_000);
  if (scene === 'shared') {
    for (const rate of [120, 40]) {
      await setFaults({ otherIntegrationPerMinute: rate });
      others.push({ at: Date.now(), rate });
      await sleep(seconds * 1_000);
    }
  }
  if (scene === 'outage') {
    const before = (await outside.figures()).requests.total;
    await setFaults({ serverErrorShare: 1 });
    await sleep(seconds * 1_000);
    inOutage = (await outside.figures()).requests.total - before;
    await setFaults({ serverErrorShare: 0 });
  }
  let last = await ended();
  for (; last === null; last = await ended()) await sleep(500);
  const figures = await outside.figures();
  console.log(
    JSON.stringify({
      bench: 'sending',
      ...settings,
      state: last.state,
      accepted: last.tally.accepted,
      requests: figures.requests.total,
      use: useOf(figures, others),
      tooManyRequests: figures.tooManyRequests.fromWindow,
      mostInAnyMinute: figures.maxInWindow.all,
      requestsInOutage: inOutage,
    }),
  );
} finally {
  await sandbox.stop();
}

/** Requests from the first to the last page's post, as a share of what others left of the budget. */
function useOf(
  { batchPosts: { first, last, requestsBetween } }: BrandFigures,
  rates: readonly { readonly at: number; readonly rate: number }[],
): number | null {
  if (first === undefined || last === undefined) return null;
  const [from, to] = [Date.parse(first), Date.parse(last)];
  const left = rates.reduce((sum, { at, rate }, place) => {
    const begin = place === 0 ? from : Math.min(at, to);
    const end = Math.min(rates[place + 1]?.at ?? to, to);
    return sum + ((requestsPerMinute - rate) * Math.max(0, end - begin)) / 60_000;
  }, 0);
  return left === 0 ? null : Math.round((requestsBetween / left) * 1_000) / 1_000;
}
