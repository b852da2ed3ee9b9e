import { parseArgs } from 'node:util';
import { z } from 'zod';
import { sandboxExport } from './definitions.ts';
import { type Comparison, collect, compare, type Expected } from './demo/compare.ts';
import { type BrandFigures, Outside } from './demo/outside.ts';
import { ProgressView, type ShownRun, shownRun } from './demo/progress.ts';
import { printLeftOut, printRequests, printRows, printTally, rowsPage } from './demo/summary.ts';
import { callApp, type Sandbox, startSandbox } from './sandbox.ts';

/** `npm run demo`: two days of exporting, with everything outside simulated on this machine. */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '6500' },
    'requests-per-minute': { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
  },
});
const rows = z.coerce.number().int().min(100).max(1_000_000).parse(values.rows);
const requestsPerMinute = z.coerce.number().int().min(1).max(100_000).parse(values['requests-per-minute']);
const seed = z.coerce.number().int().parse(values.seed);

/** How many valid contacts the simulator is told to refuse on the first day. */
const refusals = 3;
const startedAt = Date.now();
const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`;

console.log(
  `Starting Azurite, Omnisend, Dataverse and Key Vault on this machine, and the app with its host ...`,
);
const entry = new URL('../../dist/main.js', import.meta.url).pathname;
const sandbox = await startSandbox({ rows, seed, requestsPerMinute, port: 0, entry, onLog: printTrouble });
let failures = 0;
try {
  const outside = new Outside(sandbox.addresses, sandboxExport.segments);
  const counts = await outside.expectedCounts();
  console.log(`All up after ${seconds(startedAt)}.\n`);

  console.log(
    `Day 1: ${counts.customers.toLocaleString('en')} customers in ${sandboxExport.segments.join(' and ')}`,
  );
  const expectedFirst = await collect(outside.expected());
  const refused = chooseRefused(expectedFirst);
  await outside.refuse([...refused.keys()]);
  const idle = await memory(sandbox);
  const first = await exportOnce(sandbox);
  const afterFirst = await outside.figures();
  printTally(first);
  await printListed(sandbox, first);
  printLeftOut(first.tally.leftOut);
  printRequests(null, afterFirst, requestsPerMinute);
  const dayOne = await compare(expectedFirst, outside.held(afterFirst.brandID), {
    absent: new Set(refused.keys()),
  });
  check(
    'every valid, distinct contact is in Omnisend, each field right',
    dayOne,
    counts.contacts - refused.size,
  );
  checkFigures(first, { ...counts, refused: refused.size });
  await checkRefused(sandbox, first, new Set(refused.values()));

  await outside.refuse([]);
  await outside.nextDay(2);
  const changes = await outside.expectedChanges();
  console.log(
    `\nDay 2: ${changes.changed.length} changed, ${changes.joined.length} joined, ${changes.left.length} left, ` +
      `${changes.merged.length} got a new customer id; yesterday's ${refused.size} refused are tried again`,
  );
  const second = await exportOnce(sandbox);
  const afterSecond = await outside.figures();
  printTally(second);
  printRequests(afterFirst, afterSecond, requestsPerMinute);
  const dayTwo = await compare(await collect(outside.expected()), outside.held(afterSecond.brandID), {
    before: expectedFirst,
  });
  const { contacts } = await outside.expectedCounts();
  check('Omnisend holds the second day, leavers marked', dayTwo, contacts);
  checkSent(second, afterFirst, afterSecond, changes, new Set(refused.keys()));
  checkContract(await outside.contract());
  const peak = await memory(sandbox);
  const grown = Math.round((peak.peakRssBytes - idle.rssBytes) / 1_048_576);
  say(grown < 300, `the app's process grew by ${grown} MB over idle at its peak (bar: 300 MB)`);
} finally {
  await sandbox.stop();
}
console.log(
  `\n${failures === 0 ? 'All as it should be' : `${failures} checks failed`} after ${seconds(startedAt)}.`,
);
process.exitCode = failures === 0 ? 0 : 1;

/** The app's log lines are JSON; what is an error there is a fault of the demo. */
function printTrouble(line: string): void {
  if (/"level":"(error|critical)"/.test(line)) {
    failures += 1;
    console.log(`  ✗ the app's log: ${line.slice(0, 600)}`);
  }
}

/** The first contacts that are in the segments: their customer ids by address. */
function chooseRefused(expected: Expected): Map<string, string> {
  const some = [...expected.values()].slice(0, refusals);
  return new Map(some.map((contact) => [contact.email, contact.customerID]));
}

