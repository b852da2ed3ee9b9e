import { pageState } from '../domain/batch.ts';
import { type BrandId, brandId, type RunId } from '../domain/ids.ts';
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
import { afterEnd, failRun, leavePlaces } from './end-run.ts';
import { finishReading } from './finish-reading.ts';
import { isolated } from './isolated.ts';
import { loadPages, loadSlices } from './load.ts';
import { laneMessage, runMessage, sliceMessage } from './outgoing.ts';
import { poisonLane } from './poison.ts';
import { openRun } from './request-run.ts';
import { rescueChain } from './rescue-chain.ts';

const stalledAfterMs = 4 * 3_600_000;
const approvalExpiresAfterMs = 24 * 3_600_000;

/** Puts right what a crash, a lost message or a silent holder left behind. Harmless at any moment, however often. */
export async function supervise(ports: Ports): Promise<readonly Outgoing[]> {
  const messages: Outgoing[] = [];
  const look = async (what: string, work: () => Promise<readonly Outgoing[]>): Promise<void> => {
    messages.push(...(await isolated(ports, what, work)));
  };
  await look('places', () => clearPlaces(ports));
  const states = await ports.store.states.list('exports');
  for (const claim of states.flatMap((row) => row.value.active ?? [])) {
    await look(claim.runId, async () => {
      const run = await ports.store.runs.get(at.run(claim.runId));
      return run === undefined ? openRun(ports, claim) : superviseRun(ports, run.value);
    });
  }
  for (const row of await ports.store.brands.list('brands')) {
    await look(row.key, () => superviseLanes(ports, brandId.parse(row.key)));
  }
  ports.log.info('supervised', { put: messages.length });
  return messages;
}

/** Takes away the places of runs that have ended, whatever race put them there again. */
async function clearPlaces(ports: Ports): Promise<readonly Outgoing[]> {
  const hasEnded = async (id: RunId): Promise<boolean> => {
    const run = await ports.store.runs.get(at.run(id));
    return run === undefined || isEnded(run.value.state);
  };
  const readers = await ports.store.readers.get(at.readers(ports.source.environment));
  const brands = await ports.store.brands.list('brands');
  const named = new Set([
    ...[...(readers?.value.out ?? []), ...(readers?.value.reading ?? [])].map((entry) => entry.runId),
    ...brands.flatMap((row) => row.value.sending),
  ]);
  for (const id of named) {
    if (!(await hasEnded(id))) continue;
    await leavePlaces(ports, id);
  }
  return [];
}

async function superviseRun(ports: Ports, run: Run): Promise<readonly Outgoing[]> {
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

async function superviseLanes(ports: Ports, brand: BrandId): Promise<readonly Outgoing[]> {
  const messages: Outgoing[] = [];
  for (const row of await ports.store.lanes.list(brand)) {
    const { number } = row.value;
    const chain = await rescueChain(ports, ports.store.lanes, at.lane(brand, number), (turn, now) =>
      laneMessage(brand, number, turn, now),
    );
    messages.push(...(chain === 'beyond-rescue' ? await poisonLane(ports, { brand, lane: number }) : chain));
  }
  return messages;
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
    await cancelHeld(ports, run.id, { code: 'approval-expired', message });
  }
  return [];
}
