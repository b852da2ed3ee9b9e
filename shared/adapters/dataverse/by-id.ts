import type { Membership } from '../../domain/contact.ts';
import type { Extent } from './slice-spec.ts';

/** Customers asked for in one request: how large a filter may be is not published. */
export const idsPerRequest = 100;
/** They rest in the slice's row, which holds 900 KB; these are 200 KB at the most. */
const maxIds = 2_000;
/** A text filter takes `%`, `_` and brackets as wildcards, so an id with one of them would not find itself. */
export const plainId = /^[0-9A-Za-z-]+$/;

/**
 * The customers whose profiles can be asked for one by one instead of reading all profiles of the slice; `null` where
 * that takes more requests.
 */
export const addIds = (
  before: readonly string[] | null,
  memberships: readonly Membership[],
  { profilePages = maxIds / idsPerRequest }: Extent,
): string[] | null => {
  if (before === null) return null;
  const ids = new Set(before);
  const most = Math.min(maxIds, profilePages * idsPerRequest);
  for (const { customerId } of memberships) {
    ids.add(customerId);
    if (ids.size > most || !plainId.test(customerId)) return null;
  }
  return [...ids];
};
