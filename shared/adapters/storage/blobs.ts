import type { ContainerClient } from '@azure/storage-blob';
import type { Blobs } from '../../ports/blobs.ts';
import { errorCode, unless } from './answers.ts';
import { inParallel } from './in-parallel.ts';
import { checkRange, splitPath, splitPrefix } from './limits.ts';

const removalsAtOnce = 16;
// The service's shortest range is one byte, and past a blob's end it refuses: both answered here as `slice` would.
const nothing = new Uint8Array();

/** Blobs in Azure Blob storage. A missing container is an error, a missing blob is not. */
export const containerBlobs = (container: (name: string) => Promise<ContainerClient>): Blobs => {
  const blob = async (path: string) => {
    const address = splitPath(path);
    return (await container(address.container)).getBlockBlobClient(address.name);
  };
  const list = async (prefix: string): Promise<readonly string[]> => {
    const address = splitPrefix(prefix);
    const paths: string[] = [];
    for await (const found of (await container(address.container)).listBlobsFlat({ prefix: address.name })) {
      paths.push(`${address.container}/${found.name}`);
    }
    return paths.sort();
  };

  return {
    list,

    async put(path, bytes) {
      await (await blob(path)).upload(bytes, bytes.byteLength);
    },

    async get(path) {
      const found = await unless(['BlobNotFound'], (await blob(path)).download());
      return found && bytesOf(found.readableStreamBody);
    },

    async getRange(path, from, to) {
      checkRange(from, to);
      const client = await blob(path);
      if (from === to) return (await client.exists()) ? nothing : undefined;
      try {
        const found = await unless(['BlobNotFound'], client.download(from, to - from));
        return found && (await bytesOf(found.readableStreamBody));
      } catch (error) {
        if (errorCode(error) === 'InvalidRange') return nothing;
        throw error;
      }
    },

    async removeAll(prefix) {
      const paths = await list(prefix);
      await inParallel(paths, removalsAtOnce, async (path) => (await blob(path)).deleteIfExists());
    },
  };
};

const bytesOf = async (stream: NodeJS.ReadableStream | undefined): Promise<Uint8Array> => {
  if (stream === undefined) throw new Error('A blob was answered without a body.');
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(typeof part === 'string' ? Buffer.from(part) : part);
  return Buffer.concat(parts);
};
