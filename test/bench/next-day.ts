import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { sandboxExport } from '../sandbox/definitions.ts';
import { compare, type Expected } from '../sandbox/demo/compare.ts';
import {
  type BrandFigures,
  type ExpectedContact,
  type HeldContact,
  Outside,
} from '../sandbox/demo/outside.ts';
import { type ShownRun, shownRun } from '../sandbox/demo/progress.ts';
import { createPopulation } from '../sandbox/generator/population.ts';
import { createTruth } from '../sandbox/generator/truth.ts';
import { callApp, startSandbox } from '../sandbox/sandbox.ts';
import { atMost, exactly, mostInAny } from './bars.ts';

/**
 * `node test/bench/next-day.ts --contacts 1000000`: a first day in full, then the next one, of which exactly what
 * changed, joined and left may be sent, within few requests and soon after the last slice was read. Needs the bundle.
 * Prints a line of JSON; ends with 1 where a bar is not held.
 */
const { contacts, quick } = z
  .object({
    contacts: z.coerce.number().int().min(1_000).max(2_000_000).default(1_000_000),
    /** Requests a minute on the first day, which is not measured. */
    quick: z.coerce.number().int().min(400).max(100_000).default(40_000),
  })
  .parse(parseArgs({ options: { contacts: { type: 'string' }, quick: { type: 'string' } } }).values);

const requestsPerMinute = 400;
const seed = 1;
/** Three customers in four are in a segment of the export and have a usable address. */
const rows = Math.round(contacts / 0.752);
const { segments } = sandboxExport;

/** What must be known of these people on a day. */
function expectedOn(day: number, emails: ReadonlySet<string>): Expected {
  const truth = createTruth(createPopulation({ seed, rows, day }), segments);
  const expected = new Map<string, ExpectedContact>();
  for (const contact of truth.contacts()) if (emails.has(contact.email)) expected.set(contact.email, contact);
  return expected;
}

async function* since(moment: string, held: AsyncIterable<HeldContact>): AsyncGenerator<HeldContact> {
  for await (const contact of held) if (contact.updatedAt >= moment) yield contact;
}

const itemsIn = ({ itemsByCode }: BrandFigures): number =>
  Object.values(itemsByCode).reduce((sum, count) => sum + count, 0);

const sandbox = await startSandbox({
  ...{ rows, seed, requestsPerMinute: quick, batchSeconds: '1-5', port: 0 },
  entry: new URL('../../dist/main.js', import.meta.url).pathname,
  onLog: (line) => {
    if (/"level":"(error|critical)"/.test(line)) console.error(line.slice(0, 600));
  },
});
try {
  const outside = new Outside(sandbox.addresses, segments);

  /** The run, and when it was last seen to read. */
  const exportOnce = async (): Promise<{ readonly run: ShownRun; readonly lastRead: number }> => {
    const asked = await callApp(sandbox, 'POST', `/exports/${sandboxExport.id}/run`, {});
    const { run: id } = z.object({ run: z.string() }).parse(asked);
    let lastRead = Date.now();
    for (;;) {
      const asksAt = Date.now();
      const run = shownRun.parse(await callApp(sandbox, 'GET', `/runs/${id}`));
      if (run.state === 'held') throw new Error(`The run is held: ${run.reason?.message}`);
      if (run.endedAt !== null) return { run, lastRead };
      const isReading = run.state === 'queued' || run.state === 'reading';
      if (isReading) lastRead = asksAt;
      await sleep(isReading ? 250 : 2_000);
    }
  };

  const began = performance.now();
  const { contacts: wanted } = await outside.expectedCounts();
  const first = await exportOnce();
  const firstSeconds = Math.round((performance.now() - began) / 1000);

  await sandbox.restartApp(0, requestsPerMinute);
  await outside.nextDay(2);
  const { joined, changed, left, merged } = await outside.expectedChanges();
  const before = await outside.figures();
  const loadBefore = loadavg()[0];
  const startedAt = Date.now();
  const { run, lastRead } = await exportOnce();
  const after = await outside.figures();
  const readSeconds = Math.round((lastRead - startedAt) / 1000);
  const secondsAfterReading = (Date.parse(run.endedAt ?? '') - lastRead) / 1000;

  const response = await fetch(`${sandbox.addresses.omnisend}/control/requests`);
  const requests = z.array(z.object({ time: z.string() })).parse(await response.json());
  const arrivals = requests.map(({ time }) => Date.parse(time)).filter((moment) => moment >= startedAt);

  // Who was written to since, one by one: every one of them must be right, and nobody else may be there.
  const touched = new Set([...joined, ...changed]);
  const from = new Date(Math.floor(startedAt / 1000) * 1000).toISOString();
  const comparison = await compare(expectedOn(2, touched), since(from, outside.held(after.brandID)), {
    before: expectedOn(1, touched),
  });
  for (const one of comparison.wrong) console.error(one);

  const bars = {
    firstDay: exactly(first.run.tally.accepted, wanted),
    state: exactly(run.state, 'succeeded'),
    sent: exactly(itemsIn(after) - itemsIn(before), touched.size + left.length),
    right: exactly(comparison.right, touched.size),
    left: exactly(comparison.left, left.length),
    wrong: exactly(comparison.wrong.length, 0),
    // 250 for a million.
    requests: atMost(
      after.requests.total - before.requests.total,
      Math.ceil(20 + (230 * wanted) / 1_000_000),
    ),
    requestsInAnyMinute: atMost(mostInAny(arrivals, 60), requestsPerMinute),
    secondsAfterReading: atMost(secondsAfterReading, 120),
  };
  const holds = Object.values(bars).every((bar) => bar.holds);
  const day = { changed: changed.length, joined: joined.length, left: left.length, merged: merged.length };
  const figures = {
    contacts: wanted,
    ...day,
    unchanged: run.tally.unchanged,
    readSeconds,
    firstSeconds,
    loadBefore,
  };
  console.log(JSON.stringify({ bench: 'next-day', holds, bars, ...figures }));
  if (!holds) process.exitCode = 1;
} finally {
  await sandbox.stop();
}
