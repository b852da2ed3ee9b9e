import type { Consent } from './contact.ts';
import type { SpoolRow } from './spool.ts';

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Order of rows with one e-mail: the winner first. Newest change, then lowest customer id; a row whose age the source
 * does not tell loses to one whose age it does. The content decides last, so that the order in which rows were read
 * can never matter.
 */
const compareRivals = (a: SpoolRow, b: SpoolRow): number => {
  const ageA = a.at ?? Number.NEGATIVE_INFINITY;
  const ageB = b.at ?? Number.NEGATIVE_INFINITY;
  if (ageA !== ageB) return ageA > ageB ? -1 : 1;
  return compareText(a.id, b.id) || compareText(JSON.stringify(a), JSON.stringify(b));
};

export interface Rivals {
  readonly winner: SpoolRow;
  /** Of other customers. */
  readonly losers: readonly SpoolRow[];
  /** Further rows of the same customers: a customer of two segments may come in a slice of each. */
  readonly repeated: number;
  /** What was left out of those, once more. */
  readonly repeatedLeftOut: readonly string[];
  /** Positions of the segments of all of them, ascending. */
  readonly segments: readonly number[];
}

/** An opt-out counts before an opt-in of the same moment. */
const newestConsent = (rows: readonly SpoolRow[]): Consent | undefined =>
  rows
    .flatMap(({ contact }) => contact.consent ?? [])
    .toSorted((a, b) => compareText(b.at, a.at) || compareText(b.status, a.status))[0];

/**
 * One winner among rows of one key (at least one): its contact is sent, with the segments of all and the newest word
 * on consent of any, so that no older opt-in hides an opt-out.
 */
export const settleRivals = (rows: readonly SpoolRow[]): Rivals => {
  const [only] = rows;
  if (only !== undefined && rows.length === 1) {
    return { winner: only, losers: [], repeated: 0, repeatedLeftOut: [], segments: only.segments };
  }
  const [winner, ...others] = rows.toSorted(compareRivals);
  if (winner === undefined) throw new Error('A key without rows has no winner.');
  const seen = new Set([winner.id]);
  const losers: SpoolRow[] = [];
  const again: SpoolRow[] = [];
  for (const other of others) {
    (seen.has(other.id) ? again : losers).push(other);
    seen.add(other.id);
  }
  const repeatedLeftOut = again.flatMap(({ leftOut = [] }) => leftOut);
  const consent = newestConsent(rows);
  const segments = [...new Set(rows.flatMap((row) => row.segments))].sort((a, b) => a - b);
  const decided = consent === undefined ? winner : { ...winner, contact: { ...winner.contact, consent } };
  return { winner: decided, losers, repeated: again.length, repeatedLeftOut, segments };
};
