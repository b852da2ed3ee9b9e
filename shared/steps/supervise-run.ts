import { pageState } from '../domain/batch.ts';
import { exportOf } from '../domain/ids.ts';
import type { Page } from '../domain/page.ts';
import type { Run } from '../domain/run.ts';
import type { Slice } from '../domain/slice.ts';
import { isEnded } from '../domain/states.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { admitReaders } from './admit-readers.ts';
import { beginSending } from './begin-sending.ts';
import { cancelHeld } from './cancel-run.ts';
import { afterEnd, failRun } from './end-run.ts';
import { finishReading } from './finish-reading.ts';
import { loadPages, loadSlices } from './load.ts';
import { runMessage, sliceMessage } from './outgoing.ts';
import { rescueChain } from './rescue-chain.ts';

const stalledAfterMs = 4 * 3_600_000;
const approvalExpiresAfterMs = 24 * 3_600_000;

/** Puts right what a crash, a lost message or a silent holder left behind of one run. Harmless at any moment. */
export async function superviseRun(ports: Ports, run: Run): Promise<readonly Outgoing[]> {
  if (isEnded(run.state)) {
    await afterEnd(ports, run);
    return [];
  }
  if (run.state === 'held') return expireApproval(ports, run);
  const [slices, pages] = await Promise.all([loadSlices(ports, run.id), loadPages(ports, run.id)]);
  const stalled = stalledReason(run, slices, pages, ports.clock.now());
  if (stalled !== null) return failRun(ports, run.id, stalled, { answers: false, chainDead: true });

  const chain = await rescueChain(ports, ports.store.runs, at.run(run.id), (turn, now) =>
    runMessage(run.id, turn, now),
  );
  if (chain === 'beyond-rescue') return failRun(ports, run.id, silent(run.turn.step), { chainDead: true });
  const messages = [...chain];
  if (run.state === 'reading') messages.push(...(await superviseReading(ports, run, slices)));
  const isSending = (run.state === 'sending' || run.state === 'settling') && run.stop === null;
  if (isSending && pages.some((page) => pageState(page) === 'open')) {
    messages.push(...(await beginSending(ports, run)));
  }
  return messages;
}

/**
 * A run that lost its export to another one, as by a person's hand in the table: it posts nothing more, is settled and
 * committed, and ends. The one in its place does not plan before. Nothing happens to a run that is active.
 */
export async function superviseSuperseded(ports: Ports, run: Run): Promise<readonly Outgoing[]> {
  const state = await ports.store.states.get(at.state(exportOf(run.id)));
  if (state?.value.active?.runId === run.id) return [];
  const isTold = run.stop !== null || run.state === 'cancelling';
  const messages = isTold ? [] : await failRun(ports, run.id, superseded);
  const row = await ports.store.runs.get(at.run(run.id));
  return [...messages, ...(row === undefined ? [] : await superviseRun(ports, row.value))];
}

const superseded = { code: 'superseded', message: 'Another run of the export took its place.' };

const silent = (step: string) => ({
  code: 'step-silent',
  message: `The step ${step} was taken over again and again without progress.`,
});

/** Slices that are out keep their chains; a place that a crash left taken, or never gave, is put right. */
async function superviseReading(
  ports: Ports,
  run: Run,
  slices: readonly Slice[],
): Promise<readonly Outgoing[]> {
  const stored = await ports.store.readers.get(at.readers(ports.source.environment));
  const out = (stored?.value.out ?? []).filter((entry) => entry.runId === run.id);
  const messages: Outgoing[] = [];
  for (const { slice } of out) {
    if (slices[slice]?.state === 'read') {
      messages.push(...(await admitReaders(ports, { leaving: { runId: run.id, slice } })));
      continue;
    }
    const chain = await rescueChain(ports, ports.store.slices, at.slice(run.id, slice), (turn, now) =>
      sliceMessage(run.id, slice, turn, now),
    );
    if (chain === 'beyond-rescue') return failRun(ports, run.id, silent('read-slice'));
    messages.push(...chain);
  }
  const next = slices.findIndex((slice) => slice.state !== 'read');
  const joining = { runId: run.id, next, slices: slices.length };
  return [
    ...messages,
    ...(next === -1 ? await finishReading(ports, run.id) : await admitReaders(ports, { joining })),
  ];
}

/** A run in which nothing was read, planned, posted or answered for four hours, whatever it waits for. */
function stalledReason(run: Run, slices: readonly Slice[], pages: readonly Page[], now: number) {
  const posts = pages.flatMap((page) => page.batches.map((batch) => batch.postedAt ?? 0));
  const latest = [run.progressAt, ...slices.map((slice) => slice.progressAt), ...posts].reduce((a, b) =>
    Math.max(a, b),
  );
  if (now - latest < stalledAfterMs) return null;
  const isPlanned = run.plan !== null && run.plan.planned === run.plan.shards;
  // A run that is planned waits behind the drain barrier, so for the destination.
  const isBeforeSending = run.state === 'queued' || run.state === 'reading' || run.state === 'planning';
  return isBeforeSending && !isPlanned
    ? { code: 'source-stalled', message: 'Nothing was read or planned for four hours.' }
    : { code: 'destination-stalled', message: 'Nothing was posted or answered for four hours.' };
}

async function expireApproval(ports: Ports, run: Run): Promise<readonly Outgoing[]> {
  if (ports.clock.now() - run.progressAt >= approvalExpiresAfterMs) {
    const message = 'Nobody approved the held run within 24 hours.';
    const cancelled = await cancelHeld(ports, run.id, { code: 'approval-expired', message });
    if (cancelled?.kind === 'cancelling') return cancelled.messages;
  }
  return [];
}
