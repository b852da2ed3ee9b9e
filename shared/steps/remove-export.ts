import type { Caller } from '../domain/access.ts';
import { type BrandId, brandId, type ExportId } from '../domain/ids.ts';
import type { SavedExport } from '../domain/saved.ts';
import { isEnded } from '../domain/states.ts';
import type { Ports } from '../ports/ports.ts';
import { at, paths } from './addresses.ts';
import { type Ending, endActiveRun, endRun } from './end-active-run.ts';
import { mayChange } from './export-access.ts';
import type { VaultFault } from './left-secrets.ts';
import { hashSecretName } from './load.ts';
import { removeAccount } from './remove-account.ts';
import { noteRevision } from './revise-export.ts';

/** A marker's name in a brand that stays the removed export's, as contacts may have it set. */
export interface LeftMarker {
  readonly brand: BrandId;
  readonly name: string;
}

export type Removal =
  | { readonly kind: 'removed'; readonly markers: readonly LeftMarker[] }
  /** A run settles first, or there is more to remove than fits one call; asked again, it goes on. */
  | Ending
  /** Its secret is still in the vault, and the export marked for removal; asked again, it goes on. */
  | { readonly kind: 'vault'; readonly fault: VaultFault['kind'] }
  | { readonly kind: 'unknown-export' }
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'changed'; readonly revision: number };

interface Options {
  /** Lets others have the names of its markers, whatever contacts have set in Omnisend. For administrators. */
  readonly freeMarkers?: boolean;
}

/**
 * Removes an export with its runs, spool, lists of rows, snapshots of every brand, and hash secret. What Omnisend has
 * stays there; so does the history of the definition here. `ifRevision`: `null` removes whatever is there.
 */
export async function removeExport(
  ports: Ports,
  id: ExportId,
  caller: Caller,
  ifRevision: number | null,
  { freeMarkers = false }: Options = {},
): Promise<Removal> {
  if (freeMarkers && caller.role !== 'administrator') return { kind: 'forbidden' };
  const row = await ports.store.exports.get(at.export(id));
  if (row === undefined) return freeMarkers ? freeLater(ports, id) : { kind: 'unknown-export' };
  const { revision, definition, removing } = row.value;
  if (!(await mayChange(ports, caller, definition.connection))) return { kind: 'forbidden' };
  if (ifRevision !== null && ifRevision !== revision) return { kind: 'changed', revision };
  // From here on nobody changes it, and no run of it is made.
  const mark = { at: ports.clock.now(), by: caller.actor };
  const marked = removing ? row : await ports.store.exports.replace(row, { ...row.value, removing: mark });
  if (marked === undefined) return removeExport(ports, id, caller, ifRevision, { freeMarkers });
  const removal = await finishRemoval(ports, marked.value);
  if (removal.kind === 'removed' && freeMarkers) await free(ports, removal.markers);
  return removal;
}

/** A caller is not kept waiting longer; the rest is for the next call. */
const longestMs = 60_000;

/** Removes what is left of an export that is marked for it. Its own row goes last, so that a crash loses nothing. */
export async function finishRemoval(
  ports: Ports,
  saved: SavedExport,
): Promise<Extract<Removal, { readonly kind: 'removed' | 'ending' | 'vault' }>> {
  const { store, blobs, clock } = ports;
  const { id } = saved.definition;
  const until = clock.now() + longestMs;
  const active = await endActiveRun(ports, id);
  if (active !== null) return active;
  const runs = (await store.runs.list(id)).map(({ value }) => value);
  for (const run of runs) {
    const ending = isEnded(run.state) ? null : await endRun(ports, run.id);
    if (ending !== null) return ending;
  }
  const markers = await markersOf(ports, id);
  for (const prefix of [paths.snapshotsOfExport(id), ...paths.ofRunsOf(id)]) await blobs.removeAll(prefix);
  for (const run of runs) {
    if (clock.now() > until) return { kind: 'ending', run: run.id, messages: [] };
    await removeAccount(ports, run.id);
  }
  for (const skipped of await store.skipped.list(id)) await store.skipped.remove(skipped);
  for (const snapshot of await store.snapshots.list(id)) await store.snapshots.remove(snapshot);
  const secret = await ports.secrets.remove(hashSecretName(saved));
  if (secret.kind !== 'absent') return { kind: 'vault', fault: secret.kind };
  await store.states.remove(at.state(id));
  const updated = saved.removing ?? saved.updated;
  await noteRevision(ports, { ...saved, revision: saved.revision + 1, updated }, 'removed');
  await store.exports.remove(at.export(id));
  return { kind: 'removed', markers };
}

/** Names that were its own in every brand that any export went to. */
async function markersOf({ store }: Ports, id: ExportId): Promise<readonly LeftMarker[]> {
  const states = await store.states.list('exports');
  const brands = new Set([
    ...(await store.brands.list('brands')).map(({ key }) => key),
    ...(await store.snapshots.list(id)).map(({ key }) => key),
    ...states.flatMap(({ value }) => value.brand ?? []),
  ]);
  const left: LeftMarker[] = [];
  for (const brand of [...brands].sort().map((key) => brandId.parse(key))) {
    for (const { key: name, value } of await store.markers.list(brand)) {
      if (value.export === id) left.push({ brand, name });
    }
  }
  return left;
}

async function free({ store }: Ports, markers: readonly LeftMarker[]): Promise<void> {
  for (const { brand, name } of markers) await store.markers.remove(at.marker(brand, name));
}

/** Of an export that is gone already. */
async function freeLater(ports: Ports, id: ExportId): Promise<Removal> {
  const markers = await markersOf(ports, id);
  await free(ports, markers);
  return markers.length === 0 ? { kind: 'unknown-export' } : { kind: 'removed', markers };
}
