import type { RunId } from '../domain/ids.ts';
import { toRunState } from '../domain/states.ts';
import { nextTurn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { noteMerging } from './find-merging.ts';
import { runMessage } from './outgoing.ts';

export type Approval =
  | { readonly kind: 'approved'; readonly messages: readonly Outgoing[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-held'; readonly state: string }
  | { readonly kind: 'not-approvable'; readonly reason: string };

/** A person's word that a held run may be sent. */
export async function approveRun(ports: Ports, id: RunId): Promise<Approval> {
  const now = ports.clock.now();
  let approved: readonly Outgoing[] | undefined;
  /** Approving it is a person's word that properties are merged. */
  let isWord = false;
  const row = await changeRow(ports.store.runs, at.run(id), (run) => {
    approved = undefined;
    if (run?.state !== 'held' || run.reason?.code === 'properties-replaced') return undefined;
    isWord = run.reason?.code === 'merging-unknown';
    const turn = nextTurn(run.turn, 'cut-pages', now);
    approved = [runMessage(id, turn, now)];
    const state = toRunState(run.state, 'planning');
    return { ...run, state, reason: null, approvedAt: now, turn, progressAt: now };
  });
  if (row === undefined) return { kind: 'unknown' };
  if (approved === undefined) {
    const { state, reason } = row.value;
    return state === 'held'
      ? { kind: 'not-approvable', reason: reason?.message ?? '' }
      : { kind: 'not-held', state };
  }
  if (isWord && row.value.brand !== null) await noteMerging(ports, row.value.brand.id, 'merges');
  return { kind: 'approved', messages: approved };
}
