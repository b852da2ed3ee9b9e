import type { Caller } from '../domain/access.ts';
import type { ConnectionId, ExportId, RunId } from '../domain/ids.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { cancelRun } from './cancel-run.ts';
import { type Conflict, changeConnection, conflictOf, type SeenRevision } from './change-connection.ts';
import { noteRevision } from './connection-revisions.ts';
import { detachExport } from './detach-export.ts';
import type { VaultFault } from './left-secrets.ts';
import { type Dependent, dependentsOf, savedExports } from './list-connections.ts';
import { removeExport } from './remove-export.ts';

type Fate = 'remove' | 'detach';

/** What becomes of the exports that use a connection: the same of all, or what is said of each. */
export type Fates = Fate | ReadonlyMap<ExportId, Fate>;

export type ConnectionRemoval =
  | { readonly kind: 'removed'; readonly secret: 'removed' | 'kept' }
  /** These runs settle what they posted; the same call removes the rest when they have ended. */
  | { readonly kind: 'ending'; readonly runs: readonly RunId[]; readonly messages: readonly Outgoing[] }
  /** Nobody said what is to become of these exports. */
  | { readonly kind: 'in-use'; readonly exports: readonly Dependent[] }
  | { readonly kind: 'unknown-connection' }
  | { readonly kind: 'vault'; readonly fault: VaultFault['kind'] }
  /** `being-removed`: by another call of the same moment. */
  | Conflict;

/**
 * Removes a connection, when nothing uses it any more: first its exports are removed or detached and their runs
 * cancelled and settled, then the app's own secrets go, the connection last. Repeating it goes on where it was.
 */
export async function removeConnection(
  ports: Ports,
  id: ConnectionId,
  caller: Caller,
  fates: Fates | null,
  seen: SeenRevision,
): Promise<ConnectionRemoval> {
  const stored = (await ports.store.connections.get(at.connection(id)))?.value;
  if (stored === undefined) return { kind: 'unknown-connection' };
  const conflict = conflictOf(seen, stored);
  const isGoingOn = conflict?.kind === 'being-removed';
  if (conflict !== null && !isGoingOn) return conflict;
  const undecided = dependentsOf(id, await savedExports(ports)).filter(
    (one) => fateOf(fates, one.id) === undefined,
  );
  if (undecided.length > 0) return { kind: 'in-use', exports: undecided };

  // From here on nobody changes it. Its revision stays, so that the same call may be repeated.
  const removing = { at: ports.clock.now(), by: caller.actor };
  const claimed = isGoingOn
    ? stored
    : await changeConnection(ports, id, seen, (present) => ({ ...present, removing }));
  if ('kind' in claimed) return claimed;
  const ending = await partFromExports(ports, id, caller, fates);
  if (ending.runs.length > 0) return { kind: 'ending', runs: ending.runs, messages: ending.messages };
  if (ending.fault !== null) return { kind: 'vault', fault: ending.fault };
  // One that was saved while the others were parted from.
  const late = dependentsOf(id, await savedExports(ports));
  if (late.length > 0) return { kind: 'in-use', exports: late };

  const own = claimed.isOwnSecret ? [claimed.secretName] : [];
  const names = [...own, ...(claimed.leftSecrets ?? []).map(({ name }) => name)];
  for (const name of names) {
    const answer = await ports.secrets.remove(name);
    if (answer.kind !== 'absent') return { kind: 'vault', fault: answer.kind };
  }
  const updated = claimed.removing ?? removing;
  await noteRevision(ports, { ...claimed, revision: claimed.revision + 1, updated, change: 'removed' });
  await ports.store.connections.remove(at.connection(id));
  ports.log.info('connection-removed', { connection: id, secrets: names.length });
  return { kind: 'removed', secret: claimed.isOwnSecret ? 'removed' : 'kept' };
}

const fateOf = (fates: Fates | null, id: ExportId): Fate | undefined =>
  typeof fates === 'string' ? fates : fates?.get(id);

interface Ending {
  readonly runs: readonly RunId[];
  readonly messages: readonly Outgoing[];
}

interface Parting extends Ending {
  /** Why the vault keeps the secret of an export that was to be removed. */
  readonly fault: VaultFault['kind'] | null;
}

async function partFromExports(
  ports: Ports,
  id: ConnectionId,
  caller: Caller,
  fates: Fates | null,
): Promise<Parting> {
  let fault: Parting['fault'] = null;
  const runs = new Set<RunId>();
  const messages: Outgoing[] = [];
  for (const { definition, isDetached } of await savedExports(ports)) {
    if (definition.connection !== id) continue;
    const fate = isDetached ? undefined : fateOf(fates, definition.id);
    const part = fate === 'remove' ? removeExport : detachExport;
    const parted = fate === undefined ? null : await part(ports, definition.id, caller, null);
    if (parted?.kind === 'ending') {
      runs.add(parted.run);
      messages.push(...parted.messages);
      continue;
    }
    if (parted?.kind === 'vault') {
      fault = parted.fault;
      continue;
    }
    // A detached export may still have a run, which needs the key to settle.
    const stopped = await stopRun(ports, definition.id);
    for (const run of stopped.runs) runs.add(run);
    messages.push(...stopped.messages);
  }
  return { runs: [...runs], messages, fault };
}

async function stopRun(ports: Ports, id: ExportId): Promise<Ending> {
  const claim = (await ports.store.states.get(at.state(id)))?.value.active ?? null;
  if (claim === null) return { runs: [], messages: [] };
  const answer = await cancelRun(ports, claim.runId);
  switch (answer.kind) {
    case 'cancelled':
    case 'ended':
      return { runs: [], messages: [] };
    case 'cancelling':
      return { runs: [claim.runId], messages: answer.messages };
    // It is asked for and not stored yet.
    case 'unknown':
      return { runs: [claim.runId], messages: [] };
  }
}
