import type { Caller } from '../domain/access.ts';
import type { ConnectionId } from '../domain/ids.ts';
import type { SavedConnection } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';

/** What a caller may do with an export. */
export type Permission = 'view' | 'edit' | 'run';

/** Contributors have to do with exports over connections that are shared with them, and with no others. */
export const mayUse = ({ role }: Caller, connection: SavedConnection | undefined): boolean =>
  role === 'administrator' ||
  (role === 'contributor' && connection?.definition.sharedWith === 'contributors');

/** Whether the caller may change and run what goes over this connection. */
export async function mayChange(ports: Ports, caller: Caller, id: ConnectionId): Promise<boolean> {
  return mayUse(caller, (await ports.store.connections.get(at.connection(id)))?.value);
}

export const permissionsOf = (
  caller: Caller,
  connection: SavedConnection | undefined,
): readonly Permission[] => (mayUse(caller, connection) ? ['view', 'edit', 'run'] : ['view']);
