import type { ReadTally } from './tally.ts';

/** By name. */
export const addCounts = (all: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const sum = new Map<string, number>();
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) sum.set(name, (sum.get(name) ?? 0) + count);
  }
  return Object.fromEntries(sum);
};

/** What several slices, or several steps of one, found together. Of none: all zero. */
export const sumReads = (all: readonly ReadTally[]): ReadTally => ({
  read: all.reduce((sum, tally) => sum + tally.read, 0),
  spooled: all.reduce((sum, tally) => sum + tally.spooled, 0),
  invalid: all.reduce((sum, tally) => sum + tally.invalid, 0),
  invalidByReason: addCounts(all.map((tally) => tally.invalidByReason)),
  leftOut: addCounts(all.map((tally) => tally.leftOut)),
  members: addCounts(all.map((tally) => tally.members)),
});
