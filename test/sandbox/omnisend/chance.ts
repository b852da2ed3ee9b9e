/**
 * A number in [0, 1) fixed by seed, purpose and text: the same item is refused whatever order the
 * requests arrive in. FNV-1a with the murmur3 finaliser, which spreads neighbouring texts evenly.
 */
export function fixedShare(seed: number, purpose: string, text: string): number {
  let hash = (2166136261 ^ seed) >>> 0;
  for (const part of [purpose, '/', text]) {
    for (let index = 0; index < part.length; index++) {
      hash = Math.imul(hash ^ part.charCodeAt(index), 16777619);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** The next number in [0, 1) for a purpose; each purpose has its own sequence. */
export type Draw = (purpose: string) => number;

export function createDraw(seed: number): Draw {
  const drawn = new Map<string, number>();
  return (purpose) => {
    const count = drawn.get(purpose) ?? 0;
    drawn.set(purpose, count + 1);
    return fixedShare(seed, purpose, String(count));
  };
}
