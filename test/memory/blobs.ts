import { checkRange, splitPath, splitPrefix } from '../../shared/adapters/storage/limits.ts';
import type { Blobs } from '../../shared/ports/blobs.ts';

/** Blobs in memory; bytes are copied on the way in and out. */
export const memoryBlobs = (): Blobs => {
  const blobs = new Map<string, Uint8Array>();
  const list = (prefix: string): readonly string[] => {
    splitPrefix(prefix);
    return [...blobs.keys()].filter((path) => path.startsWith(prefix)).sort();
  };
  return {
    async put(path, bytes) {
      splitPath(path);
      blobs.set(path, Uint8Array.from(bytes));
    },
    async get(path) {
      splitPath(path);
      return blobs.get(path)?.slice();
    },
    async getRange(path, from, to) {
      splitPath(path);
      checkRange(from, to);
      return blobs.get(path)?.slice(from, to);
    },
    async list(prefix) {
      return list(prefix);
    },
    async removeAll(prefix) {
      for (const path of list(prefix)) blobs.delete(path);
    },
  };
};
