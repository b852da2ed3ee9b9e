import type { Caller } from '../domain/access.ts';
import type { ExportId, RunId } from '../domain/ids.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';

export type ExportDetaching =
  | { readonly kind: 'detached' }
  | { readonly kind: 'ending'; readonly run: RunId; readonly messages: readonly Outgoing[] }
  | { readonly kind: 'unknown-export' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'changed'; readonly revision: number };

/** Takes an export off its connection; it keeps its definition and its snapshots. */
export async function detachExport(
  ports: Ports,
  id: ExportId,
  { actor }: Caller,
  _ifRevision: number | null,
): Promise<ExportDetaching> {
  const updated = { at: ports.clock.now(), by: actor };
  const row = await changeRow(ports.store.exports, at.export(id), (stored) =>
    stored === undefined || stored.isDetached
      ? undefined
      : { ...stored, isDetached: true, revision: stored.revision + 1, updated },
  );
  return row === undefined ? { kind: 'unknown-export' } : { kind: 'detached' };
}
