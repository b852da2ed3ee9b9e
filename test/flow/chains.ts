import { z } from 'zod';
import type { Turn } from '../../shared/domain/turn.ts';
import type { Row, RowAddress, Rows } from '../../shared/ports/rows.ts';

/** Tells of every write to a table. */
export const watched = <T>(rows: Rows<T>, onWrite: (address: RowAddress, value: T) => void): Rows<T> => {
  const noted = (row: Row<T> | undefined): Row<T> | undefined => {
    if (row !== undefined) onWrite(row, row.value);
    return row;
  };
  return {
    get: (address) => rows.get(address),
    list: (partition) => rows.list(partition),
    remove: (address) => rows.remove(address),
    insert: async (address, value) => noted(await rows.insert(address, value)),
    replace: async (row, value) => noted(await rows.replace(row, value)),
    insertAll: (partition, some) => rows.insertAll(partition, some),
    replaceAll: async (changes) => {
      const isWritten = await rows.replaceAll(changes);
      if (isWritten) for (const { row, value } of changes) onWrite(row, value);
      return isWritten;
    },
  };
};

/** Rows are parsed where they are stored: what has a turn at all has a whole one. */
const withTurn = z.custom<{ readonly turn: Turn }>(
  (value) => typeof value === 'object' && value !== null && 'turn' in value,
);
const nameOf = ({ step, epoch, sequence }: Turn): string => `${step} ${epoch}.${sequence}`;

/** Watches the turns of rows: a name of a chain is taken once, and once more each time that it was given back. */
export const watchChains = () => {
  const last = new Map<string, Turn>();
  const takes = new Map<string, number>();
  const doubled: string[] = [];
  return {
    /** Names that were taken twice, as a second chain of messages would do. */
    doubled,
    onWrite(table: string, { partition, key }: RowAddress, value: unknown): void {
      const parsed = withTurn.safeParse(value);
      if (!parsed.success) return;
      const { turn: after } = parsed.data;
      const row = `${table}/${partition}/${key}`;
      const before = last.get(row);
      last.set(row, after);
      const name = `${row} ${nameOf(after)}`;
      const isSame = before !== undefined && nameOf(before) === nameOf(after);
      if (after.state === 'taken' && !(isSame && before.state === 'taken')) {
        takes.set(name, (takes.get(name) ?? 0) + 1);
        if (takes.get(name) === 2) doubled.push(name);
      }
      if (after.state === 'due' && isSame && before.state === 'taken')
        takes.set(name, (takes.get(name) ?? 1) - 1);
    },
  };
};
