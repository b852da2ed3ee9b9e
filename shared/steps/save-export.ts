import type { Caller } from '../domain/access.ts';
import type { ConfigurationFault } from '../domain/answers.ts';
import type { DefinitionWarning } from '../domain/definition-warnings.ts';
import type { ExportId } from '../domain/ids.ts';
import { readDefinition } from '../domain/read-definition.ts';
import type { SavedExport } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import type { Row } from '../ports/rows.ts';
import { at } from './addresses.ts';
import { checkDefinition } from './check-definition.ts';
import { mayChange, mayUse } from './export-access.ts';
import { createExport, endPause, reviseExport } from './revise-export.ts';

export type Saving =
  | {
      readonly kind: 'created' | 'saved';
      readonly saved: SavedExport;
      readonly warnings: readonly DefinitionWarning[];
    }
  /** It could be saved as it is; nothing was. */
  | { readonly kind: 'checked'; readonly warnings: readonly DefinitionWarning[] }
  | { readonly kind: 'wrong'; readonly faults: readonly ConfigurationFault[] }
  | { readonly kind: 'forbidden' }
  /** Somebody else changed it, or made it (`new` was asked for). `null`: it is not there. */
  | { readonly kind: 'changed'; readonly revision: number | null }
  | { readonly kind: 'removing' };

/** What the caller takes for true: there is no such document, or it has this revision. */
export type Basis = 'new' | number;

interface Options {
  readonly basis: Basis;
  /** Finds every fault, and stores nothing. */
  readonly isCheckOnly?: boolean;
}

/** Makes or edits an export, as far as nothing is wrong with it. Nothing is run; an edit ends a pause. */
export async function saveExport(
  ports: Ports,
  id: ExportId,
  body: unknown,
  caller: Caller,
  { basis, isCheckOnly = false }: Options,
): Promise<Saving> {
  const row = await ports.store.exports.get(at.export(id));
  if (row !== undefined && !(await mayChange(ports, caller, row.value.definition.connection))) {
    return { kind: 'forbidden' };
  }
  if (!isCheckOnly && !isBasedOn(row, basis))
    return { kind: 'changed', revision: row?.value.revision ?? null };
  if (row?.value.removing) return { kind: 'removing' };

  const read = readDefinition(id, body);
  const { definition } = read;
  const connection = await ports.store.connections.get(at.connection(definition.connection));
  // One that does not exist is a fault among the others.
  if (caller.role === 'viewer' || (connection !== undefined && !mayUse(caller, connection.value))) {
    return { kind: 'forbidden' };
  }
  const checked = await checkDefinition(ports, read);
  const faults = [...read.faults, ...checked.faults];
  if (faults.length > 0) return { kind: 'wrong', faults };
  const { warnings } = checked;
  if (isCheckOnly) return { kind: 'checked', warnings };

  if (row === undefined) {
    const created = await createExport(ports, definition, caller);
    return created === undefined ? lost(ports, id) : { kind: 'created', saved: created, warnings };
  }
  const what = row.value.isDetached ? 'attached' : 'edited';
  const written = await reviseExport(ports, row, { definition, isDetached: false }, what, caller);
  if (written === undefined) return lost(ports, id);
  await endPause(ports, id);
  return { kind: 'saved', saved: written.value, warnings };
}

const isBasedOn = (row: Row<SavedExport> | undefined, basis: Basis): boolean =>
  basis === 'new' ? row === undefined : basis === row?.value.revision;

/** Somebody else's change came first. */
async function lost(ports: Ports, id: ExportId): Promise<Saving> {
  const row = await ports.store.exports.get(at.export(id));
  return { kind: 'changed', revision: row?.value.revision ?? null };
}
