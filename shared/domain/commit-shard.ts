import type { KeyHash } from './ids.ts';
import type { Change, SnapshotRecord } from './plan.ts';

/**
 * What a row's outcome means for the snapshot. `accepted`: Omnisend confirmed it. `open`: posted, or perhaps posted,
 * without a final answer. `kept`: refused, or never posted: Omnisend has what it had.
 */
export type RowVerdict = 'accepted' | 'open' | 'kept';

export interface ShardOutcome {
  /** The snapshot's records of this shard before the run. */
  readonly records: readonly SnapshotRecord[];
  readonly changes: readonly Change[];
  /** By position in `changes`. */
  readonly verdictOf: (index: number) => RowVerdict;
  /** `ShardPlan.dropped`. Without it those records merely stay, and are dropped by the next run. */
  readonly dropped?: readonly KeyHash[];
}

const recordAfter = (
  before: SnapshotRecord | undefined,
  change: Change,
  verdict: RowVerdict,
): SnapshotRecord | undefined => {
  const { key, id, markers } = change;
  const email = change.contact.email;
  switch (verdict) {
    case 'kept':
      return before;
    case 'open':
      return { key, email, id, markers: [...new Set([...(before?.markers ?? []), ...markers])].sort() };
    case 'accepted':
      if (change.fingerprint !== undefined)
        return { key, email, id, fingerprint: change.fingerprint, markers };
      // A leaver that keeps markers stays known, so that they can be taken back some day.
      return markers.length > 0 ? { key, email, id, markers } : undefined;
  }
};

/** The shard's records after the run, in key order: the next snapshot. */
export const commitShard = ({
  records,
  changes,
  verdictOf,
  dropped = [],
}: ShardOutcome): SnapshotRecord[] => {
  const after = new Map(records.map((record) => [record.key, record]));
  for (const key of dropped) after.delete(key);
  changes.forEach((change, index) => {
    const record = recordAfter(after.get(change.key), change, verdictOf(index));
    if (record === undefined) after.delete(change.key);
    else after.set(change.key, record);
  });
  return [...after.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
};
