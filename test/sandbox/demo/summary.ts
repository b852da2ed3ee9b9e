import { z } from 'zod';
import type { BrandFigures } from './outside.ts';
import type { ShownRun } from './progress.ts';

export const rowsPage = z.object({
  rows: z.array(
    z.object({ customerId: z.string(), field: z.string(), reason: z.string(), message: z.string() }),
  ),
});
export type ListedRows = z.infer<typeof rowsPage>['rows'];

const number = (value: number): string => value.toLocaleString('en').padStart(9);

export function printTally({ tally, state, reason }: ShownRun): void {
  console.log(`  The run ended: ${state}${reason === null ? '' : ` (${reason.message})`}`);
  console.log(`  ${number(tally.read)}  rows read, of which`);
  for (const outcome of [
    'accepted',
    'unchanged',
    'duplicate',
    'invalid',
    'refused',
    'failed',
    'unsent',
  ] as const) {
    if (tally[outcome] > 0) console.log(`  ${number(tally[outcome])}    ${outcome}`);
  }
  const leaves = tally.leaves.accepted + tally.leaves.refused + tally.leaves.failed + tally.leaves.unsent;
  if (leaves > 0)
    console.log(`  ${number(leaves)}  leavers besides, ${tally.leaves.accepted} marked as having left`);
}

export function printRows(title: string, rows: ListedRows): void {
  if (rows.length === 0) return;
  console.log(`  ${title}`);
  for (const { customerId, field, reason, message } of rows) {
    console.log(`    customer ${customerId}  ${field}: ${reason}${message === '' ? '' : ` (${message})`}`);
  }
}

export function printLeftOut(leftOut: Readonly<Record<string, number>>): void {
  const entries = Object.entries(leftOut).sort(([, a], [, b]) => b - a);
  if (entries.length === 0) return;
  console.log('  Values left out (the person was sent all the same):');
  for (const [what, count] of entries) console.log(`  ${number(count)}    ${what.replace(':', ': ')}`);
}

/** Requests since `before`, and the share of the budget that was used while batches were posted. */
export function printRequests(
  before: BrandFigures | null,
  after: BrandFigures,
  requestsPerMinute: number,
): void {
  const requests = after.requests.total - (before?.requests.total ?? 0);
  const tooMany = after.tooManyRequests.fromWindow - (before?.tooManyRequests.fromWindow ?? 0);
  console.log(`  Requests to Omnisend: ${requests}; answered with 429: ${tooMany}`);
  const { first, last, requestsBetween } = after.batchPosts;
  if (before !== null || first === undefined || last === undefined) return;
  const minutes = (Date.parse(last) - Date.parse(first)) / 60_000;
  if (minutes <= 0) return;
  const share = (requestsBetween - 1) / (requestsPerMinute * minutes);
  console.log(
    `  Budget of ${requestsPerMinute} requests a minute: ${(share * 100).toFixed(1)} % used from the first to the last batch ` +
      `(at most ${after.maxInWindow.all} requests in any 60 s)`,
  );
}
