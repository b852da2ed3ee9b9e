import type { Caller } from '../domain/access.ts';
import type { ExportDefinition } from '../domain/definition.ts';
import type { ExportId } from '../domain/ids.ts';
import type { Revision, SavedExport } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import type { Row } from '../ports/rows.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { noState } from './request-run.ts';

export type ExportChange = Extract<
  Revision['what'],
  'created' | 'edited' | 'attached' | 'detached' | 'removed'
>;

/** Makes a document that is not there. `undefined`: somebody else was faster. */
export async function createExport(
  ports: Ports,
  definition: ExportDefinition,
  { actor }: Caller,
): Promise<SavedExport | undefined> {
  // One that was removed keeps its history, and a number never comes twice: an old ETag fits no new document.
  const former = (await ports.store.revisions.list(`export-${definition.id}`)).at(-1);
  const touch = { at: ports.clock.now(), by: actor };
  const saved: SavedExport = {
    definition,
    isDetached: false,
    revision: (former?.value.revision ?? 0) + 1,
    created: touch,
    updated: touch,
  };
  const written = await ports.store.exports.insert(at.export(definition.id), saved);
  if (written === undefined) return undefined;
  await noteRevision(ports, saved, 'created');
  // Its first occurrence may come before the timer has seen it.
  await changeRow(ports.store.states, at.state(definition.id), (stored) => ({
    ...(stored ?? noState),
    scheduledUntil: stored?.scheduledUntil ?? touch.at,
  }));
  return saved;
}

/** Writes a document anew. `undefined`: somebody else changed it since `row` was read, and nothing is written. */
export async function reviseExport(
  ports: Ports,
  row: Row<SavedExport>,
  change: Partial<Pick<SavedExport, 'definition' | 'isDetached'>>,
  what: ExportChange,
  { actor }: Caller,
): Promise<Row<SavedExport> | undefined> {
  // A process may have died between a document and its history.
  await noteRevision(ports, row.value, row.value.revision === 1 ? 'created' : 'edited');
  const written = await ports.store.exports.replace(row, {
    ...row.value,
    ...change,
    revision: row.value.revision + 1,
    updated: { at: ports.clock.now(), by: actor },
  });
  if (written !== undefined) await noteRevision(ports, written.value, what);
  return written;
}

/** What is noted of a revision already stays as it is. */
export async function noteRevision(
  ports: Ports,
  { definition, revision, updated }: SavedExport,
  what: ExportChange,
): Promise<void> {
  const noted = await ports.store.revisions.insert(at.exportRevision(definition.id, revision), {
    revision,
    what,
    definition,
    ...updated,
  });
  if (noted !== undefined) {
    ports.log.info('export-changed', { export: definition.id, revision, what, by: updated.by.id });
  }
}

/** The pause followed an error that a person must mend, and somebody has changed the export. */
export async function endPause(ports: Ports, id: ExportId): Promise<void> {
  await changeRow(ports.store.states, at.state(id), (stored) =>
    stored?.paused ? { ...stored, paused: null } : undefined,
  );
}
