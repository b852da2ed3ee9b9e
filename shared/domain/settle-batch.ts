import type { FieldFault, ItemAnswer, RemoteBatch } from './answers.ts';
import { backOffSeconds } from './back-off.ts';
import { nextNumber, noRows, settled } from './batch.ts';
import { isBlankContact } from './forgotten.ts';
import { type Batch, maxBatchAttempts, type Page } from './page.ts';
import type { Change } from './plan.ts';
import { countRows, expandRows, rangesOf } from './rows-of.ts';
import type { LeftOutRow, RefusedRow } from './spool.ts';

export interface SettleInput {
  readonly page: Page;
  /** One of the page's batches, posted. */
  readonly batch: Batch;
  /** All of the page, by row index. */
  readonly changes: readonly Change[];
  readonly remote: RemoteBatch;
  /** `null`: not read. */
  readonly items: readonly ItemAnswer[] | null;
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

export interface Settlement {
  /** The page given, where there is no final answer yet. */
  readonly page: Page;
  readonly refused: readonly RefusedRow[];
  /** Accepted without their phone, which belongs to another contact. */
  readonly leftOut: readonly LeftOutRow[];
}

/** Whether the batch's own figures leave it open what became of some row. Anything but "all done, no error" does. */
export const needsItems = (batch: Batch, remote: RemoteBatch): boolean =>
  remote.state === 'stopped' ||
  (remote.state === 'finished' &&
    (remote.errors > 0 || remote.finished < remote.total || remote.total !== countRows(batch.rows)));

type Result = ItemAnswer['result'];

/** With pauses that double up to five minutes, some two hours. */
const maxRounds = 30;

/** Where an address comes twice, the graver answer counts. */
const gravity = { open: 0, accepted: 1, again: 2, conflict: 3, refused: 4 } as const satisfies Record<
  Result['kind'],
  number
>;

const resultsByEmail = (items: readonly ItemAnswer[]): ReadonlyMap<string, Result> => {
  const results = new Map<string, Result>();
  for (const { email, result } of items) {
    const before = results.get(email.toLowerCase());
    if (before === undefined || gravity[result.kind] > gravity[before.kind])
      results.set(email.toLowerCase(), result);
  }
  return results;
};

export const conflictFault: FieldFault = {
  field: '',
  code: 'conflict',
  message: 'An identifier of this contact belongs to another contact.',
};
const noAnswerFault: FieldFault = {
  field: '',
  code: 'no-answer',
  message: 'Omnisend gave no answer for this row.',
};
const spentFault: FieldFault = {
  field: '',
  code: 'attempts-spent',
  message: 'Omnisend could not take this row.',
};
const unknownFault: FieldFault = { field: '', code: 'unknown', message: 'Omnisend gave no reason.' };

/** A row for people's list: the first fault names field and code, every fault is in the message. */
export const rowWithFaults = (
  { key, id }: Pick<Change, 'key' | 'id'>,
  outcome: RefusedRow['outcome'],
  faults: readonly FieldFault[],
): RefusedRow => {
  const { field, code } = faults[0] ?? unknownFault;
  const message = (faults.length > 0 ? faults : [unknownFault]).map((fault) => fault.message).join(' ');
  return { key, id, outcome, field, code, message };
};

type Fate =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'ended'; readonly row: RefusedRow }
  /** Not posted, or no longer to be told apart: the row is blank. */
  | { readonly kind: 'forgotten' }
  | { readonly kind: 'on'; readonly way: 'without-phone' | 'throttled' | 'again' };

