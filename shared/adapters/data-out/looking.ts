import { guessFields } from '../../domain/column-guess.ts';
import type { ColumnInfo, SegmentInfo, SourceAnswer, SourceCheck, SourceFault } from '../../ports/source.ts';
import { idColumn, placeOf, typeOf } from './columns.ts';
import type { Container } from './container.ts';
import { answered, configuration } from './faults.ts';
import { formatOf } from './format.ts';
import { layoutOf } from './layout.ts';
import { type Entity, rowCountOf } from './model.ts';
import { type FoundTable, momentOf } from './tables.ts';

/** What the export's folder shows of a segment. Whether it is still kept up to date in Customer Insights is not there. */
export const segmentInfo = (name: string, entity: Entity | undefined, found: FoundTable): SegmentInfo => ({
  name,
  friendlyName: name,
  members: rowCountOf(entity),
  state: 'unknown',
  evaluatedAt: found.kind === 'found' ? momentOf(found.table.folder) : null,
});

/** What a definition can name. */
const nameable = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Columns that every table has: only they can feed an export of any of its segments. */
export const columnsOfTables = async (
  container: Container,
  found: readonly FoundTable[],
): Promise<SourceAnswer<readonly ColumnInfo[]>> => {
  let common: readonly string[] | undefined;
  const types = new Map<string, ColumnInfo['type']>();
  for (const one of found) {
    if (one.kind !== 'found') continue;
    const { entity, parts, name } = one.table;
    const format = formatOf(entity);
    const [part] = parts;
    if (format === null || part === undefined) continue;
    const layout = await answered(part.path, () => layoutOf(container, part, format, entity));
    if (layout.kind !== 'ok') return layout;
    const { names } = layout.value;
    if (names.length === 0) continue;
    for (const { name: attribute, dataType } of entity?.attributes ?? [])
      types.set(attribute, typeOf(dataType));
    common = common === undefined ? names : common.filter((column) => placeOf(names, column) >= 0);
    if (common.length === 0) return configuration(nothingCommon(name));
  }
  const known = [...types.keys()];
  const columns = (common ?? [])
    .filter((name) => nameable.test(name) && placeOf([name], idColumn) < 0)
    .toSorted();
  const guesses = guessFields(columns.map((name) => ({ name })));
  return {
    kind: 'ok',
    value: columns.map((name, place) => ({
      name,
      displayName: name,
      type: types.get(known[placeOf(known, name)] ?? name) ?? 'string',
      guess: guesses[place] ?? null,
    })),
  };
};

const nothingCommon = (table: string) => ({
  field: table,
  message: 'The exported tables have no column in common.',
  remedy: 'Export tables of unified customers alone.',
});

const passed = (name: SourceCheck['name'], message: string): SourceCheck => ({
  name,
  ok: true,
  message,
  remedy: '',
});

const nameOf = (field: string): SourceCheck['name'] =>
  field === 'token' || field === 'role' || field === 'folder' || field === 'container' ? field : 'row';

const failed = (fault: SourceFault): readonly SourceCheck[] =>
  fault.kind === 'configuration'
    ? fault.faults.map(({ field, message, remedy }) => ({
        name: nameOf(field),
        ok: false,
        message: nameOf(field) === 'row' ? `${field}: ${message}` : message,
        remedy,
      }))
    : [
        {
          name: 'container',
          ok: false,
          message: 'The storage account does not answer at present.',
          remedy: 'Check the address of the container, and try again in some minutes.',
        },
      ];

/** From what listing the tables, and then a look at their rows, came to. */
export const checksOf = async (
  tables: SourceAnswer<readonly string[]>,
  look: () => Promise<SourceAnswer<number>>,
): Promise<readonly SourceCheck[]> => {
  if (tables.kind !== 'ok') {
    const checks = failed(tables);
    const isFolder = checks.some(({ name }) => name === 'folder');
    return isFolder ? [passed('container', 'The container answers.'), ...checks] : checks;
  }
  const before = [
    passed('container', 'The container answers.'),
    passed('role', 'The app may list it.'),
    passed('folder', `The folder holds ${tables.value.length} tables.`),
  ];
  const rows = await look();
  return rows.kind === 'ok'
    ? [...before, passed('row', `The newest exports of ${rows.value} tables can be read.`)]
    : [...before, ...failed(rows)];
};
