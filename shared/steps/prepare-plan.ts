import { exportOf } from '../domain/ids.ts';
import type { Run } from '../domain/run.ts';
import { isEnded } from '../domain/states.ts';
import { nextTurn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { commitMissing } from './commit-snapshot.ts';
import { describeFaults, failRun } from './end-run.ts';
import type { Held } from './in-turn.ts';
import { questionOf } from './load.ts';
import { runMessage } from './outgoing.ts';
import { superviseSuperseded } from './supervise-run.ts';

const pauseMs = 30_000;

/**
 * What has to be so before a run is planned: the source was looked at again once all of it was read, no other run of the
 * export is left, and what they posted is committed. `null`: it is so; else what the step ends with.
 */
export async function preparePlan(ports: Ports, held: Held<Run>): Promise<readonly Outgoing[] | null> {
  if (held.value.marks?.after === null) {
    const marked = await markAfter(ports, held);
    if (marked !== null) return marked;
  }
  if (held.value.plan === null) {
    const others = await endOthers(ports, held.value);
    if (others !== null) return wait(ports, held, others);
    await commitMissing(ports, held.value);
  }
  return null;
}

/** The source as it is when all of it is read. `null`: it is stored, and the run goes on. */
async function markAfter(ports: Ports, held: Held<Run>): Promise<readonly Outgoing[] | null> {
  const mark = await ports.source.mark(questionOf(held.value));
  if (mark.kind === 'ok') {
    await held.update((run) => ({ ...run, marks: run.marks && { ...run.marks, after: mark.value } }));
    return null;
  }
  ports.log.warn('source-faulted', { run: held.value.id, slice: null, kind: mark.kind });
  if (mark.kind === 'configuration') {
    // A segment or column that went away while it was read.
    const failed = await failRun(ports, held.value.id, {
      code: 'source-misconfigured',
      message: describeFaults(mark.faults),
    });
    return failed;
  }
  return wait(ports, held, [], mark.kind === 'throttled' ? mark.retryAfterSeconds * 1000 : pauseMs);
}

/**
 * Runs of the export that have not ended, though this one took their place: what they posted must be in the snapshot
 * before it is planned against. `null`: there are none.
 */
async function endOthers(ports: Ports, run: Run): Promise<readonly Outgoing[] | null> {
  const rows = await ports.store.runs.list(exportOf(run.id));
  const others = rows.filter(({ value }) => value.id !== run.id && !isEnded(value.state));
  if (others.length === 0) return null;
  const messages: Outgoing[] = [];
  for (const { value } of others) messages.push(...(await superviseSuperseded(ports, value)));
  return messages;
}

async function wait(
  ports: Ports,
  held: Held<Run>,
  messages: readonly Outgoing[],
  delayMs = pauseMs,
): Promise<readonly Outgoing[]> {
  const now = ports.clock.now();
  const turn = nextTurn(held.turn, 'plan-shards', now, now + delayMs);
  await held.end(turn);
  ports.log.info('run-waits', { run: held.value.id });
  return [...messages, runMessage(held.value.id, turn, now)];
}
