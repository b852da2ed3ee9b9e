import type { RemoteBatch } from '../domain/answers.ts';
import { exportOf } from '../domain/ids.ts';
import type { Batch, Page } from '../domain/page.ts';
import { candidatesFor, dayBefore } from '../domain/reconcile.ts';
import type { Run } from '../domain/run.ts';
import type { Ports } from '../ports/ports.ts';
import { loadPages } from './load.ts';
import { Look } from './look.ts';

export type Drain =
  /** No batch of an earlier run can be applied any more. */
  | { readonly kind: 'clear' }
  | { readonly kind: 'wait' }
  /** One is still not done four hours after it was posted. */
  | { readonly kind: 'stalled' };

const deadlineMs = 4 * 3_600_000;
/** Omnisend forgets batches after seven days (https://api-docs.omnisend.com/v3/reference/batches). */
const forgottenAfterMs = 7 * 86_400_000;
const lookSeconds = 60;

interface OpenPost {
  readonly page: Page;
  readonly batch: Batch;
  readonly at: number;
}

/**
 * The drain barrier: batches are applied asynchronously and in any order, so a run sends nothing while one that an
 * earlier run of the export posted, or may have posted, is still pending or in progress.
 */
export async function drain(ports: Ports, run: Run): Promise<Drain> {
  const open = await openPosts(ports, run);
  if (open.length === 0) return { kind: 'clear' };
  const now = ports.clock.now();
  const look = new Look(ports, run, now + lookSeconds * 1000);
  const from = dayBefore(Math.min(...open.map((post) => post.at)));
  const unfinished: RemoteBatch[] = [];
  for (const state of ['pending', 'inProgress'] as const) {
    const listing = await look.list({ state, from });
    if (listing === null || !listing.isComplete) return { kind: 'wait' };
    unfinished.push(...listing.batches);
  }
  const undone = open.filter((post) => mayBeAmong(post, unfinished));
  if (undone.length === 0) return { kind: 'clear' };
  const latest = Math.max(...open.map((post) => post.at));
  return now - latest > deadlineMs ? { kind: 'stalled' } : { kind: 'wait' };
}

/** Posts of the export's other runs that have no answer; of those that ended lately, and of those that have not. */
async function openPosts(ports: Ports, run: Run): Promise<readonly OpenPost[]> {
  const now = ports.clock.now();
  const open: OpenPost[] = [];
  for (const { value: earlier } of await ports.store.runs.list(exportOf(run.id))) {
    const isForgotten = earlier.endedAt !== null && now - earlier.endedAt >= forgottenAfterMs;
    if (earlier.id === run.id || isForgotten || !earlier.pages) continue;
    const { tally, plan } = earlier;
    const unsent = tally === null ? 0 : tally.unsent + tally.leaves.unsent - (plan?.tally.outside ?? 0);
    if (tally !== null && tally.failed + tally.leaves.failed + unsent === 0) continue;
    for (const page of await loadPages(ports, earlier.id)) {
      for (const batch of page.batches) {
        const at = Math.max(batch.postedAt ?? 0, batch.intentAt ?? 0);
        if (batch.state !== 'settled' && batch.state !== 'split' && at > 0) open.push({ page, batch, at });
      }
    }
  }
  return open;
}

/** By its id; where that is not known, by its origin, or by size and time where Omnisend keeps no origin. */
const mayBeAmong = ({ page, batch }: OpenPost, unfinished: readonly RemoteBatch[]): boolean => {
  if (unfinished.some((remote) => batch.batchIds.includes(remote.id))) return true;
  if (batch.intentAt === null) return false;
  const { certain, possible } = candidatesFor(page, batch, unfinished, new Set());
  return certain !== undefined || possible.length > 0;
};
