import type { Storage } from '../../../shared/adapters/storage/storage.ts';
import { settleRivals } from '../../../shared/domain/duplicates.ts';
import { fingerprintOf, mappingVersion } from '../../../shared/domain/fingerprint.ts';
import { brandId, customerId, runId } from '../../../shared/domain/ids.ts';
import { hashKey } from '../../../shared/domain/key.ts';
import { addLine, blobOf, buildKeyedBlob, noLines } from '../../../shared/domain/keyed-blob.ts';
import { madeMarkers } from '../../../shared/domain/markers.ts';
import { columnsOf, matchProfile } from '../../../shared/domain/matching.ts';
import type { SnapshotRecord } from '../../../shared/domain/plan.ts';
import { sumReads } from '../../../shared/domain/read-tally.ts';
import { bucketRange, shardsFor } from '../../../shared/domain/sharding.ts';
import { prefixesFor } from '../../../shared/domain/slicing.ts';
import type { SpoolRow } from '../../../shared/domain/spool.ts';
import { firstTurn, idleTurn } from '../../../shared/domain/turn.ts';
import { at, keyOf, paths } from '../../../shared/steps/addresses.ts';
import { gatherLines, KeyedReader } from '../../../shared/steps/shard-files.ts';
import { sandboxExport } from '../../sandbox/definitions.ts';
import { createPopulation, type Population } from '../../sandbox/generator/population.ts';
import { maskOf } from '../../sandbox/generator/segments.ts';
import { createTruth } from '../../sandbox/generator/truth.ts';

export const brand = brandId.parse('a1');
/** Its spool is there; it is to be planned. */
export const today = runId.parse(`${sandboxExport.id}.day2`);
/** Its snapshot is the current one. */
const yesterday = runId.parse(`${sandboxExport.id}.day1`);

const secret = 'a secret of the bench, and no other';
/** As many as a slice writes in one blob at most. */
const blobRows = 20_000;

export interface Seeded {
  readonly slices: number;
  readonly rows: number;
  readonly records: number;
  readonly spoolBlobs: number;
  readonly spoolMegabytes: number;
  /** What the generator says is to be told to Omnisend. */
  readonly expected: { readonly upserts: number; readonly leaves: number };
}

const segmentBits = sandboxExport.segments.map((name) => maskOf([name]));
const columns = columnsOf(sandboxExport);

/** The rows that reading would spool of these customers. */
const rowsOf = (population: Population, customers: readonly number[]): readonly SpoolRow[] =>
  customers.flatMap((index) => {
    const mask = population.segmentMask(index);
    const segments = segmentBits.flatMap((bit, position) => ((mask & bit) === 0 ? [] : [position]));
    const profile = segments.length === 0 ? null : population.profile(index);
    if (profile === null) return [];
    const cells = new Map<string, unknown>(Object.entries(profile));
    const matched = matchProfile(
      {
        customerId: customerId.parse(profile.msdynci_customerid),
        values: Object.fromEntries(
          columns.map((column) => [column, cells.get(`msdynci_${column.toLowerCase()}`)]),
        ),
        changedAt: Date.parse(profile.msdynci_modifiedon),
      },
      segments,
      sandboxExport,
    );
    if (matched.kind === 'invalid') return [];
    return [{ key: hashKey(secret, matched.row.contact.email), ...matched.row }];
  });

const version = mappingVersion(sandboxExport);
const { properties: names } = madeMarkers(sandboxExport);

/** What the snapshot has of a person all of whose rows were accepted. */
const recordOf = (rows: readonly SpoolRow[]): SnapshotRecord => {
  const { winner, segments } = settleRivals(rows);
  const markers = names.filter((_, position) => segments.includes(position)).sort();
  return {
    key: winner.key,
    email: winner.contact.email,
    id: winner.id,
    fingerprint: fingerprintOf(winner.contact, markers, version),
    markers,
  };
};

