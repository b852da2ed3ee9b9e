import type { Contact, PropertyValue } from './contact.ts';
import type { ExportDefinition } from './definition.ts';
import { settleRivals } from './duplicates.ts';
import { fingerprintOf, mappingVersion } from './fingerprint.ts';
import { isBlankContact, isBlankRecord } from './forgotten.ts';
import type { KeyHash } from './ids.ts';
import { madeMarkers, markerNames } from './markers.ts';
import type { Change, SnapshotRecord, Tagging } from './plan.ts';
import { addCounts } from './read-tally.ts';
import type { RunKind } from './run.ts';
import type { DuplicateRow, SpoolRow } from './spool.ts';
import type { PlanTally } from './tally.ts';

export interface ShardPlan {
  /** In key order. */
  readonly changes: readonly Change[];
  /** In key order. */
  readonly taggings: readonly Tagging[];
  /** In key order, losers of one key in their fixed order. */
  readonly duplicates: readonly DuplicateRow[];
  /**
   * Keys of records that the next snapshot drops without a word to Omnisend: no longer members, and no marker of ours
   * is left to take back. For `commitShard`, which sees only stored data.
   */
  readonly dropped: readonly KeyHash[];
  readonly tally: PlanTally;
}

export interface ShardInput {
  readonly rows: readonly SpoolRow[];
  readonly records: readonly SnapshotRecord[];
  /** Further members, with a record each, of whom nothing is to be told. */
  readonly unchanged?: number;
  readonly definition: ExportDefinition;
  readonly kind: RunKind;
  /** Nothing of these is planned, nor of rows and records that are blank. */
  readonly forgotten?: ReadonlySet<KeyHash>;
  /** Of a `retry`: the keys that are sent, whatever their fingerprint; without it, nobody's. */
  readonly retried?: ReadonlySet<KeyHash>;
}

const byKey = <T extends { readonly key: KeyHash }>(rows: readonly T[]): readonly T[] =>
  rows.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));

interface Met {
  readonly key: KeyHash;
  /** Rows of the key, of as many customers as share it. */
  readonly rivals: readonly SpoolRow[];
  readonly record: SnapshotRecord | undefined;
}

/** Every key of either list, ascending. Merged rather than looked up: of a million keys that is the quicker way. */
function* meet(allRows: readonly SpoolRow[], allRecords: readonly SnapshotRecord[]): Generator<Met, void> {
  const rows = byKey(allRows);
  const records = byKey(allRecords);
  let row = 0;
  let place = 0;
  for (;;) {
    const [ofRow, ofRecord] = [rows[row]?.key, records[place]?.key];
    const key = ofRow === undefined || (ofRecord !== undefined && ofRecord < ofRow) ? ofRecord : ofRow;
    if (key === undefined) return;
    const from = row;
    while (rows[row]?.key === key) row += 1;
    const record = ofRecord === key ? records[place] : undefined;
    while (records[place]?.key === key) place += 1;
    yield { key, rivals: rows.slice(from, row), record };
  }
}

/**
 * Marker properties travel as booleans inside the contact itself. A custom property may have the name of a marker that
 * the export made before: then its value takes the marker's place.
 */
const withMarkers = (contact: Contact, set: readonly string[], taken: readonly string[]): Contact => {
  if (set.length + taken.length === 0) return contact;
  const properties: Record<string, PropertyValue> = { ...contact.properties };
  for (const name of set) properties[name] = true;
  for (const name of taken) if (!Object.hasOwn(properties, name)) properties[name] = false;
  return { ...contact, properties };
};

const without = (names: readonly string[], gone: readonly string[]): readonly string[] =>
  names.length === 0 ? names : names.filter((name) => !gone.includes(name)).sort();

/**
 * What is to be told to Omnisend about the contacts of one shard. rows = repeated + duplicate + unchanged + upserts + tagged +
 * forgotten + outside; a dry run plans as `changes` does. A `retry` tells only of `retried` keys that are members: every
 * other record stays.
 */
