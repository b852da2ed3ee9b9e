import type { ConnectionId } from '../domain/ids.ts';
import type { Revision, SavedConnection } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { type RevisionList, revisionsBefore } from './list-revisions.ts';

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

/** Who changed a connection, when, and to what; also of one that is removed. `undefined`: there never was one. */
export async function listConnectionRevisions(
  ports: Ports,
  id: ConnectionId,
  range: { readonly before: number | null; readonly limit: number },
): Promise<RevisionList | undefined> {
  const present = (await ports.store.connections.get(at.connection(id)))?.value;
  if (present !== undefined) await noteRevision(ports, present);
  const all = await listed(ports, id);
  return all.length === 0 ? undefined : revisionsBefore(all, range);
}
