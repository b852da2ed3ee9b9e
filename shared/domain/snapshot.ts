import { z } from 'zod';
import { runId } from './ids.ts';

/** Per export and brand: which run's snapshot is current, and where its shards end. */
export const snapshotManifest = z.object({
  current: runId,
  previous: runId.nullable(),
  /** Number of shards in which the current one is written. */
  shards: z.int().min(1),
  records: z.int().min(0),
  committedAt: z.int(),
});
export type SnapshotManifest = z.infer<typeof snapshotManifest>;
