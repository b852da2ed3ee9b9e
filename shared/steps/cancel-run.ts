import type { RunId } from '../domain/ids.ts';
import type { Run } from '../domain/run.ts';
import { isEnded, type RunState, toRunState } from '../domain/states.ts';
import { idleTurn, nextTurn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { finalAccountFor } from './account.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { afterEnd, ended, mayHaveWritten, type Reason } from './end-run.ts';
import { runMessage } from './outgoing.ts';

type Cancelled =
  /** It wrote nothing. */
  | { readonly kind: 'cancelled' }
  /** What it wrote is settled and committed first. */
  | { readonly kind: 'cancelling'; readonly messages: readonly Outgoing[] };

export type Cancellation =
  | Cancelled
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ended'; readonly state: RunState };

const asked: Reason = { code: 'cancelled', message: 'A person cancelled the run.' };

/** A person stops a run: it stops between batches. */
export async function cancelRun(ports: Ports, id: RunId): Promise<Cancellation> {
  const cancelled = await cancelUnsent(ports, id, asked, ['queued', 'reading', 'planning', 'held']);
  if (cancelled !== null) return cancelled;
  let state: RunState | undefined;
  await changeRow(ports.store.runs, at.run(id), (run) => {
    state = run?.state;
    return run?.state === 'sending' || run?.state === 'settling'
      ? { ...run, state: toRunState(run.state, 'cancelling'), reason: asked }
      : undefined;
  });
  if (state === undefined) return { kind: 'unknown' };
  return isEnded(state) ? { kind: 'ended', state } : { kind: 'cancelling', messages: [] };
}

/** Ends a held run. `null`: it is no longer held; of approval and expiry one comes first. */
export const cancelHeld = (ports: Ports, id: RunId, reason: Reason): Promise<Cancelled | null> =>
  cancelUnsent(ports, id, reason, ['held']);

/** Ends a run that is in one of these states, so that posted nothing; some contacts it may have been tried on. */
async function cancelUnsent(
  ports: Ports,
  id: RunId,
  reason: Reason,
  states: readonly Run['state'][],
): Promise<Cancelled | null> {
  const run = await ports.store.runs.get(at.run(id));
  if (run === undefined) return null;
  const tally = await finalAccountFor(ports, run.value);
  const now = ports.clock.now();
  let cancelled: Cancelled | null = null;
  const row = await changeRow(ports.store.runs, at.run(id), (stored) => {
    cancelled = null;
    if (stored === undefined || !states.includes(stored.state)) return undefined;
    const cancelling = { ...stored, state: toRunState(stored.state, 'cancelling'), reason };
    if (mayHaveWritten(stored)) {
      const turn = nextTurn(stored.turn, 'settle', now);
      cancelled = { kind: 'cancelling', messages: [runMessage(id, turn, now)] };
      return { ...cancelling, turn, progressAt: now };
    }
    cancelled = { kind: 'cancelled' };
    return { ...ended(cancelling, 'cancelled', reason, tally, now), turn: idleTurn(stored.turn, now) };
  });
  if (row !== undefined && cancelled !== null && isEnded(row.value.state)) await afterEnd(ports, row.value);
  return cancelled;
}
