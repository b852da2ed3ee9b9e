import type { BatchId, RunId } from './ids.ts';
import { type Batch, maxBatchAttempts, type Page, type RowRange } from './page.ts';
import type { Change } from './plan.ts';
import { countRows, expandRows, halvesOf } from './rows-of.ts';
import { type BatchState, toBatchState } from './states.ts';
import type { SendTally } from './tally.ts';

/** All changes of a page by row index; only their kind is looked at, to count upserts and leaves apart. */
export type PageKinds = readonly Pick<Change, 'kind'>[];

export interface BatchCounts {
  readonly upserts: SendTally;
  readonly leaves: SendTally;
}

/** What Omnisend is told as a batch's `origin` and gives back: ids only. A try that costs an attempt has its own. */
export const originOf = (run: RunId, pageNumber: number, batch: Pick<Batch, 'number' | 'attempt'>): string =>
  `${run}/${pageNumber}/${batch.number}/${batch.attempt}`;

export const batchOf = (page: Page, number: number): Batch => {
  const batch = page.batches.find((one) => one.number === number);
  if (batch === undefined) throw new Error(`Page ${page.number} has no batch ${number}.`);
  return batch;
};

/** The page with one batch gone over to `state`; an illegal transition throws. */
const moved = (page: Page, number: number, state: BatchState, rest: Partial<Batch>): Page => {
  const batch = batchOf(page, number);
  const after = { ...batch, ...rest, state: toBatchState(batch.state, state) };
  return { ...page, batches: page.batches.map((one) => (one === batch ? after : one)) };
};

export const nextNumber = (page: Page): number =>
  Math.max(-1, ...page.batches.map(({ number }) => number)) + 1;

export const noRows: SendTally = { accepted: 0, refused: 0, failed: 0, unsent: 0 };

/** Counts of these rows, which all ended as `outcome`. */
export const countAs = (
  outcome: keyof SendTally,
  rows: readonly RowRange[],
  changes: PageKinds,
): BatchCounts => {
  const leaves = expandRows(rows).filter((index) => changes[index]?.kind === 'leave').length;
  return {
    upserts: { ...noRows, [outcome]: countRows(rows) - leaves },
    leaves: { ...noRows, [outcome]: leaves },
  };
};

/** Stored before the post: whoever finds it later knows that the batch may have been posted. */
export const toIntent = (page: Page, numbers: readonly number[], now: number): Page =>
  numbers.reduce((after, number) => moved(after, number, 'intent', { intentAt: now }), page);

export const posted = (page: Page, number: number, batchId: BatchId, now: number): Page =>
  moved(page, number, 'posted', { batchIds: [...batchOf(page, number).batchIds, batchId], postedAt: now });

/** Ends a batch with its counts. `rows`: those that ended here, where others go on in further entries. */
export const settled = (page: Page, number: number, counts: BatchCounts, rows?: readonly RowRange[]): Page =>
  moved(page, number, 'settled', { ...counts, rows: [...(rows ?? batchOf(page, number).rows)] });

export const failed = (page: Page, number: number, changes: PageKinds): Page =>
  moved(page, number, 'failed', countAs('failed', batchOf(page, number).rows, changes));

/** To be posted (again), not before `notBefore`; failed where the attempts are spent. */
export const backToPlanned = (
  page: Page,
  number: number,
  again: { readonly costsAttempt: boolean; readonly notBefore: number; readonly changes: PageKinds },
): Page => {
  const attempt = batchOf(page, number).attempt + (again.costsAttempt ? 1 : 0);
  return attempt >= maxBatchAttempts
    ? failed(page, number, again.changes)
    : moved(page, number, 'planned', { attempt, notBefore: again.notBefore, intentAt: null });
};

/** To be posted again without the phone, which belongs to another contact. */
export const withoutPhone = (page: Page, number: number, now: number): Page =>
  moved(page, number, 'planned', { variant: 'without-phone', notBefore: now, intentAt: null });

/** Omnisend refused the batch as a whole: its halves take its place. A single row cannot be halved: settle it. */
export const split = (page: Page, number: number): Page => {
  const batch = batchOf(page, number);
  if (countRows(batch.rows) < 2) throw new Error('A batch of one row cannot be split.');
  const next = nextNumber(page);
  const halves = halvesOf(batch.rows).map(
    (rows, index): Batch => ({ ...batch, number: next + index, state: 'planned', rows, intentAt: null }),
  );
  const after = moved(page, number, 'split', {});
  return {
    ...after,
    batches: after.batches.flatMap((one) => (one.number === number ? [one, ...halves] : [one])),
  };
};

const movedAll = (
  page: Page,
  from: readonly BatchState[],
  move: (page: Page, number: number) => Page,
): Page =>
  page.batches
    .filter(({ state }) => from.includes(state))
    .reduce((after, { number }) => move(after, number), page);

/** What poison does: no batch of the page is posted any more. An intent may have been, and keeps its `intentAt`. */
export const failUnposted = (page: Page, changes: PageKinds): Page =>
  movedAll(page, ['planned', 'intent'], (after, number) => failed(after, number, changes));

/**
 * An intent is not cancelled: it may have been posted, and is reconciled first. Cancelled batches carry no counts:
 * their rows are what the run's tally finds unsent, so that cancelling need not read any change list.
 */
export const cancelUnposted = (page: Page): Page =>
  movedAll(page, ['planned'], (after, number) => moved(after, number, 'cancelled', {}));

/** `open`: there is something to post. `in-flight`: something posted, or perhaps posted, has no answer yet. */
export type PageState = 'open' | 'in-flight' | 'done';

export const pageState = (page: Page): PageState => {
  const states = new Set(page.batches.map(({ state }) => state));
  if (states.has('planned')) return 'open';
  return states.has('intent') || states.has('posted') ? 'in-flight' : 'done';
};

/** Planned batches whose time has come. */
export const dueBatches = (page: Page, now: number): readonly Batch[] =>
  page.batches.filter(({ state, notBefore }) => state === 'planned' && notBefore <= now);

export const claimable = (page: Page, now: number): boolean =>
  page.lane === null && dueBatches(page, now).length > 0;
