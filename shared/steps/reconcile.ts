import type { ItemAnswer } from '../domain/answers.ts';
import { backToPlanned, batchOf, posted } from '../domain/batch.ts';
import type { BatchId } from '../domain/ids.ts';
import type { Batch, Page } from '../domain/page.ts';
import type { Change } from '../domain/plan.ts';
import { candidatesFor, clockSkewMs, dayBefore, isUnanswered } from '../domain/reconcile.ts';
import { isInOutage } from '../domain/slots.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { changePage } from './change-page.ts';
import { listSince } from './list-since.ts';
import { loadChanges, loadPages, loadRun, postableOf } from './load.ts';
import type { Listing, Look } from './look.ts';

type Finding =
  | { readonly kind: 'adopt'; readonly id: BatchId }
  | { readonly kind: 'absent' }
  /** A candidate's items cannot be read yet, or the list was too long to be read to its end. */
  | { readonly kind: 'wait' };

/** Finds out what became of posts without an answer, before anything of them is sent again. */
export async function reconcile(ports: Ports, look: Look, pages: readonly Page[]): Promise<void> {
  const now = ports.clock.now();
  const unanswered = pages.flatMap((page) =>
    page.batches.filter((batch) => isUnanswered(batch, now)).map((batch) => ({ page, batch })),
  );
  if (unanswered.length === 0) return;
  const first = Math.min(...unanswered.map(({ batch }) => batch.intentAt ?? now));
  const listed = await listSince(look, { from: dayBefore(first) }, first - clockSkewMs);
  if (listed === null) return;
  const slots = await ports.store.slots.get(at.slots(look.brand));
  const recorded = await recordedIds(ports, look);
  for (const { page, batch } of unanswered) {
    const changes = await loadChanges(ports, page);
    const finding = await find(ports, look, page, batch, changes, listed, recorded);
    if (finding.kind === 'wait') continue;
    if (finding.kind === 'adopt') recorded.add(finding.id);
    // An outage is nobody's fault, and may last longer than all attempts.
    const costsAttempt = slots === undefined || !isInOutage(slots.value, batch.intentAt ?? 0);
    await changePage(ports, page, changes, (stored) => {
      const { state, intentAt } = batchOf(stored, batch.number);
      if (state !== 'intent' || intentAt !== batch.intentAt) return undefined;
      return finding.kind === 'adopt'
        ? posted(stored, batch.number, finding.id, now)
        : backToPlanned(stored, batch.number, { costsAttempt, notBefore: now, changes });
    });
  }
}

/** Ids that are known to be another batch's: of this run, and of every run that shares the brand's lanes. */
async function recordedIds(ports: Ports, look: Look): Promise<Set<BatchId>> {
  const brand = await ports.store.brands.get(at.brand(look.brand));
  const runs = new Set([look.runId, ...(brand?.value.sending ?? [])]);
  const ids = new Set<BatchId>();
  for (const run of runs) {
    for (const page of await loadPages(ports, run)) {
      for (const batch of page.batches) for (const id of batch.batchIds) ids.add(id);
    }
  }
  return ids;
}

async function find(
  ports: Ports,
  look: Look,
  page: Page,
  batch: Batch,
  changes: readonly Change[],
  listed: Listing,
  recorded: ReadonlySet<BatchId>,
): Promise<Finding> {
  const postable = postableOf(batch, changes);
  const { certain, possible } = candidatesFor(page, batch, listed.batches, recorded, postable.length);
  if (certain !== undefined) return { kind: 'adopt', id: certain.id };
  // Whatever was posted then, nothing is to be posted again: everybody in it is forgotten.
  if (postable.length === 0) return { kind: 'absent' };
  if (possible.length === 0) return listed.isComplete ? { kind: 'absent' } : { kind: 'wait' };
  const { value: run } = await loadRun(ports, page.runId);
  const options = {
    sendWelcomeMessage: run.definition.sendWelcomeMessage,
    withoutPhone: batch.variant === 'without-phone',
  };
  const wanted = postable.map((change) => ports.destination.requestDigest(change, options));
  for (const remote of possible) {
    const items = (await look.items([remote.id])).get(remote.id);
    if (items === undefined || items.length < remote.total) return { kind: 'wait' };
    if (holdsAll(items, wanted)) return { kind: 'adopt', id: remote.id };
  }
  return listed.isComplete ? { kind: 'absent' } : { kind: 'wait' };
}

/** Each request that we would make is there. As the counts fit, what is there besides is of people forgotten since. */
const holdsAll = (items: readonly ItemAnswer[], wanted: readonly string[]): boolean => {
  const left = new Map<string, number>();
  for (const { digest } of items) left.set(digest, (left.get(digest) ?? 0) + 1);
  return wanted.every((digest) => {
    const count = left.get(digest) ?? 0;
    left.set(digest, count - 1);
    return count > 0;
  });
};
