import type { Caller } from '../domain/access.ts';
import type { ConnectionId, ExportId } from '../domain/ids.ts';
import type { SavedConnection, Touch } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { type Conflict, changeConnection, conflictOf, type SeenRevision } from './change-connection.ts';
import { changeRow } from './change-row.ts';
import { removeLeftSecrets } from './left-secrets.ts';
import { type ConnectionDetails, detailsOf, savedExports } from './list-connections.ts';
import { type GivenKey, type KeyFault, type KeyPlace, placeOf, storeKey } from './store-key.ts';

export type Rotation =
  | {
      readonly kind: 'rotated';
      readonly connection: ConnectionDetails;
      /** Exports that were paused until now. */
      readonly resumed: readonly ExportId[];
      /** A secret of the app's that held a former key is still in the vault; the app removes it within hours. */
      readonly isFormerLeft: boolean;
    }
  | { readonly kind: 'unknown-connection' }
  | KeyFault
  | Conflict;

/**
 * Gives a connection another key, under a secret's name that it did not have before. Runs under way go on with it, and
 * the pause of its exports ends; a key of another brand is found out by the next run, or by connecting.
 */
export async function rotateKey(
  ports: Ports,
  id: ConnectionId,
  caller: Caller,
  given: GivenKey,
  seen: SeenRevision,
): Promise<Rotation> {
  const before = (await ports.store.connections.get(at.connection(id)))?.value;
  if (before === undefined) return { kind: 'unknown-connection' };
  const conflict = conflictOf(seen, before);
  if (conflict !== null) return conflict;

  const place = placeOf(ports, id, given);
  // Named as left over until it is the connection's, so that a crash leaves no key in the vault that no row names.
  if (place.isOwnSecret) await addLeft(ports, id, place.secretName);
  const fault = await storeKey(ports, place, given);
  const updated = { at: ports.clock.now(), by: caller.actor };
  const written = fault ?? (await changeConnection(ports, id, seen, withKey(place, updated)));
  if ('kind' in written) {
    if (place.isOwnSecret) await ports.secrets.remove(place.secretName);
    await removeLeftSecrets(ports, id, ({ name }) => name === place.secretName);
    return written;
  }
  await tellRuns(ports, id, before.secretName, written.secretName);
  const resumed = await endPauses(ports, id);
  ports.log.info('key-rotated', { connection: id, revision: written.revision, resumed: resumed.length });

  await removeLeftSecrets(ports, id, ({ name }) => name === before.secretName);
  const now = (await ports.store.connections.get(at.connection(id)))?.value;
  const isFormerLeft = now?.leftSecrets?.some(({ name }) => name === before.secretName) ?? false;
  return {
    kind: 'rotated',
    connection: detailsOf(written, await savedExports(ports)),
    resumed,
    isFormerLeft,
  };
}

const addLeft = (ports: Ports, id: ConnectionId, name: string) =>
  changeRow(
    ports.store.connections,
    at.connection(id),
    (stored) =>
      stored && {
        ...stored,
        leftSecrets: [...(stored.leftSecrets ?? []), { name, since: ports.clock.now() }],
      },
  );

/** The connection with the key in that place; the secret of the former one is left over. */
const withKey =
  (place: KeyPlace, updated: Touch) =>
  (stored: SavedConnection): SavedConnection => {
    const others = (stored.leftSecrets ?? []).filter(({ name }) => name !== place.secretName);
    const isFormerOwn = stored.isOwnSecret && stored.secretName !== place.secretName;
    const former = isFormerOwn ? [{ name: stored.secretName, since: updated.at }] : [];
    return {
      ...stored,
      ...place,
      leftSecrets: [...others, ...former],
      revision: stored.revision + 1,
      updated,
      change: 'key-rotated',
    };
  };

/** A run names the secret that it began with, and would find it gone. */
async function tellRuns(ports: Ports, id: ConnectionId, former: string, present: string): Promise<void> {
  for (const one of await exportsOf(ports, id)) {
    const claim = (await ports.store.states.get(at.state(one)))?.value.active;
    if (claim === undefined || claim === null) continue;
    await changeRow(ports.store.runs, at.run(claim.runId), (run) =>
      run?.secretName === former ? { ...run, secretName: present } : undefined,
    );
  }
}

async function endPauses(ports: Ports, id: ConnectionId): Promise<readonly ExportId[]> {
  const resumed: ExportId[] = [];
  for (const one of await exportsOf(ports, id)) {
    let isPaused = false;
    await changeRow(ports.store.states, at.state(one), (stored) => {
      isPaused = stored !== undefined && stored.paused !== null;
      return stored !== undefined && isPaused ? { ...stored, paused: null } : undefined;
    });
    if (isPaused) resumed.push(one);
  }
  return resumed;
}

/** Detached ones included: a run of theirs may still be ending. */
const exportsOf = async (ports: Ports, id: ConnectionId): Promise<readonly ExportId[]> =>
  (await savedExports(ports))
    .map(({ definition }) => definition)
    .filter(({ connection }) => connection === id)
    .map((definition) => definition.id);
