import type { Caller } from '../domain/access.ts';
import type { ExportId } from '../domain/ids.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { type Ending, endActiveRun } from './end-active-run.ts';
import { mayChange } from './export-access.ts';
import { reviseExport } from './revise-export.ts';

export type Detaching =
  | { readonly kind: 'detached' }
  /** Its active run settles first; asked again, it goes on. */
  | Ending
  | { readonly kind: 'unknown-export' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'changed'; readonly revision: number };

/**
 * Takes an export off its connection: it keeps its definition and what it knows of its brand, and runs no more until
 * it is saved with a connection. `ifRevision`: `null` detaches whatever is there.
 */
export async function detachExport(
  ports: Ports,
  id: ExportId,
  caller: Caller,
  ifRevision: number | null,
): Promise<Detaching> {
  const row = await ports.store.exports.get(at.export(id));
  if (row === undefined || row.value.removing) return { kind: 'unknown-export' };
  if (!(await mayChange(ports, caller, row.value.definition.connection))) return { kind: 'forbidden' };
  // Who asks again, as a run was still ending, comes with the revision of before.
  if (!row.value.isDetached) {
    const { revision } = row.value;
    if (ifRevision !== null && ifRevision !== revision) return { kind: 'changed', revision };
    const written = await reviseExport(ports, row, { isDetached: true }, 'detached', caller);
    if (written === undefined) return lost(ports, id, caller, ifRevision);
  }
  return (await endActiveRun(ports, id)) ?? { kind: 'detached' };
}

/** Somebody else's change came first: it is told, or with nothing to compare tried again. */
async function lost(
  ports: Ports,
  id: ExportId,
  caller: Caller,
  ifRevision: number | null,
): Promise<Detaching> {
  if (ifRevision === null) return detachExport(ports, id, caller, null);
  const row = await ports.store.exports.get(at.export(id));
  return row === undefined ? { kind: 'unknown-export' } : { kind: 'changed', revision: row.value.revision };
}
