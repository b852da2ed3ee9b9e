import type { Caller } from '../../shared/domain/access.ts';
import { connectionDefinition } from '../../shared/domain/definition.ts';
import type { ConnectionId } from '../../shared/domain/ids.ts';
import { privacyStatement } from '../../shared/domain/privacy-statement.ts';
import type { SavedConnection } from '../../shared/domain/saved.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { at } from '../../shared/steps/addresses.ts';
import type { SeenRevision } from '../../shared/steps/change-connection.ts';
import { saveConnection, type WantedConnection } from '../../shared/steps/save-connection.ts';

const callerOf = (role: Caller['role']): Caller => ({ actor: { id: `id-of-${role}`, name: null }, role });
export const administrator = callerOf('administrator');
export const contributor = callerOf('contributor');
export const viewer = callerOf('viewer');

export const definitionOf = (
  id: string,
  displayName = `Brand ${id}`,
  sharedWith: 'administrators' | 'contributors' = 'administrators',
) => connectionDefinition.parse({ id, displayName, sharedWith });

export const unsaid: SeenRevision = { kind: 'unsaid' };
export const seen = (revision: number): SeenRevision => ({ kind: 'revision', revision });

export const keyOf = (apiKey: string) => ({ kind: 'key', apiKey }) as const;
export const named = (secretName: string) => ({ kind: 'name', secretName }) as const;

export const wantedOf = (id: string, more: Partial<WantedConnection> = {}): WantedConnection => ({
  definition: definitionOf(id),
  agreedTo: privacyStatement.wording,
  key: keyOf('a1-full'),
  ...more,
});

/** A connection made as an administrator makes it, with a key of its own. */
export async function made(ports: Ports, id = 'brand-n', apiKey = 'a1-full'): Promise<SavedConnection> {
  const answer = await saveConnection(ports, administrator, wantedOf(id, { key: keyOf(apiKey) }), unsaid);
  if (answer.kind !== 'created') throw new Error(answer.kind);
  return stored(ports, answer.connection.id);
}

export async function stored(ports: Ports, id: ConnectionId): Promise<SavedConnection> {
  const row = await ports.store.connections.get(at.connection(id));
  if (row === undefined) throw new Error(`There is no connection ${id}.`);
  return row.value;
}
