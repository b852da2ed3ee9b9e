import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeyHash, keyHash } from '../../shared/domain/ids.ts';
import {
  buildKeyedBlob,
  headerBytes,
  joinLines,
  parseLines,
  rangeOf,
  readHeader,
} from '../../shared/domain/keyed-blob.ts';
import { bucketCount, bucketOf, bucketRange, maxShardRows, shardsFor } from '../../shared/domain/sharding.ts';

interface Row {
  readonly key: KeyHash;
  readonly place: number;
  readonly text: string;
}

const key = fc.stringMatching(/^[0-9a-f]{32}$/).map((text) => keyHash.parse(text));
const rows: fc.Arbitrary<readonly Row[]> = fc
  .array(fc.tuple(key, fc.string({ unit: 'binary' })), { maxLength: 300 })
  .map((pairs) => pairs.map(([hash, text], place) => ({ key: hash, place, text })));
const shardCount = fc.constantFrom(1, 2, 4, 8, 16, 32, 64, 128, 256);

describe('sharding', () => {
  it('puts every bucket into exactly one shard', () => {
    fc.assert(
      fc.property(shardCount, (shards) => {
        const covered = Array.from({ length: shards }, (_, shard) => bucketRange(shard, shards)).flatMap(
          ({ from, to }) => Array.from({ length: to - from }, (_, place) => from + place),
        );
        expect(covered).toEqual(Array.from({ length: bucketCount }, (_, bucket) => bucket));
      }),
    );
  });

  it('takes the fewest shards that hold the rows, a power of two', () => {
    fc.assert(
      fc.property(fc.nat(20_000_000), (count) => {
        const shards = shardsFor(count);
        expect(Number.isInteger(Math.log2(shards))).toBe(true);
        expect(shards === bucketCount || count / shards <= maxShardRows).toBe(true);
        expect(shards === 1 || count / (shards / 2) > maxShardRows).toBe(true);
      }),
    );
  });
});

describe('a keyed blob', () => {
  it('has every row in exactly the shard that its key says, and its shards joined are the whole', () => {
    fc.assert(
      fc.property(rows, shardCount, (given, shards) => {
        const blob = buildKeyedBlob(given);
        const header = readHeader(blob.subarray(0, headerBytes));
        const pieces = Array.from({ length: shards }, (_, shard) => {
          const buckets = bucketRange(shard, shards);
          const bytes = rangeOf(header, buckets);
          const piece = blob.subarray(bytes.from, bytes.to);
          const expected = given
            .filter((row) => bucketOf(row.key) >= buckets.from && bucketOf(row.key) < buckets.to)
            .toSorted((a, b) => bucketOf(a.key) - bucketOf(b.key) || a.place - b.place);
          expect(parseLines<Row>(piece)).toEqual(expected);
          return piece;
        });
        expect(Buffer.concat(pieces).equals(blob.subarray(headerBytes))).toBe(true);
      }),
    );
  });

  it('gives lines back as they went', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (values) => {
        expect(joinLines(parseLines(joinLines(values)))).toEqual(joinLines(values));
      }),
    );
  });
});