const fateOf = (change: Change, result: Result, { batch, remote }: SettleInput): Fate => {
  const failed = (fault: FieldFault): Fate => ({
    kind: 'ended',
    row: rowWithFaults(change, 'failed', [fault]),
  });
  const again = (): Fate =>
    batch.attempt + 1 >= maxBatchAttempts ? failed(spentFault) : { kind: 'on', way: 'again' };
  switch (result.kind) {
    case 'accepted':
      return result;
    case 'refused':
      return { kind: 'ended', row: rowWithFaults(change, 'refused', result.faults) };
    case 'conflict':
      return batch.variant === 'full' && change.contact.phone !== undefined
        ? { kind: 'on', way: 'without-phone' }
        : { kind: 'ended', row: rowWithFaults(change, 'refused', [conflictFault]) };
    case 'again':
      // Throttling costs no attempt, but a row that is throttled for hours will not go through in this run.
      return result.throttled && batch.batchIds.length < maxRounds
        ? { kind: 'on', way: 'throttled' }
        : again();
    case 'open':
      // A stopped batch never got to this row; a finished one should have.
      return remote.state === 'stopped' ? again() : failed(noAnswerFault);
  }
};

/** The planned entry in which rows of `batch` go on. It keeps the ids: its rows may have been applied already. */
const goingOn = (
  { batch, now, random }: SettleInput,
  way: Extract<Fate, { kind: 'on' }>['way'],
  number: number,
  rows: readonly number[],
): Batch => {
  const rounds = Math.max(batch.attempt + 1, batch.batchIds.length);
  const notBefore = Math.ceil(now + backOffSeconds(rounds, random) * 1000);
  const entry: Batch = { ...batch, number, state: 'planned', rows: rangesOf(rows), intentAt: null };
  switch (way) {
    case 'without-phone':
      return { ...entry, variant: 'without-phone', notBefore: now };
    case 'throttled':
      return { ...entry, notBefore };
    case 'again':
      return { ...entry, notBefore, attempt: batch.attempt + 1 };
  }
};

/**
 * What Omnisend's answer for a batch makes of its rows. Those that ended stay in the batch, which is settled with
 * their counts; those that are to be posted again go on in new planned entries. Silence is never taken as success.
 */
export const settleBatch = (input: SettleInput): Settlement => {
  const { page, batch, changes, remote, items } = input;
  const undecided = remote.state === 'pending' || remote.state === 'inProgress';
  if (undecided || (items === null && needsItems(batch, remote))) return { page, refused: [], leftOut: [] };

  const results = items === null ? null : resultsByEmail(items);
  const counts = { upsert: { ...noRows }, leave: { ...noRows } };
  const ended: number[] = [];
  const refused: RefusedRow[] = [];
  const leftOut: LeftOutRow[] = [];
  const on = new Map<Extract<Fate, { kind: 'on' }>['way'], number[]>();

  for (const index of expandRows(batch.rows)) {
    const change = changes[index];
    if (change === undefined) throw new Error(`Page ${page.number} has no change ${index}.`);
    const answered =
      results === null ? ({ kind: 'accepted' } as const) : results.get(change.contact.email.toLowerCase());
    const isForgotten = results !== null && isBlankContact(change);
    const fate: Fate = isForgotten
      ? { kind: 'forgotten' }
      : fateOf(change, answered ?? { kind: 'open' }, input);
    switch (fate.kind) {
      case 'accepted':
        ended.push(index);
        counts[change.kind].accepted += 1;
        if (batch.variant === 'without-phone')
          leftOut.push({ id: change.id, field: 'phone', reason: 'phone-in-use' });
        break;
      case 'ended':
        ended.push(index);
        counts[change.kind][fate.row.outcome] += 1;
        refused.push(fate.row);
        break;
      case 'forgotten':
        ended.push(index);
        counts[change.kind].forgotten = (counts[change.kind].forgotten ?? 0) + 1;
        break;
      case 'on':
        on.set(fate.way, [...(on.get(fate.way) ?? []), index]);
    }
  }

  const after = settled(
    page,
    batch.number,
    { upserts: counts.upsert, leaves: counts.leave },
    rangesOf(ended),
  );
  const next = nextNumber(page);
  const entries = [...on].map(([way, rows], offset) => goingOn(input, way, next + offset, rows));
  return { page: { ...after, batches: [...after.batches, ...entries] }, refused, leftOut };
};
