import type { Clock } from '../../ports/clock.ts';
import type { Source, SourceAnswer } from '../../ports/source.ts';
import { gunzippedBlocks, plainBlocks } from './blocks.ts';
import { type ContainerAccess, openContainer } from './container.ts';
import { divisionOf, segmentFault } from './division.ts';
import { answered, configuration } from './faults.ts';
import { inGroups } from './in-groups.ts';
import { checksOf, columnsOfTables, segmentInfo } from './looking.ts';
import { rowCountOf } from './model.ts';
import { OpenParts } from './open-parts.ts';
import { takePage } from './page.ts';
import { RowReader } from './row-reader.ts';
import { type PartSpec, readCursor, readSpec } from './spec.ts';
import { type FoundTable, findTable, loadModel, type Model, versionOf } from './tables.ts';

export interface DataOutOptions {
  readonly access: ContainerAccess;
  /** Of the export within the container: `CustomerInsights_<instance id>/<export name>`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly pageRows?: number;
  readonly blockBytes?: number;
  readonly timeoutMs?: number;
}

interface Tables {
  readonly model: Model;
  readonly found: readonly FoundTable[];
}

/**
 * Customer segments from the CSV files that Customer Insights - Data exports to Azure Blob Storage, which are only ever
 * read: https://learn.microsoft.com/dynamics365/customer-insights/data/export-azure-blob-storage. A table per segment
 * carries the columns of the profile, so nothing is joined. A slice is one part of a table's newest complete folder, in
 * the state in which `divide` found it; a customer in two segments comes in a slice of each.
 */
export const dataOutSource = (options: DataOutOptions): Source => {
  const { access, clock, pageRows = 2_000, blockBytes, timeoutMs } = options;
  const root = options.folder.replace(/^\/+|\/+$/g, '');
  const container = openContainer({ access, ...(timeoutMs !== undefined && { timeoutMs }) });
  const openParts = new OpenParts(clock);

  const findTables = async (names: readonly string[]): Promise<SourceAnswer<Tables>> => {
    const model = await loadModel(container, root);
    if (model.kind !== 'ok') return model;
    const now = clock.now();
    const found = await inGroups(names, (name) =>
      findTable(container, root, { name, model: model.value, now }),
    );
    return { kind: 'ok', value: { model: model.value, found } };
  };

  /** Never empty: a folder without tables is a wrong folder. */
  const tableNames = async (): Promise<SourceAnswer<readonly string[]>> => {
    const names = await container.folders(root);
    if (names.length > 0) return { kind: 'ok', value: names };
    return configuration({
      field: 'folder',
      message: `The container holds no export in the folder ${root}.`,
      remedy:
        'Give the folder of the export, CustomerInsights_<instance id>/<export name>, and run the export once.',
    });
  };

  const allTables = async (): Promise<SourceAnswer<Tables & { readonly names: readonly string[] }>> => {
    const names = await tableNames();
    if (names.kind !== 'ok') return names;
    const tables = await findTables(names.value);
    return tables.kind === 'ok' ? { kind: 'ok', value: { ...tables.value, names: names.value } } : tables;
  };

  const openPart = (spec: PartSpec, at: number): RowReader => {
    const range = (from: number, to: number): Promise<Buffer> => container.range(spec, from, to);
    const blocks =
      spec.gzip && spec.bytes > 0
        ? gunzippedBlocks(plainBlocks(range, 0, spec.bytes, blockBytes), at)
        : plainBlocks(range, at, spec.bytes, blockBytes);
    return new RowReader(blocks, spec.csv, at);
  };

  return {
    environment: environmentOf(access),
    slicesOverlap: true,

    divide: (question) =>
      answered(root, async () => {
        const tables = await findTables(question.segments);
        if (tables.kind !== 'ok') return tables;
        const { found } = tables.value;
        if (found.every(({ kind }) => kind === 'absent')) {
          const names = await tableNames();
          if (names.kind !== 'ok') return names;
        }
        return divisionOf(container, question, found, clock.now());
      }),

    async read({ segments }, slice, cursor) {
      const spec = readSpec(slice.spec);
      const at = cursor === null ? spec?.start : readCursor(cursor);
      if (spec === undefined || at === undefined || !segments.includes(spec.table))
        return { kind: 'link-dead' };
      return answered(spec.path, async () => {
        const reader = openParts.take(placeOfPart(spec, at)) ?? openPart(spec, at);
        try {
          const page = await takePage(reader, spec, segments, pageRows);
          if (page.next === null) await reader.close();
          else await openParts.keep(placeOfPart(spec, reader.at), reader);
          return { kind: 'ok', value: page };
        } catch (error) {
          await reader.close();
          throw error;
        }
      });
    },

    mark: ({ segments }) =>
      answered(root, async () => {
        const tables = await findTables(segments);
        if (tables.kind !== 'ok') return tables;
        const { model, found } = tables.value;
        const counts = segments.flatMap((name): [string, number][] => {
          const count = rowCountOf(model.tables.get(name));
          return count === null ? [] : [[name, count]];
        });
        const whole = found.flatMap((one) => (one.kind === 'found' ? one.table : []));
        return { kind: 'ok', value: { version: versionOf(whole), members: Object.fromEntries(counts) } };
      }),

    // The files are in no order and have no index.
    find: async () => ({
      kind: 'not-supported',
      message:
        'The files of the export can only be read as a whole, so one customer is not looked for in them.',
    }),

    segments: () =>
      answered(root, async () => {
        const tables = await allTables();
        if (tables.kind !== 'ok') return tables;
        const { names, model, found } = tables.value;
        const infos = found.map((one, place) => {
          const name = names[place] ?? '';
          return segmentInfo(name, model.tables.get(name), one);
        });
        return { kind: 'ok', value: infos };
      }),

    columns: () =>
      answered(root, async () => {
        const tables = await allTables();
        return tables.kind === 'ok' ? columnsOfTables(container, tables.value.found) : tables;
      }),

    async check() {
      return checksOf(await answered(root, tableNames), () =>
        answered(root, async () => {
          const tables = await allTables();
          if (tables.kind !== 'ok') return tables;
          const { names, found } = tables.value;
          const flaws = found.flatMap((one, place) =>
            one.kind === 'absent' || one.kind === 'incomplete' ? segmentFault(names[place] ?? '', one) : [],
          );
          if (flaws.length > 0) return configuration(...flaws);
          const columns = await columnsOfTables(container, found);
          return columns.kind === 'ok' ? { kind: 'ok', value: found.length } : columns;
        }),
      );
    },
  };
};

const placeOfPart = ({ path, etag }: PartSpec, at: number): string => JSON.stringify([path, etag, at]);

/** All exports in one storage account share the bound on how many slices are out. */
const environmentOf = (access: ContainerAccess): string =>
  access.kind === 'identity'
    ? new URL(access.containerUrl).host
    : (/(?:^|;)AccountName=([^;]+)/i.exec(access.value)?.[1] ?? 'storage');
