import type { Caller } from '../domain/access.ts';
import type { ConfigurationFault } from '../domain/answers.ts';
import type { ConnectionDefinition } from '../domain/definition.ts';
import { privacyStatement } from '../domain/privacy-statement.ts';
import type { SavedConnection } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import type { Row } from '../ports/rows.ts';
import { at } from './addresses.ts';
import { type Conflict, changeConnection, conflictOf, type SeenRevision } from './change-connection.ts';
import { nextRevision, noteRevision } from './connection-revisions.ts';
import { type ConnectionDetails, detailsOf, savedExports } from './list-connections.ts';
import { type GivenKey, type KeyFault, placeOf, storeKey } from './store-key.ts';

/** A connection as somebody wants it to be. */
export interface WantedConnection {
  readonly definition: ConnectionDefinition;
  /** The wording of the data-privacy statement that is agreed to; absent: none is. */
  readonly agreedTo?: string;
  /** For a new connection only; another key is given by a rotation. */
  readonly key?: GivenKey;
}

export type SavingConnection =
  | { readonly kind: 'created' | 'edited'; readonly connection: ConnectionDetails }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigurationFault[] }
  | KeyFault
  | Conflict;

/** Makes a connection, or edits its name and who may use it. Nothing is asked of Omnisend. */
export async function saveConnection(
  ports: Ports,
  caller: Caller,
  wanted: WantedConnection,
  seen: SeenRevision,
): Promise<SavingConnection> {
  const row = await ports.store.connections.get(at.connection(wanted.definition.id));
  if (row !== undefined) return edit(ports, caller, wanted, row.value, seen);
  if (seen.kind === 'revision' || seen.kind === 'other') return { kind: 'changed', revision: null };
  return create(ports, caller, wanted);
}

async function create(
  ports: Ports,
  { actor }: Caller,
  { definition, agreedTo, key }: WantedConnection,
): Promise<SavingConnection> {
  const faults = [...consentFaults(agreedTo, true), ...(key === undefined ? [noKey] : [])];
  if (faults.length > 0 || key === undefined || agreedTo === undefined) return { kind: 'faults', faults };
  const place = placeOf(ports, definition.id, key);
  if (key.kind === 'name') {
    const fault = await storeKey(ports, place, key);
    if (fault !== null) return fault;
  }

  const once = { at: ports.clock.now(), by: actor };
  const saved: SavedConnection = {
    definition,
    ...place,
    consent: { ...once, wording: agreedTo },
    revision: await nextRevision(ports, definition.id),
    created: once,
    updated: once,
    change: 'created',
  };
  // Before the secret, so that no key can be left in the vault that no row names.
  const row = await ports.store.connections.insert(at.connection(definition.id), saved);
  if (row === undefined) {
    const other = await ports.store.connections.get(at.connection(definition.id));
    return { kind: 'changed', revision: other?.value.revision ?? null };
  }
  if (key.kind === 'key') {
    const fault = await storeKey(ports, saved, key);
    if (fault !== null) {
      await takeBack(ports, row);
      return fault;
    }
  }
  await noteRevision(ports, saved);
  ports.log.info('connection-saved', { connection: definition.id, revision: saved.revision });
  return { kind: 'created', connection: detailsOf(saved, await savedExports(ports)) };
}

/** Where somebody has changed it meanwhile, it stays: what it lacks is a key, which a rotation gives it. */
async function takeBack(ports: Ports, row: Row<SavedConnection>): Promise<void> {
  await ports.secrets.remove(row.value.secretName);
  const { created } = row.value;
  const claimed = await ports.store.connections.replace(row, { ...row.value, removing: created });
  if (claimed !== undefined) await ports.store.connections.remove(row);
}

async function edit(
  ports: Ports,
  caller: Caller,
  wanted: WantedConnection,
  before: SavedConnection,
  seen: SeenRevision,
): Promise<SavingConnection> {
  const { definition, agreedTo, key } = wanted;
  const conflict = conflictOf(seen, before);
  if (conflict !== null) return conflict;
  const faults = [...consentFaults(agreedTo, false), ...(key === undefined ? [] : [keyOnEdit])];
  if (faults.length > 0) return { kind: 'faults', faults };
  const exports = await savedExports(ports);
  const { displayName, sharedWith } = before.definition;
  const isSame = displayName === definition.displayName && sharedWith === definition.sharedWith;
  if (isSame && agreedTo === undefined) return { kind: 'edited', connection: detailsOf(before, exports) };

  const updated = { at: ports.clock.now(), by: caller.actor };
  const after = await changeConnection(ports, definition.id, seen, (stored) => ({
    ...stored,
    definition,
    ...(agreedTo !== undefined && { consent: { ...updated, wording: agreedTo } }),
    revision: stored.revision + 1,
    updated,
    change: 'edited',
  }));
  if ('kind' in after) return after;
  ports.log.info('connection-saved', { connection: definition.id, revision: after.revision });
  return { kind: 'edited', connection: detailsOf(after, exports) };
}

const consentFaults = (agreedTo: string | undefined, isNeeded: boolean): readonly ConfigurationFault[] => {
  if (agreedTo === privacyStatement.wording || (agreedTo === undefined && !isNeeded)) return [];
  const remedy = `Read GET /api/privacy-statement, then send "agree": true and "wording": "${privacyStatement.wording}".`;
  return agreedTo === undefined
    ? [{ field: 'agree', message: 'Nobody has agreed to the data-privacy statement.', remedy }]
    : [{ field: 'wording', message: 'The data-privacy statement has another wording now.', remedy }];
};

const noKey: ConfigurationFault = {
  field: 'apiKey',
  message: 'A new connection needs a key.',
  remedy: 'Send either "apiKey" or "secretName".',
};
const keyOnEdit: ConfigurationFault = {
  field: 'apiKey',
  message: 'An edit changes no key.',
  remedy: 'Leave "apiKey" and "secretName" out; a key is changed by PUT /api/connections/{id}/key.',
};
