import { storeOf } from '../../shared/adapters/storage/store.ts';
import type { Blobs } from '../../shared/ports/blobs.ts';
import type { Rows } from '../../shared/ports/rows.ts';
import { memoryBlobs } from '../memory/blobs.ts';
import { memoryRows } from '../memory/rows.ts';

/** A storage account in memory that keeps a copy of all that was ever written to it, removed or not. */
export const keepingStorage = () => {
  const kept: string[] = [];
  const keep = (...what: readonly unknown[]): void => void kept.push(JSON.stringify(what));

  const keeping = <T>(table: string, rows: Rows<T>): Rows<T> => ({
    ...rows,
    insert(address, value) {
      keep(table, address, value);
      return rows.insert(address, value);
    },
    insertAll(partition, some) {
      keep(table, partition, some);
      return rows.insertAll(partition, some);
    },
    replace(row, value) {
      keep(table, row, value);
      return rows.replace(row, value);
    },
    replaceAll(changes) {
      keep(table, changes);
      return rows.replaceAll(changes);
    },
  });

  const inner = memoryBlobs();
  const blobs: Blobs = {
    ...inner,
    put(path, bytes) {
      keep('blob', path, Buffer.from(bytes).toString());
      return inner.put(path, bytes);
    },
  };
  const store = storeOf((table, schema) => keeping(table, memoryRows({ table, schema })));
  return { kept, store, blobs };
};
