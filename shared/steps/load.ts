import { blankChange, blankTagging, isBlankContact } from '../domain/forgotten.ts';
import { type ExportId, exportOf, type RunId } from '../domain/ids.ts';
import { parseLines } from '../domain/keyed-blob.ts';
import { columnsOf } from '../domain/matching.ts';
import type { Batch, Page } from '../domain/page.ts';
import type { Change, Tagging } from '../domain/plan.ts';
import { expandRows } from '../domain/rows-of.ts';
import type { Run } from '../domain/run.ts';
import type { SavedExport } from '../domain/saved.ts';
import type { Slice } from '../domain/slice.ts';
import type { TagCall } from '../domain/tag-call.ts';
import type { Ports } from '../ports/ports.ts';
import type { Row } from '../ports/rows.ts';
import type { SourceQuestion } from '../ports/source.ts';
import { at, paths } from './addresses.ts';
import { loadForgottenKeys } from './load-forgotten.ts';

/** A row that must be there: its absence is a bug, or the work of somebody's hands in the storage account. */
export async function loadRun(ports: Ports, id: RunId): Promise<Row<Run>> {
  const row = await ports.store.runs.get(at.run(id));
  if (row === undefined) throw new Error(`Run ${id} is not stored.`);
  return row;
}

export async function loadSlices(ports: Ports, id: RunId): Promise<readonly Slice[]> {
  return (await ports.store.slices.list(id)).map((row) => row.value);
}

export async function loadPages(ports: Ports, id: RunId): Promise<readonly Page[]> {
  return (await ports.store.pages.list(id)).map((row) => row.value);
}

/** A run that tags nobody has none, and is not asked. */
export async function loadTagCalls(ports: Ports, { id, plan }: Run): Promise<readonly TagCall[]> {
  if (plan === null || plan.taggings === 0) return [];
  return (await ports.store.tagCalls.list(id)).map((row) => row.value);
}

/** The name under which the lists of a planned shard lie. */
export const listOf = ({ id, plan }: Run, shard: number): string => {
  const list = plan?.lists[shard];
  if (list === undefined) throw new Error(`Shard ${shard} of run ${id} is not planned.`);
  return list;
};

/** What a shard's plan tags and untags; tag calls name rows of this list. Those of forgotten people are blank. */
export async function loadTaggings(ports: Ports, run: Run, shard: number): Promise<readonly Tagging[]> {
  const [bytes, forgotten] = await Promise.all([
    ports.blobs.get(paths.taggings(run.id, shard, listOf(run, shard))),
    loadForgottenKeys(ports, exportOf(run.id)),
  ]);
  const taggings = bytes === undefined ? [] : parseLines<Tagging>(bytes);
  return forgotten.size === 0
    ? taggings
    : taggings.map((tagging) => (forgotten.has(tagging.key) ? blankTagging(tagging) : tagging));
}

/** All changes of a page by row index, read from the shards' change lists. Those of forgotten people are blank. */
export async function loadChanges(ports: Ports, page: Page): Promise<readonly Change[]> {
  const [{ value: run }, forgotten] = await Promise.all([
    loadRun(ports, page.runId),
    loadForgottenKeys(ports, exportOf(page.runId)),
  ]);
  const ranges = await Promise.all(
    page.ranges.map(async ({ shard, fromByte, toByte }) => {
      const path = paths.changes(run.id, shard, listOf(run, shard));
      const bytes = await ports.blobs.getRange(path, fromByte, toByte);
      if (bytes === undefined) throw new Error(`Blob ${path} is missing.`);
      return parseLines<Change>(bytes);
    }),
  );
  const changes = ranges.flat();
  return forgotten.size === 0
    ? changes
    : changes.map((change) => (forgotten.has(change.key) ? blankChange(change) : change));
}

export const changesOf = (batch: Batch, changes: readonly Change[]): readonly Change[] =>
  expandRows(batch.rows).flatMap((index) => changes[index] ?? []);

/** What is posted of a batch: all but what is blank. */
export const postableOf = (batch: Batch, changes: readonly Change[]): readonly Change[] =>
  changesOf(batch, changes).filter((change) => !isBlankContact(change));

/**
 * Another one for an export that is made again under the id of a removed one, as processes may hold the former secret
 * for as long as they cache it.
 */
export const hashSecretName = ({ definition, created }: SavedExport): string =>
  `hash-${definition.id}-${created.at}`;

/** The export of a run, which stays for as long as a run of it is active. */
export async function loadExport(ports: Ports, id: ExportId): Promise<SavedExport> {
  const row = await ports.store.exports.get(at.export(id));
  if (row === undefined) throw new Error(`The export ${id} is not stored.`);
  return row.value;
}

/** What the source is asked for a run. */
export const questionOf = (run: Pick<Run, 'definition'>): SourceQuestion => ({
  segments: run.definition.segments,
  columns: columnsOf(run.definition),
});

/** The secret with which an export's contact keys are hashed; made when the export first runs. `null`: not now. */
export async function loadHashSecret(ports: Ports, id: ExportId): Promise<string | null> {
  const name = hashSecretName(await loadExport(ports, id));
  const answer = await ports.secrets.get(name);
  if (answer.kind === 'unavailable') return null;
  if (answer.kind !== 'ok') throw new Error(`The secret ${name} is ${answer.kind} in the vault.`);
  return answer.value;
}
