import type { KeyHash } from './ids.ts';
import { bucketCount, bucketOf, type Range } from './sharding.ts';

/**
 * A keyed blob is JSON lines in the order of their keys' buckets, behind a header of 257 little-endian Uint32: where
 * each bucket starts, in bytes from the blob's first, and last the blob's length. So any shard is one ranged read,
 * however many shards there are.
 */
export const headerBytes = (bucketCount + 1) * Uint32Array.BYTES_PER_ELEMENT;

/** The lines of a blob to be, by bucket. As text they take less memory, and less of its collector's time, than as rows. */
export interface KeyedLines {
  /** How many there are. */
  rows: number;
  readonly texts: string[];
}

export const noLines = (): KeyedLines => ({ rows: 0, texts: new Array<string>(bucketCount).fill('') });

/** Rows of one bucket stay in the order given. */
export const addLine = (lines: KeyedLines, row: { readonly key: KeyHash }): void => {
  lines.texts[bucketOf(row.key)] += `${JSON.stringify(row)}\n`;
  lines.rows += 1;
};

export const buildKeyedBlob = (rows: readonly { readonly key: KeyHash }[]): Uint8Array => {
  const lines = noLines();
  for (const row of rows) addLine(lines, row);
  return blobOf(lines);
};

export const blobOf = ({ texts }: KeyedLines): Uint8Array => {
  const length = texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), headerBytes);
  const blob = Buffer.allocUnsafe(length);
  let offset = headerBytes;
  for (const [bucket, text] of texts.entries()) {
    blob.writeUInt32LE(offset, bucket * Uint32Array.BYTES_PER_ELEMENT);
    offset += blob.write(text, offset);
  }
  blob.writeUInt32LE(offset, bucketCount * Uint32Array.BYTES_PER_ELEMENT);
  return blob;
};

/** The offsets at the start of a blob. Throws a `RangeError` where the bytes do not hold a whole header. */
export const readHeader = (bytes: Uint8Array): Uint32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bucketCount + 1 }, (_, place) =>
    view.getUint32(place * Uint32Array.BYTES_PER_ELEMENT, true),
  );
};

/** Where the lines of some buckets lie, in bytes; empty (`from` = `to`) where there are none. */
export const rangeOf = (header: Uint32Array, buckets: Range): Range => {
  const from = header[buckets.from];
  const to = header[buckets.to];
  if (from === undefined || to === undefined || from > to)
    throw new RangeError('The header has no such buckets.');
  return { from, to };
};

const newline = 0x0a;

/** Rows of JSON lines that this program wrote itself. One line at a time becomes text, so memory stays low. */
export const parseLines = <T>(bytes: Uint8Array): T[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: T[] = [];
  for (let start = 0; start < buffer.length; ) {
    const found = buffer.indexOf(newline, start);
    const end = found === -1 ? buffer.length : found;
    rows.push(parseLine(buffer.toString('utf8', start, end)));
    start = end + 1;
  }
  return rows;
};

/** JSON.parse quotes the text in its error, which is personal data here. */
const parseLine = <T>(line: string): T => {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error('A line of a blob is no JSON.');
  }
};

/** JSON lines, each with its line feed: pieces can be joined as they are. */
export const joinLines = (rows: readonly unknown[]): Uint8Array => {
  let text = '';
  for (const row of rows) text += `${JSON.stringify(row)}\n`;
  return Buffer.from(text);
};
