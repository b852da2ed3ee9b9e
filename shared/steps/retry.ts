import type { ExportId, KeyHash, RunId } from '../domain/ids.ts';
import { parseLines } from '../domain/keyed-blob.ts';
import type { Run } from '../domain/run.ts';
import { bucketRange, type Range } from '../domain/sharding.ts';
import type { RefusedRow } from '../domain/spool.ts';
import { isEnded } from '../domain/states.ts';
import type { Ports } from '../ports/ports.ts';
import { at, paths } from './addresses.ts';
import { endedOf, loadSent, type Sent } from './commit-snapshot.ts';

export type Retriable = { readonly kind: 'run'; readonly run: RunId } | NothingToRetry;

export interface NothingToRetry {
  readonly kind: 'nothing-to-retry';
  readonly reason: string;
}

const nothing = (reason: string): NothingToRetry => ({ kind: 'nothing-to-retry', reason });
export const listsRemoved =
  'The lists of what failed or was refused are kept for 30 days, and those of the latest run are gone. Run the export instead.';

/** The export's latest ended run that posted: a `retry` sends again what failed or was refused there. */
export async function findRetriable(ports: Ports, exportId: ExportId): Promise<Retriable> {
  const rows = await ports.store.runs.list(exportId);
  const ended = rows
    .map(({ value }) => value)
    .filter((run) => isEnded(run.state))
    .sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0));
  for (const run of ended) {
    if (!run.pages && !run.plan?.taggings) continue;
    if (!hasPosted(await loadSent(ports, run))) continue;
    return run.kept === 'account' ? nothing(listsRemoved) : { kind: 'run', run: run.id };
  }
  return nothing('No run of this export has sent anything yet. Run the export instead.');
}

const isUnsent = (state: string): boolean => state === 'planned' || state === 'cancelled';

/** Anything was sent, or may have been. */
const hasPosted = ({ pages, tagCalls }: Sent): boolean =>
  tagCalls.some(({ state }) => !isUnsent(state)) ||
  pages.some(({ batches }) =>
    batches.some(
      ({ state, intentAt, batchIds }) => !isUnsent(state) || intentAt !== null || batchIds.length > 0,
    ),
  );

/** Keys in these buckets that failed or were refused in the earlier run. */
export type KeysIn = (buckets: Range) => Promise<ReadonlySet<KeyHash>>;

const nobody: KeysIn = async () => new Set<KeyHash>();

/**
 * What a `retry` of this run sends; of any other run nobody. `null`: the run's lists are gone. Only the lists that may
 * name a key of the buckets asked for are read.
 */
export async function loadRetried(ports: Ports, retryOf: RunId | null): Promise<KeysIn | null> {
  if (retryOf === null) return nobody;
  const earlier = (await ports.store.runs.get(at.run(retryOf)))?.value;
  if (earlier === undefined || earlier.kept === 'account') return null;
  const { pages, tagCalls } = await loadSent(ports, earlier);
  return async (buckets) => {
    const shards = shardsWith(earlier, buckets);
    const keys = new Set<KeyHash>();
    for (const page of pages) {
      if (!page.ranges.some(({ shard }) => shards.has(shard))) continue;
      for (const key of (await endedOf(ports, page)).keys()) keys.add(key);
    }
    for (const call of tagCalls) {
      if (!shards.has(call.shard) || (call.state !== 'refused' && call.state !== 'failed')) continue;
      const path = paths.refusedTags(call.runId, call.key);
      const bytes = await ports.blobs.get(path);
      if (bytes === undefined) throw new Error(`Blob ${path} is missing.`);
      for (const { key } of parseLines<RefusedRow>(bytes)) keys.add(key);
    }
    return keys;
  };
}

/** The earlier run's shards that share a bucket with these: it may have been cut into fewer or more than this run. */
const shardsWith = ({ plan }: Run, buckets: Range): ReadonlySet<number> => {
  const shards = new Set<number>();
  for (let shard = 0; shard < (plan?.shards ?? 0); shard += 1) {
    const { from, to } = bucketRange(shard, plan?.shards ?? 0);
    if (from < buckets.to && buckets.from < to) shards.add(shard);
  }
  return shards;
};
