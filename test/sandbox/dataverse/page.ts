import type { Population } from '../generator/population.ts';
import type { Row } from './columns.ts';
import { compileFilter, type Seen } from './filter-match.ts';
import { idRanges } from './id-ranges.ts';
import type { Query } from './query.ts';
import { type Cursor, represent, type Table } from './tables.ts';

export type Page = {
  readonly rows: readonly Row[];
  /** null on the last page. */
  readonly next: Cursor | null;
};

export type Oddities = {
  /** The last row of a page comes once more on the next one. */
  readonly repeatsRows: boolean;
  /** One row in sixteen is missing. */
  readonly losesRows: boolean;
};

/** Elastic tables count no further. */
const COUNT_LIMIT = 500;

function* matching(table: Table, population: Population, query: Query, from: Cursor, seen: Seen) {
  const matches = query.filter === null ? () => true : compileFilter(query.filter, seen);
  for (const placed of table.scan(population, idRanges(query.filter), from)) {
    if (matches(placed.row)) yield placed;
  }
}

export function readPage(
  table: Table,
  population: Population,
  query: Query,
  pageSize: number,
  seen: Seen,
  { repeatsRows, losesRows }: Oddities,
): Page {
  const rows: Row[] = [];
  const { from } = query;
  let last = from;
  const again = repeatsRows && pageSize > 1 && from.taken > 0 ? { ...from, taken: from.taken - 1 } : from;
  for (const { row, at } of matching(table, population, query, again, seen)) {
    if (losesRows && String(row.msdynci_customerid).endsWith('0')) continue;
    if (rows.length === pageSize) return { rows, next: last };
    rows.push(represent(table, query.select, row));
    last = at;
  }
  return { rows, next: null };
}

export function countRows(table: Table, population: Population, query: Query, seen: Seen): number {
  let count = 0;
  for (const _ of matching(table, population, query, { customerID: '', taken: 0 }, seen)) {
    if (++count === COUNT_LIMIT) break;
  }
  return count;
}
