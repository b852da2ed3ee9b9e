import type { ConnectionId } from '../domain/ids.ts';
import type { SavedConnection } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { noteRevision } from './connection-revisions.ts';

/** Which state of a document its writer has seen: none, this revision, or one that it never had. */
export type SeenRevision =
  | { readonly kind: 'unsaid' }
  | { readonly kind: 'none' }
  | { readonly kind: 'revision'; readonly revision: number }
  | { readonly kind: 'other' };

export type Conflict =
  /** The writer has not said what was seen. */
  | { readonly kind: 'unseen'; readonly revision: number }
  /** Somebody else was first; `null`: it is gone. Nothing is changed. */
  | { readonly kind: 'changed'; readonly revision: number | null }
  | { readonly kind: 'being-removed' };

/** What stands in the way of a write by somebody who has seen that state. */
export const conflictOf = (
  seen: SeenRevision,
  { revision, removing }: Pick<SavedConnection, 'revision' | 'removing'>,
): Conflict | null => {
  if (seen.kind === 'unsaid') return { kind: 'unseen', revision };
  if (seen.kind !== 'revision' || seen.revision !== revision) return { kind: 'changed', revision };
  return removing === undefined ? null : { kind: 'being-removed' };
};

const maxTries = 50;

/** Changes a connection that is as its writer has seen it, and notes its revisions. */
export async function changeConnection(
  ports: Ports,
  id: ConnectionId,
  seen: SeenRevision,
  change: (stored: SavedConnection) => SavedConnection,
): Promise<SavedConnection | Conflict> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const row = await ports.store.connections.get(at.connection(id));
    if (row === undefined) return { kind: 'changed', revision: null };
    const conflict = conflictOf(seen, row.value);
    if (conflict !== null) return conflict;
    await noteRevision(ports, row.value);
    // Refused where somebody else has written, be it a clean-up of secrets, which is no change of the document.
    const written = await ports.store.connections.replace(row, change(row.value));
    if (written === undefined) continue;
    await noteRevision(ports, written.value);
    return written.value;
  }
  throw new Error(`The connection ${id} was changed by others ${maxTries} times in a row.`);
}
