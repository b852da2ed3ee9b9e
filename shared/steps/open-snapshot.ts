import type { BrandId, CustomerId, ExportId, KeyHash } from '../domain/ids.ts';
import { parseLines } from '../domain/keyed-blob.ts';
import type { SnapshotRecord } from '../domain/plan.ts';
import { bucketCount, bucketOf } from '../domain/sharding.ts';
import type { DuplicateRow } from '../domain/spool.ts';
import type { Ports } from '../ports/ports.ts';
import { at, paths } from './addresses.ts';
import { KeyedReader } from './shard-files.ts';

/** The current snapshot of an export, read for single keys. */
export interface OpenSnapshot {
  record(key: KeyHash): Promise<SnapshotRecord | undefined>;
  /** The customers who shared the key when the snapshot was made, the winner first. */
  customers(key: KeyHash): Promise<readonly CustomerId[]>;
}

/** `null`: no run has committed one. */
export async function openSnapshot(
  { store, blobs }: Ports,
  id: ExportId,
  brand: BrandId | null,
): Promise<OpenSnapshot | null> {
  if (brand === null) return null;
  const manifest = (await store.snapshots.get(at.snapshot(id, brand)))?.value;
  if (manifest === undefined) return null;
  const { current, shards } = manifest;
  const shardOf = (key: KeyHash): number => Math.floor((bucketOf(key) * shards) / bucketCount);

  const record = async (key: KeyHash): Promise<SnapshotRecord | undefined> => {
    const from = bucketOf(key);
    const path = paths.snapshot(id, brand, current, shardOf(key));
    const records = await new KeyedReader(blobs).lines<SnapshotRecord>(path, { from, to: from + 1 });
    return records.find((one) => one.key === key);
  };
  return {
    record,
    async customers(key) {
      const known = await record(key);
      // Kept for a month only.
      const bytes = await blobs.get(paths.duplicates(current, shardOf(key)));
      const duplicates = bytes === undefined ? [] : parseLines<DuplicateRow>(bytes);
      const shared = duplicates.filter((row) => row.key === key);
      return [
        ...new Set([
          ...(known === undefined ? [] : [known.id]),
          ...shared.flatMap((row) => [row.winner, row.id]),
        ]),
      ];
    },
  };
}
