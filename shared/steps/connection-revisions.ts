import type { ConnectionId } from '../domain/ids.ts';
import type { Revision, SavedConnection } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { type TouchView, touchView } from './list-connections.ts';

/**
 * Notes what a connection is now: after each change, and before the next one, as a crash may have come between. Repeating
 * it changes nothing.
 */
export async function noteRevision(
  ports: Ports,
  { definition, revision, updated, change = 'created' }: SavedConnection,
): Promise<void> {
  const address = at.connectionRevision(definition.id, revision);
  await ports.store.revisions.insert(address, { ...updated, revision, what: change, definition });
}

const listed = async (ports: Ports, id: ConnectionId): Promise<readonly Revision[]> =>
  (await ports.store.revisions.list(`connection-${id}`)).map(({ value }) => value);

/** Numbers go on where a removed connection of that id ended, so that none ever stands for two contents. */
export const nextRevision = async (ports: Ports, id: ConnectionId): Promise<number> =>
  Math.max(0, ...(await listed(ports, id)).map(({ revision }) => revision)) + 1;

export interface RevisionView extends TouchView {
  readonly revision: number;
  readonly what: Revision['what'];
  readonly definition: Revision['definition'];
}

export interface RevisionList {
  /** The newest first. */
  readonly revisions: readonly RevisionView[];
  /** The last number of this part, where there are more. */
  readonly next: number | null;
}

/** Who changed a connection, when, and to what; also of one that is removed. `undefined`: there never was one. */
export async function listConnectionRevisions(
  ports: Ports,
  id: ConnectionId,
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<RevisionList | undefined> {
  const present = (await ports.store.connections.get(at.connection(id)))?.value;
  if (present !== undefined) await noteRevision(ports, present);
  const all = await listed(ports, id);
  if (all.length === 0) return undefined;
  const older = all.filter(({ revision }) => before === null || revision < before).reverse();
  const revisions = older
    .slice(0, limit)
    .map(({ revision, what, definition, ...touch }) => ({ ...touchView(touch), revision, what, definition }));
  return { revisions, next: older.length > limit ? (revisions.at(-1)?.revision ?? null) : null };
}
