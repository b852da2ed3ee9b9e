import { createHash } from 'node:crypto';
import type { SourceAnswer } from '../../ports/source.ts';
import { type FolderState, folderState, type Part } from './completeness.ts';
import type { Container } from './container.ts';
import { configuration } from './faults.ts';
import { announcedParts, type Entity, parseModel } from './model.ts';

/** `model.json` of the export as it was found. */
export interface Model {
  readonly tables: ReadonlyMap<string, Entity>;
  /** When it was written, ms since 1970; `null`: there is none. */
  readonly writtenAt: number | null;
}

/** A table with its newest complete folder. */
export interface Table {
  readonly name: string;
  readonly entity: Entity | undefined;
  /** `2026/03/01/0915`, in UTC. */
  readonly folder: string;
  readonly parts: readonly Part[];
}

export type FoundTable =
  | { readonly kind: 'found'; readonly table: Table }
  | { readonly kind: 'absent' }
  | Exclude<FolderState, { kind: 'complete' }>;

/** A table whose last exports all failed is a matter for a person; further back lie old truths. */
const mostFolders = 5;
const maxModelBytes = 32_000_000;

export const loadModel = async (container: Container, root: string): Promise<SourceAnswer<Model>> => {
  const files = await container.files(root);
  const file = files.find(({ path }) => path === `${root}/model.json`);
  if (file === undefined) return { kind: 'ok', value: { tables: new Map(), writtenAt: null } };
  const bytes =
    file.bytes === 0 || file.bytes > maxModelBytes ? undefined : await container.range(file, 0, file.bytes);
  const tables = bytes === undefined ? undefined : parseModel(bytes.toString('utf8'));
  if (tables === undefined) {
    return configuration({
      field: file.path,
      message: 'The description of the exported tables cannot be read.',
      remedy: 'Run the export in Customer Insights again.',
    });
  }
  return { kind: 'ok', value: { tables, writtenAt: file.modifiedAt } };
};

/** The names of folders below that are digits, newest first. */
const newestFirst = async (
  container: Container,
  folder: string,
  digits: number,
): Promise<readonly string[]> =>
  (await container.folders(folder))
    .filter((name) => name.length === digits && /^\d+$/.test(name))
    .toReversed();

/** A table's dated folders, newest first, found by a few short listings however many there are. */
async function* datedFolders(container: Container, table: string): AsyncGenerator<string, void> {
  for (const year of await newestFirst(container, table, 4)) {
    for (const month of await newestFirst(container, `${table}/${year}`, 2)) {
      for (const day of await newestFirst(container, `${table}/${year}/${month}`, 2)) {
        const path = `${year}/${month}/${day}`;
        for (const time of await newestFirst(container, `${table}/${path}`, 4)) yield `${path}/${time}`;
      }
    }
  }
}

export const findTable = async (
  container: Container,
  root: string,
  { name, model, now }: { readonly name: string; readonly model: Model; readonly now: number },
): Promise<FoundTable> => {
  const entity = model.tables.get(name);
  let newest: FoundTable = { kind: 'absent' };
  let looked = 0;
  for await (const folder of datedFolders(container, `${root}/${name}`)) {
    const files = await container.files(`${root}/${name}/${folder}`);
    const announced = announcedParts(entity, folder);
    const state = folderState({ table: name, files, announced, modelAt: model.writtenAt }, now);
    if (state.kind === 'complete') {
      return { kind: 'found', table: { name, entity, folder, parts: state.parts } };
    }
    if (newest.kind === 'absent') newest = state;
    looked += 1;
    if (looked === mostFolders) break;
  }
  return newest;
};

/** When the export was made, ms since 1970; `null` for a folder that is no date. */
export const momentOf = (folder: string): number | null => {
  const [year, month, day, time = ''] = folder.split('/');
  const moment = Date.parse(`${year}-${month}-${day}T${time.slice(0, 2)}:${time.slice(2)}:00Z`);
  return Number.isNaN(moment) ? null : moment;
};

/** Tells one state of the tables from another. */
export const versionOf = (tables: readonly Table[]): string => {
  const state = tables.map(({ name, folder, parts }) => [
    name,
    folder,
    parts.map(({ path, etag }) => [path, etag]),
  ]);
  return createHash('sha256').update(JSON.stringify(state)).digest('hex');
};
