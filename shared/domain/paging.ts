import type { RunId } from './ids.ts';
import {
  type Batch,
  maxBatchBytes,
  maxBatchContacts,
  maxPageChanges,
  type Page,
  type PageRange,
  type RowRange,
} from './page.ts';

/** A shard's change list. `ends[i]`: where change `i` ends, in bytes from the list's start. */
export interface ShardEnds {
  readonly shard: number;
  readonly ends: Uint32Array;
}

const maxPageBatches = maxPageChanges / maxBatchContacts;

export const freshBatch = (number: number, rows: readonly RowRange[]): Batch => ({
  number,
  state: 'planned',
  rows: [...rows],
  variant: 'full',
  intentAt: null,
  attempt: 0,
  notBefore: 0,
  batchIds: [],
  postedAt: null,
  upserts: null,
  leaves: null,
});

/**
 * Cuts the changes of all shards, in the order given, into pages of ten batches. A batch is full before the next one
 * begins, across shards too, so only the run's last one is short, or one that the byte limit ends.
 */
export function* cutPages(run: RunId, shards: Iterable<ShardEnds>): Generator<Page, void, undefined> {
  let number = 0;
  let rows = 0;
  let ranges: PageRange[] = [];
  let batches: RowRange[] = [];
  let batchBytes = 0;

  const finishPage = (): Page => {
    const page = {
      runId: run,
      number,
      ranges,
      rows,
      batches: batches.map((range, index) => freshBatch(index, [range])),
      lane: null,
    };
    number += 1;
    rows = 0;
    ranges = [];
    batches = [];
    return page;
  };

  for (const { shard, ends } of shards) {
    let fromByte = 0;
    for (let index = 0; index < ends.length; index += 1) {
      const toByte = ends[index] ?? fromByte;
      const bytes = toByte - fromByte;
      let batch = batches.at(-1);
      if (
        batch === undefined ||
        batch[1] - batch[0] >= maxBatchContacts ||
        batchBytes + bytes > maxBatchBytes
      ) {
        if (batches.length === maxPageBatches) yield finishPage();
        batch = [rows, rows];
        batches.push(batch);
        batchBytes = 0;
      }
      batch[1] += 1;
      batchBytes += bytes;
      rows += 1;

      const range = ranges.at(-1);
      if (range?.shard === shard) {
        range.to = index + 1;
        range.toByte = toByte;
      } else ranges.push({ shard, from: index, to: index + 1, fromByte, toByte });
      fromByte = toByte;
    }
  }
  if (rows > 0) yield finishPage();
}
