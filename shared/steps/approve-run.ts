import type { RunId } from '../domain/ids.ts';
import { toRunState } from '../domain/states.ts';
import { nextTurn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { runMessage } from './outgoing.ts';

export type Approval =
  | { readonly kind: 'approved'; readonly messages: readonly Outgoing[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-held'; readonly state: string };

/** A person's word that a held run may be sent. */
export async function approveRun(ports: Ports, id: RunId): Promise<Approval> {
  const now = ports.clock.now();
  let approved: readonly Outgoing[] | undefined;
  const row = await changeRow(ports.store.runs, at.run(id), (run) => {
    approved = undefined;
    if (run?.state !== 'held') return undefined;
    const turn = nextTurn(run.turn, 'cut-pages', now);
    approved = [runMessage(id, turn, now)];
    const state = toRunState(run.state, 'planning');
    return { ...run, state, reason: null, approvedAt: now, turn, progressAt: now };
  });
  if (row === undefined) return { kind: 'unknown' };
  if (approved === undefined) return { kind: 'not-held', state: row.value.state };
  return { kind: 'approved', messages: approved };
}
