import { describe, expect, it } from 'vitest';
import { keyHash } from '../../shared/domain/ids.ts';
import {
  buildKeyedBlob,
  headerBytes,
  joinLines,
  parseLines,
  rangeOf,
  readHeader,
} from '../../shared/domain/keyed-blob.ts';
import { bucketOf, bucketRange, shardsFor } from '../../shared/domain/sharding.ts';

const rowOf = (bucket: string, name: string) => ({ key: keyHash.parse(bucket.padEnd(32, '0')), name });

describe('shardsFor', () => {
  it.each([
    [0, 1],
    [25_000, 1],
    [25_001, 2],
    [50_000, 2],
    [50_001, 4],
    [1_000_000, 64],
    [6_400_000, 256],
    [50_000_000, 256],
  ])('%i rows → %i shards', (rows, shards) => {
    expect(shardsFor(rows)).toBe(shards);
  });
});

describe('bucketRange', () => {
  it('cuts the buckets evenly', () => {
    expect(bucketRange(0, 1)).toEqual({ from: 0, to: 256 });
    expect(bucketRange(3, 4)).toEqual({ from: 192, to: 256 });
    expect(bucketRange(255, 256)).toEqual({ from: 255, to: 256 });
  });

  it.each([
    [1, 1],
    [-1, 2],
    [0.5, 2],
    [0, 3],
    [0, 512],
    [0, 0],
  ])('there is no shard %d of %d', (shard, shards) => {
    expect(() => bucketRange(shard, shards)).toThrow(RangeError);
  });
});

describe('keyed blob', () => {
  const rows = [rowOf('ff', 'last'), rowOf('00', 'zoë'), rowOf('a0', 'x'), rowOf('00', 'second\n')];
  const blob = buildKeyedBlob(rows);
  const header = readHeader(blob.subarray(0, headerBytes));

  it('starts with 257 little-endian offsets, from the first row to the end', () => {
    expect(headerBytes).toBe(1_028);
    expect([...blob.subarray(0, 4)]).toEqual([0x04, 0x04, 0, 0]);
    expect(header).toHaveLength(257);
    expect(header.at(-1)).toBe(blob.length);
  });

  it('has the lines of a range where the header says', () => {
    const read = (from: number, to: number): readonly unknown[] => {
      const bytes = rangeOf(header, { from, to });
      return parseLines(blob.subarray(bytes.from, bytes.to));
    };
    expect(read(0, 1)).toEqual([rows[1], rows[3]]);
    expect(read(1, 160)).toEqual([]);
    expect(read(160, 161)).toEqual([rows[2]]);
    expect(read(160, 256)).toEqual([rows[2], rows[0]]);
    expect(read(0, 256)).toEqual([rows[1], rows[3], rows[2], rows[0]]);
    expect(() => rangeOf(header, { from: 0, to: 257 })).toThrow(RangeError);
  });

  it('is only a header where there are no rows', () => {
    const empty = buildKeyedBlob([]);
    expect(empty).toHaveLength(headerBytes);
    expect(rangeOf(readHeader(empty), { from: 0, to: 256 })).toEqual({ from: headerBytes, to: headerBytes });
  });

  it('reads no half header', () => {
    expect(() => readHeader(blob.subarray(0, headerBytes - 1))).toThrow(RangeError);
  });

  it('reads a header that lies inside a larger buffer', () => {
    const larger = new Uint8Array(blob.length + 3);
    larger.set(blob, 3);
    expect(readHeader(larger.subarray(3))).toEqual(header);
  });

  it('keeps rows of a bucket in the order given', () => {
    const many = Array.from({ length: 500 }, (_, number) =>
      rowOf(number % 2 === 0 ? '07' : '08', `${number}`),
    );
    const read: readonly { readonly name: string }[] = parseLines(buildKeyedBlob(many).subarray(headerBytes));
    const numbers = read.map(({ name }) => Number(name));
    expect(numbers.slice(0, 250)).toEqual(numbers.slice(0, 250).toSorted((a, b) => a - b));
    expect(bucketOf(rowOf('07', 'x').key)).toBe(7);
  });
});

describe('lines', () => {
  it('come back as they went, with or without the last line feed', () => {
    const rows = [{ a: 'zoë\n' }, [1], 'x', null];
    const bytes = joinLines(rows);
    expect(parseLines(bytes)).toEqual(rows);
    expect(parseLines(bytes.subarray(0, -1))).toEqual(rows);
    expect(parseLines(joinLines([]))).toEqual([]);
  });
});
