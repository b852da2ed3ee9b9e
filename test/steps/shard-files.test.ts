import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type KeyHash, keyHash } from '../../shared/domain/ids.ts';
import { buildKeyedBlob } from '../../shared/domain/keyed-blob.ts';
import { bucketRange } from '../../shared/domain/sharding.ts';
import type { Blobs } from '../../shared/ports/blobs.ts';
import { gatherLines, KeyedReader } from '../../shared/steps/shard-files.ts';
import { memoryBlobs } from '../memory/blobs.ts';

interface Row {
  readonly key: KeyHash;
  readonly number: number;
}

const rowOf = (bucket: number, number: number): Row => ({
  key: keyHash.parse(bucket.toString(16).padStart(2, '0').padEnd(32, '0')),
  number,
});

const stored = async (files: readonly (readonly Row[])[]) => {
  const blobs = memoryBlobs();
  const paths = files.map((_, place) => `runs/spool/${place}`);
  for (const [place, rows] of files.entries()) await blobs.put(paths[place] ?? '', buildKeyedBlob(rows));
  let reads = 0;
  const counting: Blobs = {
    ...blobs,
    getRange: (path, from, to) => {
      reads += 1;
      return blobs.getRange(path, from, to);
    },
  };
  return { blobs: counting, paths, reads: () => reads };
};

it('reads the same shard by shard, however much is read ahead', async () => {
  const row = fc.tuple(fc.nat(255), fc.nat()).map(([bucket, number]) => rowOf(bucket, number));
  const files = fc.array(fc.array(row, { maxLength: 40 }), { maxLength: 12 });
  const shards = fc.constantFrom(1, 4, 64, 256);
  await fc.assert(
    fc.asyncProperty(
      files,
      shards,
      fc.constantFrom(0, 1_100, 20_000, 1e9),
      async (given, count, maxBytes) => {
        const { blobs, paths } = await stored(given);
        const ahead = new KeyedReader(blobs);
        await ahead.readAhead(paths, maxBytes);
        for (let shard = 0; shard < count; shard += 1) {
          const buckets = bucketRange(shard, count);
          const plain = await gatherLines<Row>(new KeyedReader(blobs), paths, buckets);
          expect(await gatherLines<Row>(ahead, paths, buckets)).toEqual(plain);
        }
      },
    ),
    { numRuns: 50 },
  );
});

it('asks once for what it may read at once, and for its header', async () => {
  const rows = Array.from({ length: 256 }, (_, bucket) => rowOf(bucket, 1));
  const { blobs, paths, reads } = await stored([rows, rows]);
  const reader = new KeyedReader(blobs);
  await reader.readAhead(paths, 1e9);
  for (let shard = 0; shard < 64; shard += 1) await gatherLines(reader, paths, bucketRange(shard, 64));
  expect(reads()).toBe(4);
});

it('takes a missing blob for no empty one', async () => {
  const { blobs } = await stored([]);
  await expect(new KeyedReader(blobs).lines('runs/spool/0', { from: 0, to: 1 })).rejects.toThrow('missing');
});
