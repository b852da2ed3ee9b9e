import type { ExportId, RunId } from '../domain/ids.ts';
import { runAt } from '../domain/run-ids.ts';
import type { SavedExport, SavedRefresh } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { cancelHeld } from './cancel-run.ts';
import { changeRow } from './change-row.ts';
import { findOccurrences } from './due-occurrences.ts';
import type { Reason } from './end-run.ts';
import { isolated } from './isolated.ts';
import { noState, requestRun } from './request-run.ts';

/** More missed occurrences than this are not listed one by one. */
const maxMissed = 100;

/** Starts what is due. Every occurrence ends as a run or as a `skipped` row with its reason. */
export async function startDueRuns(ports: Ports): Promise<readonly Outgoing[]> {
  const refresh = await ports.store.schedule.get(at.refresh);
  const messages: Outgoing[] = [];
  for (const { value } of await ports.store.exports.list('exports')) {
    if (value.removing) continue;
    const start = () => startDue(ports, value, refresh?.value ?? null);
    messages.push(...(await isolated(ports, value.definition.id, start)));
  }
  return messages;
}

async function startDue(
  ports: Ports,
  saved: SavedExport,
  refresh: SavedRefresh | null,
): Promise<readonly Outgoing[]> {
  const { definition } = saved;
  const now = ports.clock.now();
  const state = await ports.store.states.get(at.state(definition.id));
  const from = state?.value.scheduledUntil ?? null;
  // A schedule that is looked at for the first time owes nothing of the past.
  const found =
    from === null ? [] : await findOccurrences(ports, saved, refresh, { from, to: now, atMost: maxMissed });
  const latest = found.findLast(({ isCurrent }) => isCurrent)?.at;
  for (const { at: moment, isCurrent } of found) {
    if (moment !== latest) await skip(ports, definition.id, moment, isCurrent ? missed : rescheduled);
  }
  // One that was skipped before a crash stays skipped.
  const isDue =
    latest !== undefined && (await ports.store.skipped.get(at.skipped(definition.id, latest))) === undefined;
  if (isDue) {
    const room = await makeRoom(ports, definition.id, runAt(definition.id, latest));
    // The same occurrence is found again when the held run has ended.
    if (room.kind === 'ending') return room.messages;
  }
  const messages = isDue ? await startAt(ports, definition.id, latest) : [];
  // Stored last: after a crash the same occurrences are found again, and their runs are known by their ids.
  const until = found.length === maxMissed ? (found.at(-1)?.at ?? now) : now;
  await changeRow(ports.store.states, at.state(definition.id), (stored) => ({
    ...(stored ?? noState),
    // Another timer may have looked further.
    scheduledUntil: Math.max(until, stored?.scheduledUntil ?? 0),
  }));
  return messages;
}

const missed: Reason = {
  code: 'missed',
  message: 'The app was not running then; the next occurrence made up for it.',
};

const rescheduled: Reason = {
  code: 'schedule-changed',
  message: 'The schedule was changed before the run was started.',
};

async function startAt(ports: Ports, exportId: ExportId, occurrence: number): Promise<readonly Outgoing[]> {
  const run = runAt(exportId, occurrence);
  const answer = await requestRun(ports, {
    runId: run,
    exportId,
    kind: 'changes',
    trigger: 'schedule',
    requestedAt: ports.clock.now(),
  });
  switch (answer.kind) {
    case 'accepted':
      return answer.messages;
    case 'known':
    case 'nothing-to-retry':
    case 'unknown-export':
      return [];
    case 'active':
      await skip(ports, exportId, occurrence, {
        code: 'active',
        message: `Run ${answer.run} was still active.`,
      });
      return [];
    case 'detached':
      await skip(ports, exportId, occurrence, {
        code: 'detached',
        message: 'The export has no connection.',
      });
      return [];
    case 'paused':
      await skip(ports, exportId, occurrence, {
        code: 'paused',
        message: `${answer.reason} ${answer.remedy}`,
      });
      return [];
    case 'unknown-connection':
      await skip(ports, exportId, occurrence, {
        code: 'unknown-connection',
        message: `The connection ${answer.connection} does not exist.`,
      });
      return [];
  }
}

type Room = { readonly kind: 'made' } | { readonly kind: 'ending'; readonly messages: readonly Outgoing[] };

const expired: Reason = {
  code: 'approval-expired',
  message: 'Nobody approved the held run before the next one was due.',
};

/** A run that still waits for approval at the next occurrence makes room for it; one that wrote needs a moment. */
async function makeRoom(ports: Ports, exportId: ExportId, next: RunId): Promise<Room> {
  const active = (await ports.store.states.get(at.state(exportId)))?.value.active;
  if (!active || active.runId === next) return { kind: 'made' };
  const run = (await ports.store.runs.get(at.run(active.runId)))?.value;
  if (run?.state === 'cancelling' && run.reason?.code === expired.code) {
    return { kind: 'ending', messages: [] };
  }
  const cancelled = run?.state === 'held' ? await cancelHeld(ports, active.runId, expired) : null;
  return cancelled?.kind === 'cancelling'
    ? { kind: 'ending', messages: cancelled.messages }
    : { kind: 'made' };
}

async function skip(ports: Ports, exportId: ExportId, moment: number, reason: Reason): Promise<void> {
  // Another timer, which saw less of the time, may have started just this one.
  if ((await ports.store.runs.get(at.run(runAt(exportId, moment)))) !== undefined) return;
  const skipped = await ports.store.skipped.insert(at.skipped(exportId, moment), {
    exportId,
    at: moment,
    reason,
  });
  if (skipped !== undefined) {
    ports.log.warn('run-skipped', {
      export: exportId,
      at: new Date(moment).toISOString(),
      reason: reason.code,
    });
  }
}