async function exportOnce(app: Sandbox): Promise<ShownRun> {
  const since = Date.now();
  const asked = await callApp(app, 'POST', `/exports/${sandboxExport.id}/run`, {});
  const { run } = z.object({ run: z.string() }).parse(asked);
  const view = new ProgressView();
  for (;;) {
    const shown = shownRun.parse(await callApp(app, 'GET', `/runs/${run}`));
    view.show(shown);
    if (shown.endedAt !== null) {
      console.log(`  ${run} took ${seconds(since)}`);
      return shown;
    }
    await new Promise((wake) => setTimeout(wake, 500));
  }
}

async function listed(app: Sandbox, run: ShownRun, outcome: string, limit: number) {
  return rowsPage.parse(await callApp(app, 'GET', `/runs/${run.id}/rows?outcome=${outcome}&limit=${limit}`))
    .rows;
}

async function printListed(app: Sandbox, run: ShownRun): Promise<void> {
  printRows('Refused by Omnisend:', await listed(app, run, 'refused', 3));
  printRows('Invalid, the first of them:', await listed(app, run, 'invalid', 4));
}

function say(holds: boolean, what: string): void {
  if (!holds) failures += 1;
  console.log(`  ${holds ? '✓' : '✗'} ${what}`);
}

function check(what: string, { right, left, wrong }: Comparison, wanted: number): void {
  say(
    right === wanted && wrong.length === 0,
    `${what}: ${right} of ${wanted}${left > 0 ? `, ${left} who left` : ''}`,
  );
  for (const one of wrong) console.log(`      ${one}`);
}

interface Wanted {
  readonly customers: number;
  readonly contacts: number;
  readonly duplicates: number;
  readonly invalid: Readonly<Record<string, number>>;
  readonly refused: number;
}

/** The run's own account against the generator's, and law 1: every row read has exactly one outcome. */
function checkFigures({ tally }: ShownRun, wanted: Wanted): void {
  const invalid = Object.values(wanted.invalid).reduce((sum, count) => sum + count, 0);
  const { read, accepted, unchanged, duplicate, refused, failed, unsent } = tally;
  const outcomes = accepted + unchanged + duplicate + tally.invalid + refused + failed + unsent;
  const isRight =
    read === wanted.customers &&
    accepted === wanted.contacts - wanted.refused &&
    duplicate === wanted.duplicates &&
    tally.invalid === invalid &&
    refused === wanted.refused;
  say(read === outcomes, `rows read = sum of outcomes: ${read} = ${outcomes}`);
  say(isRight, "the run's figures are the generator's");
}

async function checkRefused(app: Sandbox, run: ShownRun, customers: ReadonlySet<string>): Promise<void> {
  const rows = await listed(app, run, 'refused', 100);
  const isRight = rows.length === customers.size && rows.every((row) => customers.has(row.customerId));
  say(isRight, `exactly the ${customers.size} refused customers are listed, with field and reason`);
}

/** Only what changed was sent: items that Omnisend got on the second day, counted by Omnisend. */
function checkSent(
  run: ShownRun,
  before: BrandFigures,
  after: BrandFigures,
  changes: { joined: readonly string[]; changed: readonly string[]; left: readonly string[] },
  refused: ReadonlySet<string>,
): void {
  const items = (figures: BrandFigures) =>
    Object.values(figures.itemsByCode).reduce((sum, count) => sum + count, 0);
  const again = [...refused].filter(
    (email) => !changes.changed.includes(email) && !changes.left.includes(email),
  );
  const leftUnknown = changes.left.filter((email) => refused.has(email)).length;
  const upserts = changes.joined.length + changes.changed.length + again.length;
  const leaves = changes.left.length - leftUnknown;
  const sent = items(after) - items(before);
  say(
    sent === upserts + leaves && run.tally.accepted === upserts && run.tally.leaves.accepted === leaves,
    `only these were sent: ${sent} of ${upserts} upserts and ${leaves} leavers`,
  );
}

function checkContract(contract: Awaited<ReturnType<Outside['contract']>>): void {
  if (contract === null) return;
  const { requests, responses, violations } = contract;
  const what = `requests and answers hold to Omnisend's OpenAPI document`;
  say(violations.length === 0, `all ${requests + responses} ${what}`);
  for (const { of, operation, faults } of violations.slice(0, 5)) {
    console.log(`      ${of} ${operation}: ${faults.slice(0, 3).join('; ')}`);
  }
}

async function memory(app: Sandbox): Promise<{ rssBytes: number; peakRssBytes: number }> {
  const response = await fetch(`${app.url}/admin/host/memory`, {
    headers: { 'x-functions-key': 'sandbox-master-key' },
  });
  const { usage, peakRssBytes } = z
    .object({ usage: z.object({ rss: z.number() }), peakRssBytes: z.number() })
    .parse(await response.json());
  return { rssBytes: usage.rss, peakRssBytes };
}
