import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** Bytes `from` to `to` (exclusive) of a part. */
export type Range = (from: number, to: number) => Promise<Buffer>;

/** Large enough that requests cost next to nothing, small enough that several parts are read in little memory. */
const blockBytes = 1_048_576;
const gunzippedBlockBytes = 524_288;

/** A part's bytes from `from` on. While one block is worked on, the next is on its way. */
export async function* plainBlocks(
  range: Range,
  from: number,
  size: number,
  step = blockBytes,
): AsyncGenerator<Buffer, void> {
  const ask = (at: number): Promise<Buffer> => {
    const asked = range(at, Math.min(at + step, size));
    // Whoever awaits it learns of the failure; nobody may, where the reading ends before.
    asked.catch(() => {});
    return asked;
  };
  if (from >= size) return;
  let next = ask(from);
  for (let at = from; at < size; at += step) {
    const block = await next;
    if (at + step < size) next = ask(at + step);
    yield block;
  }
}

/** What the blocks decompress to, from byte `skip` of it on: there is no shorter way into the middle of a gzip file. */
export async function* gunzippedBlocks(
  blocks: AsyncIterable<Buffer>,
  skip: number,
): AsyncGenerator<Buffer, void> {
  const gunzip = createGunzip({ chunkSize: gunzippedBlockBytes });
  // A failure comes out where the blocks are taken.
  pipeline(Readable.from(blocks), gunzip).catch(() => {});
  let left = skip;
  try {
    for await (const chunk of gunzip) {
      const block: Buffer = chunk;
      if (block.length > left) yield block.subarray(left);
      left = Math.max(0, left - block.length);
    }
  } finally {
    gunzip.destroy();
  }
}
