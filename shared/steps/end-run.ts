import type { ConfigurationFault } from '../domain/answers.ts';
import { exportOf, type RunId } from '../domain/ids.ts';
import { noted } from '../domain/news.ts';
import type { Run } from '../domain/run.ts';
import { isEnded, type RunState, toRunState } from '../domain/states.ts';
import { idleTurn, nextTurn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { finalAccountFor } from './account.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { runMessage } from './outgoing.ts';
import { releaseClaim } from './request-run.ts';

export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** The run as it is when it has ended. The caller writes it, then calls `afterEnd`. */
export const ended = (
  run: Run,
  state: RunState,
  reason: Reason | null,
  tally: Run['tally'],
  now: number,
): Run => ({
  ...run,
  state: toRunState(run.state, state),
  reason,
  tally,
  endedAt: now,
  progressAt: now,
});

/** Takes a run out of the rows in which runs wait for their turn, wherever it stands in one. */
export async function leavePlaces(ports: Ports, id: RunId): Promise<void> {
  for (const { partition, key } of await ports.store.brands.list('brands')) {
    await changeRow(ports.store.brands, { partition, key }, (stored) =>
      stored?.sending.includes(id)
        ? { ...stored, sending: stored.sending.filter((one) => one !== id) }
        : undefined,
    );
  }
  await changeRow(ports.store.readers, at.readers(ports.source.environment), (stored) =>
    stored !== undefined && [...stored.out, ...stored.reading].some((entry) => entry.runId === id)
      ? {
          ...stored,
          out: stored.out.filter((entry) => entry.runId !== id),
          reading: stored.reading.filter((entry) => entry.runId !== id),
        }
      : undefined,
  );
}

/** Frees what an ended run occupied. Repeating it is harmless; the supervisor does so after a crash in between. */
export async function afterEnd(ports: Ports, run: Run): Promise<void> {
  await leavePlaces(ports, run.id);
  const { id, state, endedAt } = run;
  await releaseClaim(ports, exportOf(id), id, { id, state, endedAt }, (news) => noted(news, run));
  ports.log.info('run-ended', {
    run: run.id,
    kind: run.kind,
    trigger: run.trigger,
    state: run.state,
    reason: run.reason?.code ?? null,
    seconds: Math.round(((run.endedAt ?? run.progressAt) - run.requestedAt) / 1000),
    ...(run.tally && {
      read: run.tally.read,
      accepted: run.tally.accepted,
      unchanged: run.tally.unchanged,
      duplicate: run.tally.duplicate,
      invalid: run.tally.invalid,
      refused: run.tally.refused,
      failed: run.tally.failed,
      unsent: run.tally.unsent,
      leaves: run.tally.leaves.accepted,
      leavesFailed: run.tally.leaves.refused + run.tally.leaves.failed,
      tags: run.tally.tags.requested,
    }),
  });
}

/** Its chain settles what it posted, or may have posted, and then commits. */
const isSettling = ({ turn: { step } }: Run): boolean => step === 'settle' || step === 'finish';

/** Omnisend may have something of this run: it ends with a snapshot that knows so. */
export const mayHaveWritten = (run: Run): boolean => isSettling(run) || run.probed.length > 0;

interface Failing {
  /** Whether Omnisend's answers to what is posted can still be had. */
  readonly answers?: boolean;
  /** The run's own chain of messages has ended without a successor. */
  readonly chainDead?: boolean;
}

/**
 * Stops a run for a reason. One that wrote nothing ends at once. One that did, or may have, posts nothing more, is
 * settled and committed, and then ends `failed`; where its own chain is dead, that is tried once more without waiting
 * for answers, and if that fails too it ends uncommitted (the next run commits it before it plans).
 */
export async function failRun(
  ports: Ports,
  id: RunId,
  reason: Reason,
  { answers = true, chainDead = false }: Failing = {},
): Promise<readonly Outgoing[]> {
  const row = await ports.store.runs.get(at.run(id));
  if (row === undefined || isEnded(row.value.state)) return [];
  const tally = await finalAccountFor(ports, row.value);
  const now = ports.clock.now();
  let outgoing: readonly Outgoing[] = [];
  if (chainDead && row.value.stop?.answers === false) await noteUncommitted(ports, id);
  const written = await changeRow(ports.store.runs, at.run(id), (run) => {
    outgoing = [];
    if (run === undefined || isEnded(run.state)) return undefined;
    if (isSettling(run) && !chainDead) return { ...run, stop: run.stop ?? { ...reason, answers } };
    if (mayHaveWritten(run) && (!chainDead || run.stop?.answers !== false)) {
      const turn = nextTurn(run.turn, 'settle', now);
      outgoing = [runMessage(id, turn, now)];
      // It has begun anew: whoever looks for stalled runs leaves it the time to commit.
      return {
        ...run,
        turn,
        progressAt: now,
        stop: { ...(run.stop ?? reason), answers: answers && !chainDead },
      };
    }
    const settling = run.state === 'sending' ? { ...run, state: toRunState(run.state, 'settling') } : run;
    const state = run.state === 'cancelling' ? 'cancelled' : 'failed';
    return { ...ended(settling, state, reason, tally, now), turn: idleTurn(run.turn, now) };
  });
  if (written !== undefined && isEnded(written.value.state)) await afterEnd(ports, written.value);
  return outgoing;
}

/** Stored before the run ends: what it posted is then known to the next run, whatever happens in between. */
async function noteUncommitted(ports: Ports, id: RunId): Promise<void> {
  await changeRow(ports.store.states, at.state(exportOf(id)), (stored) =>
    stored === undefined ? undefined : { ...stored, uncommitted: id },
  );
}

/** An export whose run met what a person must mend: no further scheduled run until then. */
export async function pauseExport(ports: Ports, run: Run, reason: string, remedy: string): Promise<void> {
  await changeRow(ports.store.states, at.state(exportOf(run.id)), (stored) =>
    stored === undefined ? undefined : { ...stored, paused: { reason, remedy, at: ports.clock.now() } },
  );
}

/** All faults of a configuration in one sentence each. */
export const describeFaults = (faults: readonly ConfigurationFault[]): string =>
  faults.map((fault) => `${fault.field}: ${fault.message} ${fault.remedy}`).join(' ');
