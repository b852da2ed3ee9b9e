import { isBlankRecord } from './forgotten.ts';
import type { KeyHash } from './ids.ts';
import type { Change, SnapshotRecord, Tagging } from './plan.ts';

/**
 * What a row's outcome means for the snapshot. `accepted`: Omnisend confirmed it. `open`: posted, or perhaps posted,
 * without a final answer. `kept`: refused, or never posted: Omnisend has what it had.
 */
export type RowVerdict = 'accepted' | 'open' | 'kept';

/** The same for one tag of one contact. `open`: Omnisend may have taken the call. `none`: it did not. */
export type TagOutcome = 'requested' | 'open' | 'none';

export interface ShardOutcome {
  /** The snapshot's records of this shard before the run. */
  readonly records: readonly SnapshotRecord[];
  readonly changes: readonly Change[];
  /** By position in `changes`. */
  readonly verdictOf: (index: number) => RowVerdict;
  readonly taggings: readonly Tagging[];
  /** By position in `taggings`, for each name that is added or removed there. */
  readonly tagOutcomeOf: (index: number, tag: string) => TagOutcome;
  /** `ShardPlan.dropped`. Without it those records merely stay, and are dropped by the next run. */
  readonly dropped?: readonly KeyHash[];
  /** The next snapshot knows nothing of these, nor of what is blank. */
  readonly forgotten?: ReadonlySet<KeyHash>;
}

type Contents = Omit<SnapshotRecord, 'fingerprint' | 'tags'> & {
  readonly fingerprint: string | undefined;
  readonly tags: readonly string[];
};

/** Always written alike, so that a repeated commit writes the same bytes. */
const recordOf = ({ key, email, id, fingerprint, markers, tags }: Contents): SnapshotRecord => ({
  key,
  email,
  id,
  ...(fingerprint !== undefined && { fingerprint }),
  markers: [...new Set(markers)].sort(),
  ...(tags.length > 0 && { tags: [...new Set(tags)].sort() }),
});

const recordAfter = (
  before: SnapshotRecord | undefined,
  change: Change,
  verdict: RowVerdict,
): SnapshotRecord | undefined => {
  const { key, id, fingerprint, markers } = change;
  const email = change.contact.email;
  const tags = before?.tags ?? [];
  switch (verdict) {
    case 'kept':
      return before;
    case 'open': {
      const either = [...(before?.markers ?? []), ...markers];
      return recordOf({ key, email, id, fingerprint: undefined, markers: either, tags });
    }
    case 'accepted':
      // A leaver that keeps markers, or has tags still, stays known, so that they can be taken back.
      if (change.kind === 'leave' && markers.length + tags.length === 0) return undefined;
      return recordOf({ key, email, id, fingerprint, markers, tags });
  }
};

/** Tags of a record without a fingerprint may be missing in Omnisend, until they are asked for once more. */
const unsureTags = (before: SnapshotRecord | undefined): readonly string[] =>
  before?.fingerprint === undefined ? (before?.tags ?? []) : [];

const recordTagged = (
  before: SnapshotRecord | undefined,
  record: SnapshotRecord,
  { kind, add, remove }: Tagging,
  outcomeOf: (tag: string) => TagOutcome,
): SnapshotRecord | undefined => {
  const added = add.filter((tag) => outcomeOf(tag) !== 'none');
  const removed = remove.filter((tag) => outcomeOf(tag) === 'requested');
  const tags = [...(record.tags ?? []), ...added].filter((tag) => !removed.includes(tag));
  if (kind === 'leave' && record.markers.length + tags.length === 0) return undefined;
  // A call without an answer, of either direction, leaves its tag unsure: a member is then told all of it once more.
  const isSure =
    [...add, ...remove].every((tag) => outcomeOf(tag) !== 'open') &&
    unsureTags(before).every((tag) => outcomeOf(tag) === 'requested');
  return recordOf({ ...record, fingerprint: isSure ? record.fingerprint : undefined, tags });
};

/** The shard's records after the run, in key order: the next snapshot. */
export const commitShard = ({
  records,
  changes,
  verdictOf,
  taggings,
  tagOutcomeOf,
  dropped = [],
  forgotten = new Set(),
}: ShardOutcome): SnapshotRecord[] => {
  const before = new Map(records.map((record) => [record.key, record]));
  const after = new Map(before);
  const put = (key: KeyHash, record: SnapshotRecord | undefined): void => {
    if (record === undefined) after.delete(key);
    else after.set(key, record);
  };
  for (const key of dropped) after.delete(key);
  changes.forEach((change, index) => {
    put(change.key, recordAfter(after.get(change.key), change, verdictOf(index)));
  });
  taggings.forEach((tagging, index) => {
    const { key } = tagging;
    const record = after.get(key);
    const outcomeOf = (tag: string): TagOutcome => tagOutcomeOf(index, tag);
    if (record !== undefined) put(key, recordTagged(before.get(key), record, tagging, outcomeOf));
  });
  const left = [...after.values()].filter((record) => !forgotten.has(record.key) && !isBlankRecord(record));
  return left.sort((a, b) => (a.key < b.key ? -1 : 1));
};
