import type { RemoteBatch, RemoteBatchState } from '../domain/answers.ts';
import type { Listing, Look } from './look.ts';

const batchesPerListing = 250;

interface Query {
  readonly state?: RemoteBatchState;
  readonly from?: string;
}

/**
 * Contact batches of which none created since `since` (ms since 1970) is left out, without reading all that is older:
 * a day may have 10,000 of them, 250 to a listing. Omnisend's documentation does not say which end of a list comes
 * first. Newest first, reading ends where older ones begin; oldest first, it begins shortly before, at `skip` at the
 * earliest. A list in no order of creation is read to its end. `null` when a listing failed.
 */
export async function listSince(
  look: Pick<Look, 'list'>,
  query: Query,
  since: number,
  { skip = 0, enough = () => false }: ListSinceOptions = {},
): Promise<Listing | null> {
  const isAhead = (all: readonly RemoteBatch[]): boolean =>
    all.length >= batchesPerListing && isSorted(all, -1) && createdAt(all.at(-1)) < since;
  const hasPassed = (all: readonly RemoteBatch[]): boolean =>
    isSorted(all, 1) && createdAt(all[0]) > createdAt(all.at(-1)) && createdAt(all.at(-1)) < since;
  const first = await look.list(query, (all) => enough(all) || hasPassed(all) || isAhead(all));
  if (first === null || enough(first.batches) || hasPassed(first.batches) || !isAhead(first.batches))
    return first;
  const offset = await lastOffsetBefore(look, query, since, Math.max(skip, first.batches.length));
  return offset === null ? null : look.list({ ...query, offset }, enough);
}

interface ListSinceOptions {
  /** At least as many are known to be older. */
  readonly skip?: number;
  readonly enough?: (all: readonly RemoteBatch[]) => boolean;
}

const createdAt = (batch: RemoteBatch | undefined): number => batch?.createdAt ?? 0;

/** `direction` 1: every batch was created no later than the one before it; -1: no earlier. Unknown times have no order. */
const isSorted = (all: readonly RemoteBatch[], direction: 1 | -1): boolean =>
  all.every(
    (batch, index) =>
      batch.createdAt > 0 && (index === 0 || (createdAt(all[index - 1]) - batch.createdAt) * direction >= 0),
  );

/** In a list with the oldest first: an offset that lies before `since`, at most a listing away from it. */
async function lastOffsetBefore(
  look: Pick<Look, 'list'>,
  query: Query,
  since: number,
  skip: number,
): Promise<number | null> {
  let before = skip;
  let beyond = Number.POSITIVE_INFINITY;
  for (let step = batchesPerListing; beyond - before > batchesPerListing; ) {
    const offset = Math.min(before + step, before + Math.ceil((beyond - before) / 2));
    const probe = await look.list({ ...query, offset }, () => true);
    if (probe === null) return null;
    const [there] = probe.batches;
    if (there !== undefined && there.createdAt < since) {
      before = offset;
      step *= 2;
    } else {
      beyond = offset;
    }
  }
  return before;
}
