import type { ConfigurationFault } from '../../domain/answers.ts';
import type { SliceSpec } from '../../domain/slice.ts';
import type { SourceAnswer, SourceQuestion } from '../../ports/source.ts';
import { idColumn, modifiedColumn, placeOf } from './columns.ts';
import type { Part } from './completeness.ts';
import type { Container } from './container.ts';
import { answered, configuration } from './faults.ts';
import { formatOf, type TableFormat } from './format.ts';
import { inGroups } from './in-groups.ts';
import { type Layout, layoutOf } from './layout.ts';
import { writeSpec } from './spec.ts';
import type { FoundTable, Table } from './tables.ts';

interface LaidOut {
  readonly table: Table;
  readonly format: TableFormat;
  readonly parts: readonly { readonly part: Part; readonly layout: Layout }[];
}

const layOut = async (container: Container, table: Table): Promise<SourceAnswer<LaidOut>> => {
  const format = formatOf(table.entity);
  if (format === null) {
    return configuration({
      field: table.name,
      message: 'By model.json this table is written with separators or an encoding that cannot be read.',
      remedy: 'Let Customer Insights export UTF-8 with one-character separators.',
    });
  }
  const layouts = await inGroups(table.parts, (part) =>
    answered(part.path, () => layoutOf(container, part, format, table.entity)),
  );
  const parts: LaidOut['parts'][number][] = [];
  for (const [place, layout] of layouts.entries()) {
    if (layout.kind !== 'ok') return layout;
    const part = table.parts[place];
    if (part !== undefined) parts.push({ part, layout: layout.value });
  }
  return { kind: 'ok', value: { table, format, parts } };
};

const missingColumns = (tables: readonly LaidOut[], columns: readonly string[]): ConfigurationFault[] =>
  columns.flatMap((column) => {
    const without = tables.filter(({ parts }) =>
      parts.some(({ layout: { names } }) => names.length > 0 && placeOf(names, column) < 0),
    );
    if (without.length === 0) return [];
    return {
      field: column,
      message: `There is no column ${column} in ${without.map(({ table }) => table.name).join(', ')}.`,
      remedy: 'Name a column of the exported tables, or add it to the export in Customer Insights.',
    };
  });

const specsOf = ({ table, format, parts }: LaidOut, columns: readonly string[]): readonly SliceSpec[] =>
  parts.map(({ part, layout: { start, names } }) => {
    const changedAt = placeOf(names, modifiedColumn);
    const spec = writeSpec({
      table: table.name,
      path: part.path,
      etag: part.etag,
      bytes: part.bytes,
      gzip: part.gzip,
      csv: format.csv,
      start,
      width: names.length,
      id: Math.max(0, placeOf(names, idColumn)),
      changedAt: changedAt < 0 ? null : changedAt,
      columns: columns.flatMap((column): [string, number][] => {
        const place = placeOf(names, column);
        return place < 0 ? [] : [[column, place]];
      }),
    });
    return { label: `${table.name} ${table.folder} ${part.number}/${parts.length}`, spec };
  });

/** What is wrong with a segment whose table cannot be read. */
export const segmentFault = (
  name: string,
  found: Exclude<FoundTable, { kind: 'found' | 'unsettled' }>,
): ConfigurationFault =>
  found.kind === 'absent'
    ? {
        field: name,
        message: `The export has no table ${name}.`,
        remedy: 'Add the segment to the export in Customer Insights; upper and lower case count.',
      }
    : {
        field: name,
        message: `No export of this segment is whole: in the newest, ${found.message}.`,
        remedy: 'Run the export in Customer Insights again.',
      };

/** One slice per part; every fault at once, columns first. */
export const divisionOf = async (
  container: Container,
  { segments, columns }: SourceQuestion,
  found: readonly FoundTable[],
  now: number,
): Promise<SourceAnswer<readonly SliceSpec[]>> => {
  const laidOut: LaidOut[] = [];
  const faults: ConfigurationFault[] = [];
  let readyAt: number | undefined;
  for (const [place, one] of found.entries()) {
    const name = segments[place] ?? '';
    switch (one.kind) {
      case 'found': {
        const answer = await layOut(container, one.table);
        if (answer.kind === 'ok') laidOut.push(answer.value);
        else if (answer.kind === 'configuration') faults.push(...answer.faults);
        else return answer;
        break;
      }
      case 'absent':
      case 'incomplete':
        faults.push(segmentFault(name, one));
        break;
      case 'unsettled':
        readyAt = Math.max(readyAt ?? 0, one.readyAt);
    }
  }
  const all = [...missingColumns(laidOut, columns), ...faults];
  if (all.length > 0) return configuration(...all);
  if (readyAt !== undefined) {
    return { kind: 'throttled', retryAfterSeconds: Math.max(1, Math.ceil((readyAt - now) / 1000)) };
  }
  return { kind: 'ok', value: laidOut.flatMap((table) => specsOf(table, columns)) };
};
