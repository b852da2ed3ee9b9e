import type { Caller } from '../domain/access.ts';
import type { ConnectionDefinition } from '../domain/definition.ts';
import type { ConnectionId, ExportId } from '../domain/ids.ts';
import { listAfter } from '../domain/listing.ts';
import type { SavedConnection, SavedExport } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { type TouchView, touchView } from './touch-view.ts';

/** All that a contributor sees of a connection that is shared. */
export interface ConnectionName {
  readonly id: ConnectionId;
  readonly displayName: string;
  readonly type: 'omnisend';
}

export interface Dependent {
  readonly id: ExportId;
  readonly displayName: string;
}

/** What an administrator sees of it: all but the key, which nobody does. */
export interface ConnectionDetails extends ConnectionName {
  readonly sharedWith: ConnectionDefinition['sharedWith'];
  readonly secretName: string;
  /** Made by the app, which therefore removes it with the connection. */
  readonly isOwnSecret: boolean;
  readonly consent: TouchView & { readonly wording: string };
  readonly revision: number;
  readonly created: TouchView;
  readonly updated: TouchView;
  /** Since when it is being removed; `null`: it is not. */
  readonly removing: TouchView | null;
  /** Exports that use it; detached ones do not. */
  readonly exports: readonly Dependent[];
}

export const isInFull = (connection: ConnectionName | ConnectionDetails): connection is ConnectionDetails =>
  'revision' in connection;

export interface ConnectionList {
  readonly connections: readonly (ConnectionName | ConnectionDetails)[];
  /** The last id of this part, where there are more. */
  readonly next: string | null;
}

/** The connections that this caller may see, by id, from the one behind `after` on. */
export async function listConnections(
  ports: Ports,
  caller: Caller,
  page: { readonly after: string | null; readonly limit: number },
): Promise<ConnectionList> {
  const exports = await savedExports(ports);
  const seen = (await ports.store.connections.list('connections')).flatMap(
    ({ value }) => seenBy(caller, value, exports) ?? [],
  );
  const { part, next } = listAfter(seen, ({ id }) => id, page);
  return { connections: part, next };
}

/** One connection as this caller may see it. `undefined`: there is none, or it is not for this caller. */
export async function describeConnection(
  ports: Ports,
  id: ConnectionId,
  caller: Caller,
): Promise<ConnectionName | ConnectionDetails | undefined> {
  const saved = (await ports.store.connections.get(at.connection(id)))?.value;
  return saved && seenBy(caller, saved, await savedExports(ports));
}

const seenBy = (
  { role }: Caller,
  saved: SavedConnection,
  exports: readonly SavedExport[],
): ConnectionName | ConnectionDetails | undefined => {
  const { id, displayName, sharedWith } = saved.definition;
  switch (role) {
    case 'administrator':
      return detailsOf(saved, exports);
    case 'contributor':
      return sharedWith === 'contributors' ? { id, displayName, type: 'omnisend' } : undefined;
    case 'viewer':
      return undefined;
  }
};

export const detailsOf = (saved: SavedConnection, exports: readonly SavedExport[]): ConnectionDetails => {
  const { definition, secretName, isOwnSecret, consent, revision, created, updated, removing } = saved;
  const { id, displayName, sharedWith } = definition;
  return {
    id,
    displayName,
    type: 'omnisend',
    sharedWith,
    secretName,
    isOwnSecret,
    consent: { ...touchView(consent), wording: consent.wording },
    revision,
    created: touchView(created),
    updated: touchView(updated),
    removing: removing === undefined ? null : touchView(removing),
    exports: dependentsOf(id, exports),
  };
};

export const savedExports = async (ports: Ports): Promise<readonly SavedExport[]> =>
  (await ports.store.exports.list('exports')).map(({ value }) => value);

export const dependentsOf = (id: ConnectionId, exports: readonly SavedExport[]): readonly Dependent[] =>
  exports
    .filter(({ definition, isDetached }) => definition.connection === id && !isDetached)
    .map(({ definition }) => ({ id: definition.id, displayName: definition.displayName }));
