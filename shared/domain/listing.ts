/** A part of a list, and where to go on: `null` at its end. */
export interface Listed<T> {
  readonly part: readonly T[];
  readonly next: string | null;
}

/**
 * The first `limit` things behind `after`. They are in the order of their keys, so a list that changes meanwhile is
 * neither begun again nor cut.
 */
export const listAfter = <T>(
  sorted: readonly T[],
  keyOf: (thing: T) => string,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Listed<T> => {
  const from = after === null ? '' : Buffer.from(after, 'base64url').toString();
  const rest = after === null ? sorted : sorted.filter((thing) => keyOf(thing) > from);
  const part = rest.slice(0, limit);
  const last = part.at(-1);
  const isEnd = part.length === rest.length || last === undefined;
  return { part, next: isEnd ? null : Buffer.from(keyOf(last)).toString('base64url') };
};
