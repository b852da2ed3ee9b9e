import type { KeyHash } from './ids.ts';

/** Keys are spread by their first byte; a shard is a run of neighbouring buckets. */
export const bucketCount = 256;
/** What planning holds in memory at a time, on average. */
export const maxShardRows = 25_000;

/** Half-open: `from` is in it, `to` is not. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** 0 to 255. */
export const bucketOf = (key: KeyHash): number => Number.parseInt(key.slice(0, 2), 16);

/** Smallest power of two, at most one shard per bucket, that keeps shards at `maxShardRows` on average. */
export const shardsFor = (rows: number): number => {
  let shards = 1;
  while (shards < bucketCount && rows > shards * maxShardRows) shards *= 2;
  return shards;
};

/** The buckets of a shard. Throws a `RangeError` for a shard that is not one of `shards`. */
export const bucketRange = (shard: number, shards: number): Range => {
  const size = bucketCount / shards;
  if (!Number.isInteger(size) || !Number.isInteger(shard) || shard < 0 || shard >= shards) {
    throw new RangeError(`There is no shard ${shard} of ${shards}.`);
  }
  return { from: shard * size, to: (shard + 1) * size };
};
