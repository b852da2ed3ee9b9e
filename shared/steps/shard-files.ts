import { exportOf } from '../domain/ids.ts';
import { headerBytes, parseLines, rangeOf, readHeader } from '../domain/keyed-blob.ts';
import type { Run } from '../domain/run.ts';
import { bucketCount, type Range } from '../domain/sharding.ts';
import type { Blobs } from '../ports/blobs.ts';
import { paths } from './addresses.ts';

/** Reads the lines of some buckets out of many keyed blobs; their headers are read once. */
export class KeyedReader {
  readonly #blobs: Blobs;
  readonly #headers = new Map<string, Promise<Uint32Array>>();

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  async lines<T>(path: string, buckets: Range): Promise<T[]> {
    const range = rangeOf(await this.#header(path), buckets);
    return range.from === range.to ? [] : parseLines<T>(await this.#bytes(path, range));
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

const fewAtATime = 8;

/** The lines of some buckets from all of these blobs, in the blobs' order. */
export async function gatherLines<T>(
  reader: KeyedReader,
  files: readonly string[],
  buckets: Range,
): Promise<T[]> {
  const all: T[] = [];
  for (let from = 0; from < files.length; from += fewAtATime) {
    const some = files.slice(from, from + fewAtATime).map((path) => reader.lines<T>(path, buckets));
    for (const lines of await Promise.all(some)) for (const line of lines) all.push(line);
  }
  return all;
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