export const planShard = ({
  rows,
  records: allRecords,
  unchanged = 0,
  definition,
  kind,
  forgotten = new Set(),
  retried,
}: ShardInput): ShardPlan => {
  const records = allRecords.filter((record) => !forgotten.has(record.key) && !isBlankRecord(record));
  const names = markerNames(definition);
  const made = madeMarkers(definition);
  const version = mappingVersion(definition);
  const changes: Change[] = [];
  const taggings: Tagging[] = [];
  const duplicates: DuplicateRow[] = [];
  const dropped: KeyHash[] = [];
  const tally: PlanTally = {
    repeated: 0,
    duplicate: 0,
    unchanged,
    upserts: 0,
    tagged: 0,
    outside: 0,
    joined: 0,
    leaves: 0,
    takenBack: 0,
    known: records.length + unchanged,
  };

  /** Answers the change's position, for a tagging of the same contact. */
  const tell = (change: Change): number => changes.push(change) - 1;
  const tag = (tagging: Tagging): void => {
    if (tagging.add.length + tagging.remove.length > 0) taggings.push(tagging);
  };

  const planMember = (rivals: readonly SpoolRow[], record: SnapshotRecord | undefined): void => {
    const { winner, losers, repeated, repeatedLeftOut, segments } = settleRivals(rivals);
    const { key, id } = winner;
    for (const loser of losers) duplicates.push({ id: loser.id, key, winner: id });
    tally.duplicate += losers.length;
    tally.repeated += repeated;
    for (const name of repeatedLeftOut) {
      tally.repeatedLeftOut = addCounts([tally.repeatedLeftOut ?? {}, { [name]: 1 }]);
    }
    if (kind === 'retry' && !retried?.has(key)) {
      tally.outside += 1;
      return;
    }

    const wanted = names.filter((_, position) => segments.includes(position)).sort();
    const markers = definition.marker === 'property' ? wanted : [];
    const tags = definition.marker === 'tag' ? wanted : [];
    // Flags that go back to false are no part of the fingerprint: once settled they would make the contact look changed.
    const fingerprint = fingerprintOf(winner.contact, markers, version);
    const sendsAll = kind === 'full' || kind === 'retry';
    const isAsTold = !sendsAll && record?.fingerprint === fingerprint;
    // What Omnisend has of a record without a fingerprint is not sure, so all of it is told again.
    const tellsAll = sendsAll || record?.fingerprint === undefined;
    const add = without(tags, tellsAll ? [] : (record.tags ?? []));
    const remove = without(record?.tags ?? [], tags);
    const taken = without(record?.markers ?? [], markers);

    if (!isAsTold) tally.upserts += 1;
    else if (add.length + remove.length > 0) tally.tagged += 1;
    else tally.unchanged += 1;
    if (record === undefined) tally.joined += 1;
    if (without(taken, made.properties).length + without(remove, made.tags).length > 0) tally.takenBack += 1;
    const change = isAsTold
      ? null
      : tell({
          kind: 'upsert',
          key,
          id,
          contact: withMarkers(winner.contact, markers, taken),
          fingerprint,
          markers,
        });
    tag({ kind: 'upsert', key, id, email: winner.contact.email, add, remove, change });
  };

  const dropMember = (rivals: readonly SpoolRow[]): void => {
    const customers = new Set(rivals.map(({ id }) => id)).size;
    tally.forgotten = (tally.forgotten ?? 0) + customers;
    tally.repeated += rivals.length - customers;
  };

  const planLeaver = ({ key, id, email, markers, tags = [] }: SnapshotRecord): void => {
    // `keep` lets leavers keep their markers, but not those that the definition no longer makes.
    const keeps = definition.onLeave === 'keep';
    const taken = without(markers, keeps ? made.properties : []);
    const remove = without(tags, keeps ? made.tags : []);
    if (taken.length + remove.length > 0) tally.leaves += 1;
    else if (!keeps) dropped.push(key);
    const contact = withMarkers({ email }, [], taken);
    const left = without(markers, taken);
    const change = taken.length > 0 ? tell({ kind: 'leave', key, id, contact, markers: left }) : null;
    tag({ kind: 'leave', key, id, email, add: [], remove, change });
  };

  for (const { key, rivals, record } of meet(rows, records)) {
    if (rivals.length > 0 && (forgotten.has(key) || rivals.some(isBlankContact))) dropMember(rivals);
    else if (rivals.length > 0) planMember(rivals, record);
    else if (record !== undefined && kind !== 'retry') planLeaver(record);
  }
  return { changes, taggings, duplicates, dropped, tally };
};
