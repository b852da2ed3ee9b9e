import type { Contact, PropertyValue } from './contact.ts';
import type { ExportDefinition } from './definition.ts';
import { settleRivals } from './duplicates.ts';
import { fingerprintOf, mappingVersion } from './fingerprint.ts';
import type { KeyHash } from './ids.ts';
import { markerNames } from './markers.ts';
import type { Change, SnapshotRecord } from './plan.ts';
import type { RunKind } from './run.ts';
import type { DuplicateRow, SpoolRow } from './spool.ts';
import type { PlanTally } from './tally.ts';

export interface ShardPlan {
  /** In key order. */
  readonly changes: readonly Change[];
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
  readonly definition: ExportDefinition;
  readonly kind: RunKind;
}

const rowsByKey = (rows: readonly SpoolRow[]): Map<KeyHash, SpoolRow[]> => {
  const groups = new Map<KeyHash, SpoolRow[]>();
  for (const row of rows) {
    const group = groups.get(row.key);
    if (group === undefined) groups.set(row.key, [row]);
    else group.push(row);
  }
  return groups;
};

/** Markers travel as boolean custom properties inside the contact itself. */
const withMarkers = (contact: Contact, set: readonly string[], taken: readonly string[]): Contact => {
  if (set.length + taken.length === 0) return contact;
  const properties: Record<string, PropertyValue> = { ...contact.properties };
  for (const name of set) properties[name] = true;
  for (const name of taken) properties[name] = false;
  return { ...contact, properties };
};

const without = (names: readonly string[], gone: readonly string[]): string[] =>
  names.filter((name) => !gone.includes(name)).sort();

/**
 * What is to be told to Omnisend about the contacts of one shard. rows = duplicate + unchanged + upserts; a dry run
 * plans as `changes` does.
 */
export const planShard = ({ rows, records, definition, kind }: ShardInput): ShardPlan => {
  const names = markerNames(definition);
  const version = mappingVersion(definition);
  const members = rowsByKey(rows);
  const known = new Map(records.map((record) => [record.key, record]));
  const changes: Change[] = [];
  const duplicates: DuplicateRow[] = [];
  const dropped: KeyHash[] = [];
  const tally = {
    duplicate: 0,
    unchanged: 0,
    upserts: 0,
    joined: 0,
    leaves: 0,
    takenBack: 0,
    known: records.length,
  };

  const planMember = (rivals: readonly SpoolRow[], record: SnapshotRecord | undefined): void => {
    const { winner, losers, segments } = settleRivals(rivals);
    for (const { id, key } of losers) duplicates.push({ id, key, winner: winner.id });
    tally.duplicate += losers.length;

    const markers = names.filter((_, position) => segments.includes(position)).sort();
    // Flags that go back to false are no part of the fingerprint: once settled they would make the contact look changed.
    const fingerprint = fingerprintOf(winner.contact, markers, version);
    if (kind !== 'full' && record?.fingerprint === fingerprint) {
      tally.unchanged += 1;
      return;
    }
    const taken = without(record?.markers ?? [], markers);
    tally.upserts += 1;
    if (record === undefined) tally.joined += 1;
    if (taken.some((name) => !names.includes(name))) tally.takenBack += 1;
    const contact = withMarkers(winner.contact, markers, taken);
    changes.push({ kind: 'upsert', key: winner.key, id: winner.id, contact, fingerprint, markers });
  };

  const planLeaver = (record: SnapshotRecord): void => {
    // `keep` lets leavers keep their markers, but not those that the definition no longer makes.
    const kept =
      definition.onLeave === 'keep' ? record.markers.filter((name) => names.includes(name)).sort() : [];
    const taken = without(record.markers, kept);
    if (taken.length > 0) {
      tally.leaves += 1;
      const contact = withMarkers({ email: record.email }, [], taken);
      changes.push({ kind: 'leave', key: record.key, id: record.id, contact, markers: kept });
    } else if (definition.onLeave === 'mark') dropped.push(record.key);
  };

  for (const key of [...new Set([...members.keys(), ...known.keys()])].sort()) {
    const rivals = members.get(key);
    const record = known.get(key);
    if (rivals !== undefined) planMember(rivals, record);
    else if (record !== undefined) planLeaver(record);
  }
  return { changes, duplicates, dropped, tally };
};
