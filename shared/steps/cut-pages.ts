import { exportOf } from '../domain/ids.ts';
import type { Page } from '../domain/page.ts';
import { cutPages as cut, type ShardEnds } from '../domain/paging.ts';
import type { Run } from '../domain/run.ts';
import { entered } from '../domain/stages.ts';
import { idleTurn, nextTurn } from '../domain/turn.ts';
import type { MessageOf } from '../messages.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { finalAccountFor } from './account.ts';
import { at, keyOf, paths } from './addresses.ts';
import { beginSending } from './begin-sending.ts';
import { drain } from './drain.ts';
import { afterEnd, ended, failRun } from './end-run.ts';
import { findMerging } from './find-merging.ts';
import { guardRun } from './guard-run.ts';
import { type Held, inTurn } from './in-turn.ts';
import { listOf, loadSlices } from './load.ts';
import { runMessage } from './outgoing.ts';

const rowsAtATime = 100;

/** Cuts the change lists into pages, once over all shards, and lets the run be sent unless a guard holds it. */
export async function cutPages(ports: Ports, message: MessageOf<'cut-pages'>): Promise<readonly Outgoing[]> {
  return inTurn(ports, ports.store.runs, at.run(message.run), 'cut-pages', message, async (held) => {
    if (held.value.pages === null) {
      const pages = await storePages(ports, held.value);
      ports.log.info('pages-cut', { run: held.value.id, pages });
      await held.update((run) => ({ ...run, pages }));
    }
    const findings = held.value.approvedAt === null ? await guard(ports, held.value) : null;
    if (findings !== null) return hold(ports, held, 'guard', findings);
    if (held.value.pages === 0 && !held.value.plan?.taggings) return endUnsent(ports, held);
    return sendWhenDrained(ports, held);
  });
}

/** The last act of planning: custom properties are only written where that cannot wipe others. */
async function sendWhenSafe(ports: Ports, held: Held<Run>): Promise<readonly Outgoing[]> {
  const { brand } = held.value;
  if (brand === null) throw new Error(`Run ${held.value.id} sends without a brand.`);
  const merging = await findMerging(ports, held.value, brand.id);
  switch (merging.kind) {
    case 'safe':
      return send(ports, held);
    case 'wait':
      return wait(ports, held);
    case 'replaces':
      return hold(ports, held, 'properties-replaced', replaced);
    case 'undecided':
      return hold(ports, held, 'merging-unknown', undecided);
  }
}

const replaced =
  'Omnisend replaces all custom properties of a contact when some are written, so this run would wipe others. ' +
  'It cannot be approved: export with "marker": "tag" or "none", and without custom properties.';
const undecided =
  'Whether Omnisend merges custom properties or replaces them could not be found out, as every contact tried has some. ' +
  'Approve the run only if you know that they are merged.';

async function wait(ports: Ports, held: Held<Run>): Promise<readonly Outgoing[]> {
  const now = ports.clock.now();
  const turn = nextTurn(held.turn, 'cut-pages', now, now + pauseMs);
  await held.end(turn);
  ports.log.info('run-waits', { run: held.value.id });
  return [runMessage(held.value.id, turn, now)];
}

async function hold(
  ports: Ports,
  held: Held<Run>,
  code: string,
  message: string,
): Promise<readonly Outgoing[]> {
  const now = ports.clock.now();
  await held.end(idleTurn(held.turn, now), (run) => ({
    ...entered(run, 'held', now),
    reason: { code, message },
    progressAt: now,
  }));
  ports.log.warn('run-held', { run: held.value.id, reason: code });
  return [];
}

async function sendWhenDrained(ports: Ports, held: Held<Run>): Promise<readonly Outgoing[]> {
  const drained = await drain(ports, held.value);
  switch (drained.kind) {
    case 'clear':
      return sendWhenSafe(ports, held);
    case 'wait':
      return wait(ports, held);
    case 'stalled': {
      const message =
        'Omnisend has not finished batches of an earlier run four hours after they were posted.';
      return failRun(ports, held.value.id, { code: 'destination-stalled', message });
    }
  }
}

/** Repeating it finds the rows there: the same change lists give the same pages. */
async function storePages(ports: Ports, run: Run): Promise<number> {
  const shards: ShardEnds[] = [];
  for (let shard = 0; shard < (run.plan?.shards ?? 0); shard += 1) {
    const bytes = await ports.blobs.get(paths.ends(run.id, shard, listOf(run, shard)));
    if (bytes === undefined) throw new Error(`The change list of shard ${shard} of ${run.id} is not stored.`);
    const { buffer } = Uint8Array.from(bytes);
    shards.push({ shard, ends: new Uint32Array(buffer) });
  }
  let pages = 0;
  let some: Page[] = [];
  const store = async (): Promise<void> => {
    await ports.store.pages.insertAll(
      run.id,
      some.map((page) => ({ key: keyOf.page(page.number), value: page })),
    );
    some = [];
  };
  for (const page of cut(run.id, shards)) {
    some.push(page);
    pages += 1;
    if (some.length === rowsAtATime) await store();
  }
  await store();
  return pages;
}

/** What holds the run, in one sentence each; `null` when nothing does. */
async function guard(ports: Ports, run: Run): Promise<string | null> {
  const findings = guardRun(run, await loadSlices(ports, run.id));
  return findings.length === 0 ? null : findings.map((finding) => finding.message).join(' ');
}

async function endUnsent(ports: Ports, held: Held<Run>): Promise<readonly Outgoing[]> {
  const tally = await finalAccountFor(ports, held.value);
  const now = ports.clock.now();
  await held.end(idleTurn(held.turn, now), (run) => ended(run, 'succeeded', null, tally, now));
  await afterEnd(ports, held.value);
  return [];
}

async function send(ports: Ports, held: Held<Run>): Promise<readonly Outgoing[]> {
  const now = ports.clock.now();
  const turn = nextTurn(held.turn, 'settle', now, now + firstLookMs);
  const state = await ports.store.states.get(at.state(exportOf(held.value.id)));
  const tagsFrom = (state?.value.taggedAt ?? 0) + oppositeTagPauseMs;
  await held.end(turn, (run) => ({
    ...entered(run, 'sending', now),
    tagsFrom,
    progressAt: now,
  }));
  return [runMessage(held.value.id, turn, now), ...(await beginSending(ports, held.value))];
}

/** Batches take a moment to be applied; looking before that only costs requests. */
const firstLookMs = 2_000;
/** Tags are applied some time after the answer: opposite calls for one contact are kept apart. */
const oppositeTagPauseMs = 5 * 60_000;
const pauseMs = 30_000;
