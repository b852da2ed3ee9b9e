import type { DestinationAnswer, FieldFault } from './answers.ts';
import { backOffSeconds } from './back-off.ts';
import { backToPlanned, countAs, posted, settled, split, withoutPhone } from './batch.ts';
import type { BatchId } from './ids.ts';
import type { Batch, Page } from './page.ts';
import type { Change } from './plan.ts';
import { countRows, expandRows } from './rows-of.ts';
import { conflictFault, rowWithFaults } from './settle-batch.ts';
import type { RefusedRow } from './spool.ts';

/** What became of one batch's post. */
export type Post =
  | { readonly kind: 'answer'; readonly answer: DestinationAnswer<BatchId> }
  /** Nothing was sent: the slot was missed, or the host is stopping. */
  | { readonly kind: 'not-sent' }
  /** Nothing was sent: everybody in it is forgotten. */
  | { readonly kind: 'nobody' }
  /** Nothing was sent: the run is no longer its export's current one. */
  | { readonly kind: 'superseded' };

/** A 403 may be a block that passes: once more after five minutes. */
export const forbiddenPauseMs = 5 * 60_000;
/** Such a run is about to be ended by the supervisor; until then its pages need not be looked at often. */
const supersededPauseMs = 60_000;

export interface AfterPost {
  readonly page: Page;
  /** As it was when it was posted. */
  readonly batch: Batch;
  readonly post: Post;
  /** All of the page. */
  readonly changes: readonly Change[];
  readonly now: number;
  readonly random: number;
}

const onlyChange = (batch: Batch, changes: readonly Change[]): Change | undefined =>
  countRows(batch.rows) === 1 ? changes[expandRows(batch.rows)[0] ?? -1] : undefined;

const mayGoWithoutPhone = (batch: Batch, changes: readonly Change[]): boolean =>
  batch.variant === 'full' && onlyChange(batch, changes)?.contact.phone !== undefined;

/** The page after a post, by the answer. An answer without certainty leaves the intent, to be reconciled first. */
export const afterPost = ({ page, batch, post, changes, now, random }: AfterPost): Page => {
  const { number } = batch;
  const again = (costsAttempt: boolean, notBefore: number): Page =>
    backToPlanned(page, number, { costsAttempt, notBefore, changes });
  if (post.kind === 'not-sent') return again(false, now);
  if (post.kind === 'nobody') return settled(page, number, countAs('forgotten', batch.rows, changes));
  if (post.kind === 'superseded') return again(false, now + supersededPauseMs);
  switch (post.answer.kind) {
    case 'ok':
      return posted(page, number, post.answer.value, now);
    case 'ambiguous':
      return page;
    case 'throttled':
    case 'unauthorised':
    case 'retired':
      return again(false, now);
    case 'forbidden':
      return again(false, now + forbiddenPauseMs);
    case 'absent':
      return again(true, Math.ceil(now + backOffSeconds(batch.attempt + 1, random) * 1000));
    case 'conflict':
      if (mayGoWithoutPhone(batch, changes)) return withoutPhone(page, number, now);
      return refusedWhole(page, batch, changes);
    case 'refused':
    case 'too-large':
      return refusedWhole(page, batch, changes);
  }
};

/** Halved until the row is found. */
const refusedWhole = (page: Page, batch: Batch, changes: readonly Change[]): Page =>
  countRows(batch.rows) > 1
    ? split(page, batch.number)
    : settled(page, batch.number, countAs('refused', batch.rows, changes));

const tooLarge: FieldFault = {
  field: '',
  code: 'too-large',
  message: 'Omnisend finds this contact too large.',
};
const faultsOf = (answer: DestinationAnswer<unknown>): readonly FieldFault[] | null => {
  switch (answer.kind) {
    case 'refused':
      return answer.faults;
    case 'too-large':
      return [tooLarge];
    case 'conflict':
      return [conflictFault];
    default:
      return null;
  }
};

/** The row that a batch of one row ends with when it is refused as a whole, for people's list. */
export const refusedRow = ({ batch, post, changes }: AfterPost): RefusedRow | null => {
  const change = onlyChange(batch, changes);
  if (change === undefined || post.kind !== 'answer') return null;
  if (post.answer.kind === 'conflict' && mayGoWithoutPhone(batch, changes)) return null;
  const faults = faultsOf(post.answer);
  return faults === null ? null : rowWithFaults(change, 'refused', faults);
};
