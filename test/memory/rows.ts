import type { z } from 'zod';
import {
  checkAddress,
  checkDistinct,
  checkRowKey,
  checkTogether,
  encodeRow,
  rowName,
} from '../../shared/adapters/storage/limits.ts';
import type { Row, RowAddress, Rows } from '../../shared/ports/rows.ts';
import { frozen } from './freeze.ts';

interface Stored {
  readonly address: RowAddress;
  /** As it came out of JSON, frozen. */
  readonly plain: unknown;
  readonly version: string;
}

type Partitions = Map<string, Map<string, Stored>>;

/**
 * One table in memory. `isQuick`: rows stay the objects that were given, only frozen, and pass through neither JSON nor
 * schema; where thousands of worlds are played that is a quarter of the time.
 */
export const memoryRows = <T>({
  table,
  schema,
  isQuick = false,
}: {
  readonly table: string;
  readonly schema: z.ZodType<T>;
  readonly isQuick?: boolean;
}): Rows<T> => memoryTable(table, isQuick)(schema);

/** One table in memory, to be looked at through several schemas, as versions of the app would. */
export const memoryTable = (table: string, isQuick = false): (<T>(schema: z.ZodType<T>) => Rows<T>) => {
  const partitions: Partitions = new Map();
  let writes = 0;
  const nextVersion = (): string => {
    writes += 1;
    return `v${writes}`;
  };
  return (schema) => rowsOf(table, schema, partitions, nextVersion, isQuick);
};

/** Rows have been JSON, so that nothing read is ever the thing written; what is read is frozen. */
const rowsOf = <T>(
  table: string,
  schema: z.ZodType<T>,
  partitions: Partitions,
  nextVersion: () => string,
  isQuick: boolean,
): Rows<T> => {
  /** What is read is frozen, so it need not be parsed for every reader. */
  const parsedBefore = new WeakMap<Stored, T>();
  const find = ({ partition, key }: RowAddress): Stored | undefined => partitions.get(partition)?.get(key);

  /** As storage would give it back. */
  const encoded = (address: RowAddress, value: T): T => {
    if (isQuick) return frozen(value);
    const bytes = encodeRow(table, address, value);
    return frozen(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()));
  };

  const write = ({ partition, key }: RowAddress, plain: T): Row<T> => {
    const address = { partition, key };
    const stored = { address, plain, version: nextVersion() };
    const rows = partitions.get(partition) ?? new Map<string, Stored>();
    partitions.set(partition, rows.set(key, stored));
    if (isQuick) parsedBefore.set(stored, plain);
    return { ...address, value: plain, version: stored.version };
  };

  const read = (stored: Stored): Row<T> => {
    const { address, plain, version } = stored;
    const known = parsedBefore.get(stored);
    if (known !== undefined) return { ...address, value: known, version };
    const parsed = schema.safeParse(plain);
    if (!parsed.success) throw new Error(`The stored ${rowName(table, address)} cannot be read.`);
    parsedBefore.set(stored, frozen(parsed.data));
    return { ...address, value: parsed.data, version };
  };

  const insert = (address: RowAddress, value: T): Row<T> | undefined => {
    checkAddress(table, address);
    const plain = encoded(address, value);
    return find(address) ? undefined : write(address, plain);
  };

  return {
    async get(address) {
      checkAddress(table, address);
      const stored = find(address);
      return stored && read(stored);
    },
    async insert(address, value) {
      return insert(address, value);
    },
    async insertAll(partition, rows) {
      checkRowKey(table, 'partition', partition);
      checkDistinct(table, rows);
      for (const { key, value } of rows) {
        checkAddress(table, { partition, key });
        encodeRow(table, { partition, key }, value);
      }
      for (const { key, value } of rows) insert({ partition, key }, value);
    },
    async replace(row, value) {
      checkAddress(table, row);
      const plain = encoded(row, value);
      return find(row)?.version === row.version ? write(row, plain) : undefined;
    },
    async replaceAll(changes) {
      checkTogether(
        table,
        changes.map(({ row }) => row),
      );
      const plain = changes.map(({ row, value }) => ({ row, value: encoded(row, value) }));
      if (changes.some(({ row }) => find(row)?.version !== row.version)) return false;
      for (const { row, value } of plain) write(row, value);
      return true;
    },
    async remove(address) {
      checkAddress(table, address);
      partitions.get(address.partition)?.delete(address.key);
    },
    async list(partition) {
      checkRowKey(table, 'partition', partition);
      const rows = partitions.get(partition)?.values() ?? [];
      return Array.from(rows, read).sort((a, b) => (a.key < b.key ? -1 : 1));
    },
  };
};
