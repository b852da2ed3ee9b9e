import type { Caller } from '../domain/access.ts';
import type { ConfigurationFault } from '../domain/answers.ts';
import type { RefreshSchedule } from '../domain/definition.ts';
import type { Revision, SavedRefresh } from '../domain/saved.ts';
import { nextOccurrences, refreshFaults } from '../domain/schedule.ts';
import type { Ports } from '../ports/ports.ts';
import type { Row } from '../ports/rows.ts';
import { at } from './addresses.ts';
import type { Basis } from './save-export.ts';

export interface RefreshView {
  readonly definition: RefreshSchedule;
  readonly revision: number;
  readonly updated: { readonly at: string; readonly by: SavedRefresh['updated']['by'] };
  readonly nextOccurrences: readonly string[];
}

export type RefreshSaving =
  | { readonly kind: 'created' | 'saved'; readonly view: RefreshView }
  | { readonly kind: 'wrong'; readonly faults: readonly ConfigurationFault[] }
  | { readonly kind: 'changed'; readonly revision: number | null };

export type RefreshRemoval =
  | { readonly kind: 'removed' }
  | { readonly kind: 'not-set' }
  | { readonly kind: 'changed'; readonly revision: number };

const occurrencesShown = 5;

/** When exports run that have no schedule of their own. `null`: not set. */
export async function loadRefresh(ports: Ports): Promise<RefreshView | null> {
  const row = await ports.store.schedule.get(at.refresh);
  return row === undefined ? null : view(ports, row.value);
}

export async function saveRefresh(
  ports: Ports,
  definition: RefreshSchedule,
  caller: Caller,
  basis: Basis,
): Promise<RefreshSaving> {
  const row = await ports.store.schedule.get(at.refresh);
  const isThere = row !== undefined && row.value.definition !== null;
  const isBased = basis === 'new' ? !isThere : isThere && basis === row.value.revision;
  if (!isBased) return { kind: 'changed', revision: isThere ? row.value.revision : null };
  const faults = refreshFaults(definition);
  if (faults.length > 0) return { kind: 'wrong', faults };
  const written = await write(ports, row, definition, isThere ? 'edited' : 'created', caller);
  const shown = written && view(ports, written.value);
  return shown ? { kind: isThere ? 'saved' : 'created', view: shown } : lost(ports);
}

/** Exports that ran with it run on demand only. */
export async function removeRefresh(ports: Ports, caller: Caller, basis: number): Promise<RefreshRemoval> {
  const row = await ports.store.schedule.get(at.refresh);
  if (row === undefined || row.value.definition === null) return { kind: 'not-set' };
  const { revision } = row.value;
  if (basis !== revision) return { kind: 'changed', revision };
  const written = await write(ports, row, null, 'removed', caller);
  if (written !== undefined) return { kind: 'removed' };
  const { revision: theirs } = await lost(ports);
  return theirs === null ? { kind: 'not-set' } : { kind: 'changed', revision: theirs };
}

/** The row stays when the document goes, so that its numbers go on. `undefined`: somebody else was faster. */
async function write(
  { store, clock, log }: Ports,
  row: Row<SavedRefresh> | undefined,
  definition: RefreshSchedule | null,
  what: Revision['what'],
  { actor }: Caller,
): Promise<Row<SavedRefresh> | undefined> {
  const touch = { at: clock.now(), by: actor };
  const revision = (row?.value.revision ?? 0) + 1;
  const saved = { definition, revision, created: row?.value.created ?? touch, updated: touch };
  const written =
    row === undefined
      ? await store.schedule.insert(at.refresh, saved)
      : await store.schedule.replace(row, saved);
  const of = definition ?? row?.value.definition;
  if (written === undefined || !of) return written;
  await store.revisions.insert(at.refreshRevision(revision), { revision, what, definition: of, ...touch });
  log.info('schedule-changed', { revision, what, by: actor.id });
  return written;
}

async function lost(ports: Ports): Promise<Extract<RefreshSaving, { readonly kind: 'changed' }>> {
  const row = await ports.store.schedule.get(at.refresh);
  return { kind: 'changed', revision: row?.value.definition ? row.value.revision : null };
}

const view = ({ clock }: Ports, { definition, revision, updated }: SavedRefresh): RefreshView | null =>
  definition && {
    definition,
    revision,
    updated: { at: new Date(updated.at).toISOString(), by: updated.by },
    nextOccurrences: nextOccurrences('refresh', definition, clock.now(), occurrencesShown).map((moment) =>
      new Date(moment).toISOString(),
    ),
  };
