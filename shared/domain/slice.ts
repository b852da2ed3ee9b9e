import { z } from 'zod';
import { runId } from './ids.ts';
import { prefixVerdict } from './prefix-verdict.ts';
import { readTally } from './tally.ts';
import { turn } from './turn.ts';

/** A part of the source that is read by itself, in words that only the source's adapter understands. */
export const sliceSpec = z.object({ label: z.string(), spec: z.string() });
export type SliceSpec = z.infer<typeof sliceSpec>;

/** A slice may be begun anew this often (a dead link), then the run fails. */
export const maxAttempts = 3;

export const slice = z.object({
  runId,
  number: z.int().min(0),
  ...sliceSpec.shape,
  state: z.enum(['waiting', 'read']),
  turn,
  attempt: z.int().min(1),
  /** The source's opaque link to go on from; `null` at the start. */
  cursor: z.string().nullable(),
  /** Path of the blob with the customers whose profile has not come yet; `null` where there is none. */
  members: z.string().nullable(),
  /** Paths of the blobs that count; what a lost or superseded try wrote besides is in none of these lists. */
  spool: z.array(z.string()),
  invalid: z.array(z.string()),
  leftOut: z.array(z.string()),
  tally: readTally,
  /** When a page was last read, ms since 1970. */
  progressAt: z.int(),
});
export type Slice = z.infer<typeof slice>;

/** A row per environment: the slices that are out, and the runs whose further slices wait for a place. */
export const readers = z.object({
  out: z.array(z.object({ runId, slice: z.int() })),
  reading: z.array(z.object({ runId, next: z.int(), slices: z.int() })),
  /** How many requests at a time the source last advised; `null`: it did not. */
  advised: z.int().min(1).nullable().default(null),
  /** `null`: not found out yet, or no matter of this source. */
  prefixes: prefixVerdict.nullable().default(null),
});
export type Readers = z.infer<typeof readers>;
export const noReaders: Readers = { out: [], reading: [], advised: null, prefixes: null };

/** Slices that may be out: as set, moved by the source's advice, within what the app's memory holds. */
export const concurrencyOf = ({ advised }: Pick<Readers, 'advised'>, set: number): number =>
  advised === null ? set : Math.max(1, Math.min(advised, 2 * set));

/** Gives free places to waiting slices, the runs in turn. */
export const admitSlices = (
  before: Readers,
  concurrency: number,
): { readonly readers: Readers; readonly admitted: Readers['out'] } => {
  const admitted: Readers['out'] = [];
  let reading = before.reading.filter((run) => run.next < run.slices);
  while (before.out.length + admitted.length < concurrency) {
    const [first, ...others] = reading;
    if (first === undefined) break;
    admitted.push({ runId: first.runId, slice: first.next });
    const rest = { ...first, next: first.next + 1 };
    reading = rest.next < rest.slices ? [...others, rest] : others;
  }
  return { readers: { ...before, out: [...before.out, ...admitted], reading }, admitted };
};
