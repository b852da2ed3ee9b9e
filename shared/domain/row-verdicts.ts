import type { RowVerdict } from './commit-shard.ts';
import type { KeyHash } from './ids.ts';
import type { Batch, Page } from './page.ts';
import type { Change } from './plan.ts';
import { expandRows } from './rows-of.ts';
import type { RefusedRow } from './spool.ts';

const mayHaveArrived = (batch: Batch): RowVerdict =>
  batch.batchIds.length > 0 || batch.intentAt !== null ? 'open' : 'kept';

const verdictIn = (batch: Batch, ended: RefusedRow['outcome'] | undefined): RowVerdict => {
  switch (batch.state) {
    case 'settled':
      if (ended === undefined) return 'accepted';
      return ended === 'refused' ? 'kept' : 'open';
    case 'intent':
    case 'posted':
    case 'planned':
    case 'failed':
    case 'cancelled':
      return mayHaveArrived(batch);
    case 'split':
      throw new Error('The rows of a split batch lie in its halves.');
  }
};

/**
 * What each row of a page means for the snapshot, by row index, from stored data alone. `ended`: the page's rows
 * listed as refused or failed. Every row lies in exactly one batch that is not split.
 */
export const rowVerdicts = (
  page: Page,
  changes: readonly Pick<Change, 'key'>[],
  ended: ReadonlyMap<KeyHash, RefusedRow['outcome']>,
): readonly RowVerdict[] => {
  const verdicts = new Array<RowVerdict>(page.rows).fill('kept');
  for (const batch of page.batches) {
    if (batch.state === 'split') continue;
    for (const index of expandRows(batch.rows)) {
      const key = changes[index]?.key;
      verdicts[index] = verdictIn(batch, key === undefined ? undefined : ended.get(key));
    }
  }
  return verdicts;
};
