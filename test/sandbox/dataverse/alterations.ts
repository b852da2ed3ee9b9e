import type { Row } from './columns.ts';
import type { Settings } from './switches.ts';
import { MEMBERSHIPS, METADATA, type Table } from './tables.ts';

const parsed = (text: string): { readonly Segments: readonly string[] } => JSON.parse(text);

const textsWithout = (gone: readonly string[]) => {
  const known = new Map<string, string>();
  return (text: string): string => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const left = JSON.stringify({ Segments: parsed(text).Segments.filter((name) => !gone.includes(name)) });
    known.set(text, left);
    return left;
  };
};

/** The table as the switches have it: columns dropped, segments vanished or inactive, counts hidden. */
export function alteredTable(table: Table, settings: Settings): Table {
  const { droppedColumns, vanishedSegments, inactiveSegments, metadataCounts } = settings;
  const dropped = [
    ...droppedColumns,
    ...(table === METADATA && metadataCounts === 'absent' ? ['mscipriv_membercount'] : []),
  ];
  const columns = Object.fromEntries(
    Object.entries(table.columns).filter(([name]) => !dropped.includes(name)),
  );
  const alter = alterationOf(table, vanishedSegments, inactiveSegments);
  if (alter === undefined) return dropped.length === 0 ? table : { ...table, columns };
  return {
    ...table,
    columns,
    *scan(population, ranges, from) {
      for (const placed of table.scan(population, ranges, from)) {
        const row = alter(placed.row);
        if (row !== null) yield { ...placed, row };
      }
    },
  };
}

function alterationOf(
  table: Table,
  vanished: readonly string[],
  inactive: readonly string[],
): ((row: Row) => Row | null) | undefined {
  if (table === METADATA && vanished.length + inactive.length > 0) {
    return (row) => {
      const name = String(row.mscipriv_name);
      if (vanished.includes(name)) return null;
      return inactive.includes(name) ? { ...row, mscipriv_state: 'Inactive' } : row;
    };
  }
  if (table === MEMBERSHIPS && vanished.length > 0) {
    const without = textsWithout(vanished);
    return (row) => ({ ...row, msdynci_segments: without(String(row.msdynci_segments)) });
  }
  return undefined;
}