/** Lines in keyed blobs of `blobRows` rows. */
const blobWriter = (write: (blob: Uint8Array) => Promise<void>, rows = blobRows) => {
  let lines = noLines();
  const close = async (): Promise<void> => {
    if (lines.rows === 0) return;
    const blob = blobOf(lines);
    lines = noLines();
    await write(blob);
  };
  return {
    close,
    async add(row: SpoolRow | SnapshotRecord): Promise<void> {
      addLine(lines, row);
      if (lines.rows >= rows) await close();
    },
  };
};

/**
 * Lays in storage what a run finds when it begins to plan: the spool of the generator's second day, as reading would
 * have written it, and the snapshot of the first. About `contacts` of them.
 */
export async function seedPlanning({ store, blobs }: Storage, contacts: number): Promise<Seeded> {
  const world = { seed: 1, rows: Math.round(contacts / memberShare) };
  const before = createPopulation({ ...world, day: 1 });
  const now = createPopulation({ ...world, day: 2 });
  const slices = prefixesFor(contacts).length;
  const spool: string[][] = Array.from({ length: slices }, () => []);
  const unsorted: string[] = [];
  let bytes = 0;
  let rows = 0;
  let records = 0;

  const rowsPerSlice = Math.ceil(contacts / slices);
  const spoolWriter = blobWriter(
    async (blob) => {
      const slice = Math.min(slices - 1, Math.floor((rows - 1) / rowsPerSlice));
      const path = paths.spool(today, slice, `1-0-0-${spool[slice]?.length}`);
      await blobs.put(path, blob);
      spool[slice]?.push(path);
      bytes += blob.length;
    },
    Math.min(blobRows, rowsPerSlice),
  );
  // Any order does here: below, each shard of the snapshot is gathered from all of these.
  const recordWriter = blobWriter(async (blob) => {
    const path = paths.spool(yesterday, 0, String(unsorted.length));
    await blobs.put(path, blob);
    unsorted.push(path);
  }, 200_000);

  for (let index = 0; index < now.size; index += 1) {
    const same = now.sameEmail(index);
    if (same[0] !== index) continue;
    const known = same.filter((one) => one < before.size);
    const isTouched = same.length > known.length || same.some((one) => now.history(one).touchedOn === 2);
    const rowsBefore = rowsOf(before, known);
    for (const row of isTouched ? rowsOf(now, same) : rowsBefore) {
      rows += 1;
      await spoolWriter.add(row);
    }
    if (rowsBefore.length === 0) continue;
    records += 1;
    await recordWriter.add(recordOf(rowsBefore));
  }
  await spoolWriter.close();
  await recordWriter.close();

  const shards = shardsFor(records);
  const reader = new KeyedReader(blobs);
  for (let shard = 0; shard < shards; shard += 1) {
    const ofShard = await gatherLines<SnapshotRecord>(reader, unsorted, bucketRange(shard, shards));
    ofShard.sort((a, b) => (a.key < b.key ? -1 : 1));
    await blobs.put(paths.snapshot(sandboxExport.id, brand, yesterday, shard), buildKeyedBlob(ofShard));
  }
  await blobs.removeAll(paths.spoolOf(yesterday));
  await store.snapshots.insert(at.snapshot(sandboxExport.id, brand), {
    current: yesterday,
    previous: null,
    shards,
    records,
    committedAt: Date.now(),
  });
  const tally = { ...sumReads([]), read: rowsPerSlice, spooled: rowsPerSlice };
  await store.slices.insertAll(
    today,
    spool.map((written, number) => ({
      key: keyOf.slice(number),
      value: {
        ...{ runId: today, number, label: String(number), spec: String(number), state: 'read' as const },
        turn: idleTurn(firstTurn('read-slice', 0), 0),
        ...{ attempt: 1, cursor: null, members: null, invalid: [], leftOut: [], progressAt: 0 },
        ...{ spool: written, tally },
      },
    })),
  );

  const { joined, changed, left } = createTruth(now, sandboxExport.segments).changes(1);
  return {
    slices,
    rows,
    records,
    spoolBlobs: spool.flat().length,
    spoolMegabytes: Math.round(bytes / 1_048_576),
    expected: { upserts: joined.length + changed.length, leaves: left.length },
  };
}

/** Of all customers: in a segment of the export, with a usable address. */
const memberShare = 0.752;
