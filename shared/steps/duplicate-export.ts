import type { Caller } from '../domain/access.ts';
import type { ExportId } from '../domain/ids.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { mayChange } from './export-access.ts';
import { type Saving, saveExport } from './save-export.ts';

export type Duplicating = Saving | { readonly kind: 'unknown-export' };

export interface Copy {
  readonly id: ExportId;
  readonly displayName?: string | undefined;
}

const maxPrefixLength = 40;
const maxNameLength = 100;
const suffix = ' (copy)';

/**
 * A new export with the same definition, but for what would start by surprise or clash: its schedule is off, and its
 * markers have a prefix of their own, as a marker's name belongs to one export.
 */
export async function duplicateExport(
  ports: Ports,
  original: ExportId,
  { id, displayName }: Copy,
  caller: Caller,
): Promise<Duplicating> {
  const saved = (await ports.store.exports.get(at.export(original)))?.value;
  if (saved === undefined) return { kind: 'unknown-export' };
  if (!(await mayChange(ports, caller, saved.definition.connection))) return { kind: 'forbidden' };
  const definition = {
    ...saved.definition,
    id,
    displayName:
      displayName ?? `${saved.definition.displayName.slice(0, maxNameLength - suffix.length)}${suffix}`,
    schedule: 'off',
    markerPrefix: `${id.replaceAll('-', '_').slice(0, maxPrefixLength - 1)}_`,
  };
  return saveExport(ports, id, definition, caller, { basis: 'new' });
}
