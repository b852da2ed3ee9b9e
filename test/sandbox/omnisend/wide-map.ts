const width = 256;

/**
 * A map of texts that stays quick while it grows to millions: one Map doubles at once, which stops
 * everything for a quarter of a second; of these only a small part doubles at a time.
 */
export function createWideMap<T>() {
  const parts = Array.from({ length: width }, () => new Map<string, T>());
  function partOf(key: string): Map<string, T> {
    let hash = 0;
    for (let index = 0; index < key.length; index++) hash = (hash * 31 + key.charCodeAt(index)) | 0;
    return parts[(hash ^ (hash >>> 8) ^ (hash >>> 16)) & (width - 1)] ?? new Map();
  }
  return {
    get: (key: string): T | undefined => partOf(key).get(key),
    set(key: string, value: T): void {
      partOf(key).set(key, value);
    },
    delete(key: string): void {
      partOf(key).delete(key);
    },
  };
}
