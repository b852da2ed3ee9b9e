import type { RunId } from '../domain/ids.ts';
import { toRunState } from '../domain/states.ts';
import { idleTurn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import { accountFor } from './account.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { afterEnd, ended, type Reason } from './end-run.ts';
import { loadRun } from './load.ts';

/** Ends a held run, which posted nothing. `false`: it is no longer held; of approval and expiry one comes first. */
export async function cancelHeld(ports: Ports, id: RunId, reason: Reason): Promise<boolean> {
  const { value: run } = await loadRun(ports, id);
  const tally = await accountFor(ports, run);
  const now = ports.clock.now();
  let cancelled = false;
  const row = await changeRow(ports.store.runs, at.run(id), (stored) => {
    cancelled = stored?.state === 'held';
    if (stored?.state !== 'held') return undefined;
    const cancelling = { ...stored, state: toRunState(stored.state, 'cancelling') };
    return { ...ended(cancelling, 'cancelled', reason, tally, now), turn: idleTurn(stored.turn, now) };
  });
  if (cancelled && row !== undefined) await afterEnd(ports, row.value);
  return cancelled;
}
