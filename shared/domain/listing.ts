/** A part of a list, and the key of its last thing where there are more: what comes `after` is the next part. */
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
  const rest = after === null ? sorted : sorted.filter((thing) => keyOf(thing) > after);
  const part = rest.slice(0, limit);
  const last = part.at(-1);
  return { part, next: last === undefined || part.length === rest.length ? null : keyOf(last) };
};
