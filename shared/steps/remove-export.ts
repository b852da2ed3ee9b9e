import type { Caller } from '../domain/access.ts';
import type { ExportId, RunId } from '../domain/ids.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { cancelRun } from './cancel-run.ts';

export type ExportRemoval =
  | { readonly kind: 'removed' }
  | { readonly kind: 'ending'; readonly run: RunId; readonly messages: readonly Outgoing[] }
  | { readonly kind: 'unknown-export' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'changed'; readonly revision: number };

/** Removes an export, when its run has ended. */
export async function removeExport(
  ports: Ports,
  id: ExportId,
  _caller: Caller,
  _ifRevision: number | null,
): Promise<ExportRemoval> {
  const claim = (await ports.store.states.get(at.state(id)))?.value.active ?? null;
  if (claim !== null) {
    const stopped = await cancelRun(ports, claim.runId);
    const messages = stopped.kind === 'cancelling' ? stopped.messages : [];
    if (stopped.kind === 'cancelling' || stopped.kind === 'unknown')
      return { kind: 'ending', run: claim.runId, messages };
  }
  await ports.store.exports.remove(at.export(id));
  await ports.store.states.remove(at.state(id));
  return { kind: 'removed' };
}
