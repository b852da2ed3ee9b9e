import type { PropertyType } from '../../domain/definition.ts';
import type { ColumnInfo } from '../../ports/source.ts';

export const idColumn = 'CustomerId';
export const modifiedColumn = 'ModifiedOn';

/** As Dataverse, and a definition made for it, may prefix a column's name. */
const folded = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/^msdynci_/, '');

/**
 * Where the column is: by its exact name, else whatever its case; -1 where it is not. Nothing is found under the one
 * name that an object takes for something else.
 */
export const placeOf = (names: readonly string[], column: string): number => {
  if (column === '__proto__') return -1;
  const exact = names.indexOf(column);
  if (exact >= 0) return exact;
  const wanted = folded(column);
  return names.findIndex((name) => folded(name) === wanted);
};

/** https://learn.microsoft.com/common-data-model/sdk/data-formats names these among others. */
const types: Readonly<Record<string, ColumnInfo['type']>> = {
  string: 'string',
  guid: 'string',
  boolean: 'boolean',
  int32: 'number',
  int64: 'number',
  double: 'number',
  decimal: 'number',
  date: 'date',
  datetime: 'date',
  datetimeoffset: 'date',
} satisfies Record<string, PropertyType>;

export const typeOf = (dataType: string | undefined): ColumnInfo['type'] =>
  dataType === undefined ? 'string' : (types[dataType.toLowerCase()] ?? 'other');
