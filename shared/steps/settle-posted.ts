import type { ItemAnswer, RemoteBatch } from '../domain/answers.ts';
import { backOffSeconds } from '../domain/back-off.ts';
import { backToPlanned, batchOf } from '../domain/batch.ts';
import type { BatchId } from '../domain/ids.ts';
import { joinLines } from '../domain/keyed-blob.ts';
import type { Batch, Page } from '../domain/page.ts';
import type { Change } from '../domain/plan.ts';
import { clockSkewMs, dayBefore } from '../domain/reconcile.ts';
import { needsItems, settleBatch } from '../domain/settle-batch.ts';
import type { Ports } from '../ports/ports.ts';
import { paths } from './addresses.ts';
import { changePage } from './change-page.ts';
import { listSince } from './list-since.ts';
import { loadChanges } from './load.ts';
import type { Look } from './look.ts';

/** A batch that no list shows is asked for by its id after this; before, the lists may only lag. */
const askByIdAfterMs = 60_000;
const maxAskedById = 20;
/** What is learnt is stored before more is asked: a run that Omnisend refuses throughout is to be stopped soon. */
const maxItemReads = 20;

interface Posted {
  readonly page: Page;
  readonly batch: Batch;
}

type Answered =
  | { readonly kind: 'batch'; readonly remote: RemoteBatch; readonly items: readonly ItemAnswer[] | null }
  /** Omnisend knows it no more: its rows are sent again. */
  | { readonly kind: 'vanished' };

/** Settles the posted batches that Omnisend has finished; items are fetched only where errors are counted. */
export async function settlePosted(ports: Ports, look: Look, pages: readonly Page[]): Promise<void> {
  const open = new Map<BatchId, Posted>();
  for (const page of pages) {
    for (const batch of page.batches) {
      const id = batch.batchIds.at(-1);
      if (batch.state === 'posted' && id !== undefined) open.set(id, { page, batch });
    }
  }
  const remotes = await findEnded(ports, look, open, pages);
  const wanted = remotes.flatMap(([id, remote]) => {
    const batch = open.get(id)?.batch;
    return batch !== undefined && remote !== 'absent' && needsItems(batch, remote) ? [id] : [];
  });
  const items = await look.items(wanted.slice(0, maxItemReads));
  if (wanted.length > maxItemReads) look.isCutShort = true;
  const byPage = Map.groupBy(remotes, ([id]) => open.get(id)?.page);
  for (const [page, ended] of byPage) {
    if (page === undefined) continue;
    const changes = await loadChanges(ports, page);
    const answered = new Map<number, Answered>();
    for (const [id, remote] of ended) {
      const batch = open.get(id)?.batch;
      if (batch === undefined) continue;
      answered.set(
        batch.number,
        remote === 'absent' ? { kind: 'vanished' } : { kind: 'batch', remote, items: items.get(id) ?? null },
      );
    }
    await settlePage(ports, page, changes, answered);
  }
}

/** Which of the open batches have ended, by lists of states: two short ones, and what vanished from both. */
async function findEnded(
  ports: Ports,
  look: Look,
  open: ReadonlyMap<BatchId, Posted>,
  pages: readonly Page[],
): Promise<readonly (readonly [BatchId, RemoteBatch | 'absent'])[]> {
  if (open.size === 0) return [];
  const now = ports.clock.now();
  const from = dayBefore(Math.min(...[...open.values()].map(({ batch }) => batch.postedAt ?? now)));
  const missing = new Set(open.keys());
  for (const state of ['pending', 'inProgress'] as const) {
    const unfinished = await look.list({ state, from });
    if (unfinished === null) return [];
    for (const remote of unfinished.batches) missing.delete(remote.id);
  }
  const ended: (readonly [BatchId, RemoteBatch | 'absent'])[] = [];
  for (const state of ['finished', 'stopped'] as const) {
    if (missing.size === 0) return ended;
    const since = Math.min(...[...missing].map((id) => begunAt(open.get(id)?.batch) ?? now)) - clockSkewMs;
    const found = await listSince(look, { state, from }, since, {
      skip: state === 'finished' ? countFinished(pages, Date.parse(from) + clockSkewMs, since) : 0,
      enough: (all) => {
        const listed = new Set(all.map((remote) => remote.id));
        return [...missing].every((id) => listed.has(id));
      },
    });
    // What a list would have shown is not asked for one by one because the list failed.
    if (found === null) return ended;
    for (const remote of found.batches) if (missing.delete(remote.id)) ended.push([remote.id, remote]);
  }
  const overdue = [...missing].filter((id) => now - (open.get(id)?.batch.postedAt ?? now) > askByIdAfterMs);
  for (const id of overdue.slice(0, maxAskedById)) {
    const remote = await look.batch(id);
    if (remote !== null) ended.push([id, remote]);
  }
  return ended;
}

/** Before Omnisend can have made it; an adopted batch is older than the moment at which it was found. */
const begunAt = (batch: Batch | undefined): number | null => batch?.intentAt ?? batch?.postedAt ?? null;

/** Batches of the run that Omnisend certainly lists as finished, posted between two moments. */
const countFinished = (pages: readonly Page[], from: number, until: number): number =>
  pages
    .flatMap((page) => page.batches)
    .filter(({ state, attempt, postedAt }) => {
      // What was sent again may have been stopped.
      const isFinished = state === 'settled' && attempt === 0;
      return isFinished && postedAt !== null && postedAt >= from && postedAt < until;
    }).length;

async function settlePage(
  ports: Ports,
  page: Page,
  changes: readonly Change[],
  answered: ReadonlyMap<number, Answered>,
): Promise<void> {
  const now = ports.clock.now();
  const random = ports.clock.random();
  const settleOne = (stored: Page, number: number, answer: Answered) => {
    const batch = batchOf(stored, number);
    if (batch.state !== 'posted') return { page: stored, refused: [], leftOut: [] };
    if (answer.kind === 'vanished') {
      const notBefore = Math.ceil(now + backOffSeconds(batch.attempt + 1, random) * 1000);
      const after = backToPlanned(stored, number, { costsAttempt: true, notBefore, changes });
      return { page: after, refused: [], leftOut: [] };
    }
    return settleBatch({ page: stored, batch, changes, now, random, ...answer });
  };
  // What people are to read is stored before the row that counts it.
  for (const [number, answer] of answered) {
    const { refused, leftOut } = settleOne(page, number, answer);
    const { runId } = page;
    if (refused.length > 0)
      await ports.blobs.put(paths.refused(runId, page.number, number), joinLines(refused));
    if (leftOut.length > 0) {
      await ports.blobs.put(paths.leftOutOfBatch(runId, page.number, number), joinLines(leftOut));
    }
  }
  await changePage(ports, page, changes, (stored) =>
    [...answered].reduce((after, [number, answer]) => settleOne(after, number, answer).page, stored),
  );
}
