import type { TagOutcome } from './commit-shard.ts';
import { expandRows } from './rows-of.ts';
import { type TagCall, tagOutcome } from './tag-call.ts';

/**
 * What became of each tag in a shard's list of taggings, by row and name, from the run's stored calls alone. A tag that
 * is in no call was never asked for.
 */
export const tagOutcomes = (
  calls: Iterable<TagCall>,
  shard: number,
): ((index: number, tag: string) => TagOutcome) => {
  const byTag = new Map<string, Map<number, TagOutcome>>();
  for (const call of calls) {
    // The halves of a split call tell.
    if (call.shard !== shard || call.state === 'split') continue;
    const byRow = byTag.get(call.tag) ?? new Map<number, TagOutcome>();
    for (const index of expandRows(call.rows)) byRow.set(index, tagOutcome(call));
    byTag.set(call.tag, byRow);
  }
  return (index, tag) => byTag.get(tag)?.get(index) ?? 'none';
};
