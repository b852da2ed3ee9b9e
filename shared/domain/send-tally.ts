import { noRows } from './batch.ts';
import type { Page } from './page.ts';
import type { SendTally } from './tally.ts';

export interface SendTallies {
  readonly upserts: SendTally;
  readonly leaves: SendTally;
  /** Accepted without the phone, which belongs to another contact. */
  readonly withoutPhone: number;
}

export const addSends = (a: SendTally, b: SendTally): SendTally => ({
  accepted: a.accepted + b.accepted,
  refused: a.refused + b.refused,
  failed: a.failed + b.failed,
  unsent: a.unsent + b.unsent,
  ...((a.forgotten ?? b.forgotten) !== undefined && { forgotten: (a.forgotten ?? 0) + (b.forgotten ?? 0) }),
});

/** What became of the rows that have ended, over all batches of these pages. */
export const sendTallies = (pages: Iterable<Page>): SendTallies => {
  let upserts = noRows;
  let leaves = noRows;
  let withoutPhone = 0;
  for (const page of pages)
    for (const batch of page.batches) {
      upserts = addSends(upserts, batch.upserts ?? noRows);
      leaves = addSends(leaves, batch.leaves ?? noRows);
      if (batch.variant === 'without-phone') withoutPhone += batch.upserts?.accepted ?? 0;
    }
  return { upserts, leaves, withoutPhone };
};
