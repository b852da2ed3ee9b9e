import type { Membership, Profile } from '../../domain/contact.ts';
import type { CustomerId } from '../../domain/ids.ts';
import { cellOf, isRow } from './cell.ts';
import { idColumn, logicalName, modifiedColumn } from './names.ts';

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * The names in a membership's text `{"Segments":["HighValue"]}`, also where it was stored with its quotes escaped or
 * as JSON in JSON; `undefined` where it cannot be read.
 */
const segmentNames = (text: string): readonly string[] | undefined => {
  const outer = jsonOf(text) ?? jsonOf(text.replaceAll('\\"', '"'));
  const names = cellOf(typeof outer === 'string' ? jsonOf(outer) : outer, 'Segments');
  return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : undefined;
};

export interface Memberships {
  readonly memberships: readonly Membership[];
  readonly oddMemberships: number;
}

/** Positions of the wanted segments that a row's text holds; `odd` where that cannot be told. */
type Found = readonly number[] | 'odd';

const foundIn = (text: unknown, segments: readonly string[]): Found => {
  if (text === null || text === undefined) return [];
  if (typeof text !== 'string') return 'odd';
  const names = segmentNames(text);
  // A text that cannot be read but speaks of a wanted segment is not to be passed over in silence.
  if (names === undefined) return segments.some((segment) => text.includes(segment)) ? 'odd' : [];
  return segments.flatMap((segment, position) => (names.includes(segment) ? [position] : []));
};

// An id goes into lists that people open, and into requests.
const unprintable = /[\p{Cc}\p{Cs}]/u;

const isId = (value: unknown): value is CustomerId =>
  typeof value === 'string' && value !== '' && value.length <= 100 && !unprintable.test(value);

const idOf = (row: unknown): CustomerId | undefined => {
  const value = cellOf(row, idColumn);
  return isId(value) ? value : undefined;
};

/** Rows that are in none of `segments` are passed over: the filter takes case and wildcards lightly. */
export const membershipsOf = (rows: readonly unknown[], segments: readonly string[]): Memberships => {
  // Few different texts stand in very many rows.
  const known = new Map<unknown, Found>();
  const memberships: Membership[] = [];
  let oddMemberships = 0;
  for (const row of rows) {
    const text = cellOf(row, 'msdynci_segments');
    const found = known.get(text) ?? foundIn(text, segments);
    known.set(text, found);
    const id = idOf(row);
    if (id === undefined ? found.length > 0 || text === undefined : found === 'odd') oddMemberships += 1;
    else if (id !== undefined && found !== 'odd' && found.length > 0) {
      memberships.push({ customerId: id, segments: found });
    }
  }
  return { memberships, oddMemberships };
};

/** Every segment that some rows name. */
export const segmentsNamedIn = (rows: readonly unknown[]): readonly string[] => {
  const texts = new Set(rows.map((row) => cellOf(row, 'msdynci_segments')));
  const names = [...texts].flatMap((text) => (typeof text === 'string' ? (segmentNames(text) ?? []) : []));
  return [...new Set(names)];
};

/** The texts in one column; what is no text is left out. */
export const textsIn = (rows: readonly unknown[], column: string): readonly string[] =>
  rows.map((row) => cellOf(row, column)).filter((value) => typeof value === 'string');

/** Profiles with their values under the names that the definition uses. One without an id is nobody's: its member has none. */
export const profilesOf = (rows: readonly unknown[], columns: readonly string[]): readonly Profile[] => {
  const names = columns.map((column) => [column, logicalName(column)] as const);
  const profiles: Profile[] = [];
  for (const row of rows) {
    if (!isRow(row)) continue;
    const id = row[idColumn];
    if (!isId(id)) continue;
    const values: Record<string, unknown> = {};
    for (const [column, name] of names) {
      // No object inherits a name that begins as these do.
      const value = row[name];
      // Set as a column's value, this one name would change what the values inherit.
      if (value !== undefined && column !== '__proto__') values[column] = value;
    }
    const changed = row[modifiedColumn];
    const changedAt = typeof changed === 'string' ? Date.parse(changed) : Number.NaN;
    profiles.push(
      Number.isNaN(changedAt) ? { customerId: id, values } : { customerId: id, values, changedAt },
    );
  }
  return profiles;
};
