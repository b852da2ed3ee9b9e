import type { RunId } from '../domain/ids.ts';
import type { Run } from '../domain/run.ts';
import { isEnded, type RunState, toRunState } from '../domain/states.ts';
import { idleTurn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import { accountFor } from './account.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { afterEnd, ended, type Reason } from './end-run.ts';

export type Cancellation =
  /** `cancelled`: it posted nothing. `cancelling`: what is posted is settled and committed first. */
  | { readonly kind: 'cancelled' | 'cancelling' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ended'; readonly state: RunState };

const asked: Reason = { code: 'cancelled', message: 'A person cancelled the run.' };

/** A person stops a run: it stops between batches. */
export async function cancelRun(ports: Ports, id: RunId): Promise<Cancellation> {
  const cancelled = await cancelUnsent(ports, id, asked, ['queued', 'reading', 'planning', 'held']);
  if (cancelled) return { kind: 'cancelled' };
  let state: RunState | undefined;
  await changeRow(ports.store.runs, at.run(id), (run) => {
    state = run?.state;
    return run?.state === 'sending' || run?.state === 'settling'
      ? { ...run, state: toRunState(run.state, 'cancelling'), reason: asked }
      : undefined;
  });
  if (state === undefined) return { kind: 'unknown' };
  return isEnded(state) ? { kind: 'ended', state } : { kind: 'cancelling' };
}

/** Ends a held run. `false`: it is no longer held; of approval and expiry one comes first. */
export const cancelHeld = (ports: Ports, id: RunId, reason: Reason): Promise<boolean> =>
  cancelUnsent(ports, id, reason, ['held']);

/** Ends a run that is in one of these states and posted nothing. */
async function cancelUnsent(
  ports: Ports,
  id: RunId,
  reason: Reason,
  states: readonly Run['state'][],
): Promise<boolean> {
  const run = await ports.store.runs.get(at.run(id));
  if (run === undefined) return false;
  const tally = await accountFor(ports, run.value);
  const now = ports.clock.now();
  let isCancelled = false;
  const row = await changeRow(ports.store.runs, at.run(id), (stored) => {
    isCancelled = stored !== undefined && states.includes(stored.state);
    if (stored === undefined || !isCancelled) return undefined;
    const cancelling = { ...stored, state: toRunState(stored.state, 'cancelling') };
    return { ...ended(cancelling, 'cancelled', reason, tally, now), turn: idleTurn(stored.turn, now) };
  });
  if (isCancelled && row !== undefined) await afterEnd(ports, row.value);
  return isCancelled;
}
