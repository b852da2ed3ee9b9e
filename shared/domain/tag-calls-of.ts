import type { RunId } from './ids.ts';
import type { RowRange } from './page.ts';
import type { Tagging } from './plan.ts';
import { expandRows, rangesOf } from './rows-of.ts';
import type { TagCall, TagCallCounts } from './tag-call.ts';

/** Omnisend takes at most 250 addresses a call (spec of 2026-03-15). */
export const maxTagCallContacts = 250;

/** A row with several tags is counted by one call only: that of its last name, removals before additions. */
const isCountedBy = ({ add, remove, change }: Tagging, tag: string): boolean =>
  change === null && [...remove, ...add].at(-1) === tag;

/**
 * How many of these rows have their outcome by the call for `tag`: those for which nothing else is told. The outcome of
 * any other is that of its change.
 */
export const countedBy = (
  tag: string,
  rows: readonly RowRange[],
  taggings: readonly Tagging[],
): TagCallCounts => {
  const own = expandRows(rows)
    .flatMap((index) => taggings[index] ?? [])
    .filter((tagging) => isCountedBy(tagging, tag));
  const leaves = own.filter(({ kind }) => kind === 'leave').length;
  return { upserts: own.length - leaves, leaves };
};

export interface ShardTaggings {
  readonly runId: RunId;
  readonly shard: number;
  readonly taggings: readonly Tagging[];
  /** Whether what a tagging waits for is accepted: Omnisend ignores a tag for an address that it does not know. */
  readonly ready: (change: number | null) => boolean;
  /** The calls are not made before, ms since 1970. */
  readonly now: number;
}

/** The calls of one shard: one tag, one direction and at most 250 contacts each. Removals come first. */
export const tagCallsOf = ({ runId, shard, taggings, ready, now }: ShardTaggings): readonly TagCall[] => {
  const calls: TagCall[] = [];
  for (const direction of ['remove', 'add'] as const) {
    const rowsOf = new Map<string, number[]>();
    taggings.forEach((tagging, index) => {
      if (!ready(tagging.change)) return;
      for (const tag of tagging[direction]) {
        const rows = rowsOf.get(tag);
        if (rows === undefined) rowsOf.set(tag, [index]);
        else rows.push(index);
      }
    });
    for (const [tag, indexes] of [...rowsOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (let from = 0; from < indexes.length; from += maxTagCallContacts) {
        const rows = rangesOf(indexes.slice(from, from + maxTagCallContacts));
        calls.push({
          runId,
          key: `t${shard}-${calls.length}`,
          shard,
          tag,
          direction,
          rows,
          counted: countedBy(tag, rows, taggings),
          state: 'planned',
          attempt: 0,
          notBefore: now,
          requestedAt: null,
        });
      }
    }
  }
  return calls;
};
