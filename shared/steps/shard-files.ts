import { exportOf } from '../domain/ids.ts';
import { headerBytes, parseLines, rangeOf, readHeader } from '../domain/keyed-blob.ts';
import type { Run } from '../domain/run.ts';
import { bucketCount, type Range } from '../domain/sharding.ts';
import type { Blobs } from '../ports/blobs.ts';
import { paths } from './addresses.ts';

const fewAtATime = 8;
/** Of all files together: to read some bytes of a file takes a request, as to read many does. */
const maxBytesAhead = 100 * 1_048_576;

interface Part {
  /** Place in the file. */
  readonly from: number;
  readonly bytes: Uint8Array;
}

/** Reads the lines of some buckets out of many keyed blobs; their headers are read once. */
export class KeyedReader {
  readonly #blobs: Blobs;
  readonly #headers = new Map<string, Promise<Uint32Array>>();
  /** By path: what was read together with lines that have been asked for, and has lines that have not. */
  readonly #ahead = new Map<string, Part>();
  /** Buckets that are read at once, a power of two as shards are. */
  #width = 1;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /** For who goes through the buckets from first to last: neighbouring ones are read at once, as memory allows. */
  async readAhead(files: readonly string[], maxBytes = maxBytesAhead): Promise<void> {
    const headers = await inGroups(files, (path) => this.#header(path));
    const bytes = headers.reduce((sum, header) => sum + (header[bucketCount] ?? 0), 0);
    this.#width = bucketCount;
    while (this.#width > 1 && (bytes * this.#width) / bucketCount > maxBytes) this.#width /= 2;
  }

  async lines<T>(path: string, buckets: Range): Promise<T[]> {
    return parseLines<T>(await this.bytes(path, buckets));
  }

  /** The lines as they lie there, each with its line feed. */
  async bytes(path: string, buckets: Range): Promise<Uint8Array> {
    const header = await this.#header(path);
    const { from, to } = rangeOf(header, buckets);
    if (from === to) return nothing;
    const known = this.#ahead.get(path);
    const isKnown = known !== undefined && known.from <= from && to <= endOf(known);
    const part = isKnown ? known : await this.#part(path, header, buckets);
    if (to < endOf(part)) this.#ahead.set(path, part);
    else this.#ahead.delete(path);
    return part.bytes.subarray(from - part.from, to - part.from);
  }

  async #part(path: string, header: Uint32Array, { from, to }: Range): Promise<Part> {
    const width = this.#width;
    const buckets = { from: Math.floor(from / width) * width, to: Math.ceil(to / width) * width };
    const range = rangeOf(header, buckets);
    return { from: range.from, bytes: await this.#bytes(path, range) };
  }

  #header(path: string): Promise<Uint32Array> {
    const known = this.#headers.get(path);
    if (known !== undefined) return known;
    const header = this.#bytes(path, { from: 0, to: headerBytes }).then(readHeader);
    this.#headers.set(path, header);
    return header;
  }

  async #bytes(path: string, range: Range): Promise<Uint8Array> {
    const bytes = await this.#blobs.getRange(path, range.from, range.to);
    // A missing blob is never "no rows": that would turn members into leavers.
    if (bytes === undefined) throw new Error(`Blob ${path} is missing.`);
    return bytes;
  }
}

const nothing = new Uint8Array();

const endOf = ({ from, bytes }: Part): number => from + bytes.length;

/** In the files' order. */
async function inGroups<T>(files: readonly string[], read: (path: string) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let from = 0; from < files.length; from += fewAtATime) {
    all.push(...(await Promise.all(files.slice(from, from + fewAtATime).map(read))));
  }
  return all;
}

/** The lines of some buckets from all of these blobs, a piece of each, in the blobs' order. */
export const gatherBytes = (
  reader: KeyedReader,
  files: readonly string[],
  buckets: Range,
): Promise<readonly Uint8Array[]> => inGroups(files, (path) => reader.bytes(path, buckets));

/** The same, parsed. */
export async function gatherLines<T>(
  reader: KeyedReader,
  files: readonly string[],
  buckets: Range,
): Promise<T[]> {
  return (await inGroups(files, (path) => reader.lines<T>(path, buckets))).flat();
}

/** The files of the compared snapshot that hold these buckets; it may be cut into fewer or more shards than this run. */
export function snapshotFiles(run: Run, plan: NonNullable<Run['plan']>, buckets: Range): readonly string[] {
  const { brand } = run;
  const { snapshot } = plan;
  if (snapshot === null || brand === null) return [];
  const width = bucketCount / snapshot.shards;
  const first = Math.floor(buckets.from / width);
  const last = Math.ceil(buckets.to / width);
  return Array.from({ length: last - first }, (_, index) =>
    paths.snapshot(exportOf(run.id), brand.id, snapshot.run, first + index),
  );
}
