import type { Population } from '../generator/population.ts';
import { guid, hex128 } from '../generator/random.ts';
import { SEGMENT_NAMES } from '../generator/segments.ts';
import { type Columns, MEMBERSHIP_COLUMNS, METADATA_COLUMNS, PROFILE_COLUMNS, type Row } from './columns.ts';
import type { IDRange } from './id-ranges.ts';

/** Where reading goes on: behind `taken` rows of this customer. Rows that change meanwhile do not move it. */
export type Cursor = { readonly customerID: string; readonly taken: number };
export type Placed = { readonly row: Row; readonly at: Cursor };

export type Table = {
  readonly logicalName: string;
  readonly columns: Columns;
  readonly key: string;
  scan(population: Population, ranges: readonly IDRange[], from: Cursor): IterableIterator<Placed>;
};

/** Rows in the order of customer ids, by binary search within the ranges. */
function* scanCustomers(
  population: Population,
  ranges: readonly IDRange[],
  from: Cursor,
  rowsOf: (index: number) => readonly Row[],
): IterableIterator<Placed> {
  const order = population.order();
  const start = order.lowerBound(from.customerID);
  for (const range of ranges) {
    const end = order.lowerBound(range.below);
    for (let position = Math.max(start, order.lowerBound(range.from)); position < end; position++) {
      const index = order.at(position);
      const rows = rowsOf(index);
      if (rows.length === 0) continue;
      const customerID = String(rows[0]?.msdynci_customerid);
      for (let taken = customerID === from.customerID ? from.taken : 0; taken < rows.length; taken++) {
        const row = rows[taken];
        if (row !== undefined) yield { row, at: { customerID, taken: taken + 1 } };
      }
    }
  }
}

export const PROFILES: Table = {
  logicalName: 'msdynci_customerprofile',
  columns: PROFILE_COLUMNS,
  key: 'msdynci_customerprofileid',
  scan: (population, ranges, from) =>
    scanCustomers(population, ranges, from, (index) => {
      const profile = population.profile(index);
      return profile === null ? [] : [profile];
    }),
};

export const MEMBERSHIPS: Table = {
  logicalName: 'msdynci_segmentmembership',
  columns: MEMBERSHIP_COLUMNS,
  key: 'msdynci_segmentmembershipid',
  scan: (population, ranges, from) => scanCustomers(population, ranges, from, population.memberships),
};

const DAY_MS = 86_400_000;
const FIRST_REFRESH_MS = Date.UTC(2026, 1, 28, 4);
const countsOf = new WeakMap<Population, readonly number[]>();

/** Of each segment, in the order of their names; counted once a day, as a refresh does. */
function memberCounts(population: Population): readonly number[] {
  const known = countsOf.get(population);
  if (known !== undefined) return known;
  const counts = SEGMENT_NAMES.map(() => 0);
  for (let index = 0; index < population.size; index++) {
    const mask = population.segmentMask(index);
    for (let bit = 0; bit < counts.length; bit++) if (mask & (1 << bit)) counts[bit] = (counts[bit] ?? 0) + 1;
  }
  countsOf.set(population, counts);
  return counts;
}

export const METADATA: Table = {
  logicalName: 'mscipriv_segmentmetadata',
  columns: METADATA_COLUMNS,
  key: 'mscipriv_segmentmetadataid',
  *scan(population, _ranges, from) {
    const counts = memberCounts(population);
    for (const [index, name] of SEGMENT_NAMES.entries()) {
      if (index < from.taken) continue;
      yield {
        row: {
          mscipriv_segmentmetadataid: guid(hex128(population.seed, index, 90_000)),
          mscipriv_name: name,
          mscipriv_friendlyname: name.replaceAll('_', ' '),
          mscipriv_state: 'Active',
          mscipriv_membercount: counts[index] ?? 0,
          mscipriv_evaluatedon: new Date(FIRST_REFRESH_MS + population.day * DAY_MS).toISOString(),
        },
        at: { customerID: '', taken: index + 1 },
      };
    }
  },
};

export const TABLES: Readonly<Record<string, Table>> = {
  msdynci_customerprofiles: PROFILES,
  msdynci_segmentmemberships: MEMBERSHIPS,
  mscipriv_segmentmetadata: METADATA,
};

/** A row written anew has another version: by when a profile changed, by what segments a membership names. */
function versionOf(key: string, row: Row): number {
  const written = String(row.msdynci_modifiedon ?? row.msdynci_segments ?? row.mscipriv_evaluatedon ?? '');
  let version = Number.parseInt(key.slice(0, 8), 16);
  for (let place = 0; place < written.length; place++) {
    version = (Math.imul(version, 31) + written.charCodeAt(place)) >>> 0;
  }
  return version;
}

/** Selected columns, and unasked, as elastic tables do, the key and `partitionid`. */
export function represent(table: Table, select: readonly string[], row: Row): Row {
  const key = String(row[table.key]);
  const shown: Record<string, string | number | null> = { '@odata.etag': `W/"${versionOf(key, row)}"` };
  for (const column of select) shown[column] = row[column] ?? null;
  shown[table.key] = key;
  shown.partitionid = key;
  return shown;
}
