import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { z } from 'zod';
import type { Row, RowAddress, Rows } from '../../ports/rows.ts';
import { errorCode, unless } from './answers.ts';
import { fromEntity, toEntity } from './entity.ts';
import { inParallel } from './in-parallel.ts';
import {
  checkAddress,
  checkDistinct,
  checkRowKey,
  checkTogether,
  encodeRow,
  maxTransactionRows,
} from './limits.ts';
import { ListedRows } from './listed-rows.ts';

// A transaction takes 100 rows and 4 MiB, of which the request's own lines want some.
// https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
const maxTransactionBytes = 3_500_000;
const insertsAtOnce = 16;

interface TableOptions<T> {
  readonly table: string;
  readonly client: () => Promise<TableClient>;
  readonly schema: z.ZodType<T>;
}

/** Rows in Azure Table storage. A missing table is an error, a missing row is not. */
export const tableRows = <T>({ table, client, schema }: TableOptions<T>): Rows<T> => {
  const listed = new ListedRows<T>();
  const insert = async (address: RowAddress, value: T): Promise<Row<T> | undefined> => {
    checkAddress(table, address);
    const entity = toEntity(address, encodeRow(table, address, value));
    const written = await unless(['EntityAlreadyExists'], (await client()).createEntity(entity));
    return written && { ...address, value, version: versionOf(table, written.etag) };
  };

  return {
    insert,

    async get(address) {
      checkAddress(table, address);
      const found = await unless(
        ['ResourceNotFound'],
        (await client()).getEntity(address.partition, address.key),
      );
      return found && fromEntity(table, schema, found);
    },

    async insertAll(partition, rows) {
      checkRowKey(table, 'partition', partition);
      checkDistinct(table, rows);
      const entries = rows.map(({ key, value }) => {
        const address = { partition, key };
        checkAddress(table, address);
        return { address, value, bytes: encodeRow(table, address, value) };
      });
      const tableClient = await client();
      for (const entriesOfOne of transactions(entries)) {
        const actions = entriesOfOne.map(
          ({ address, bytes }): TransactionAction => ['create', toEntity(address, bytes)],
        );
        try {
          await tableClient.submitTransaction(actions);
        } catch (error) {
          if (errorCode(error) !== 'EntityAlreadyExists') throw error;
          // A transaction is all or nothing: what is not there yet goes in row by row.
          await inParallel(entriesOfOne, insertsAtOnce, ({ address, value }) => insert(address, value));
        }
      }
    },

    async replace(row, value) {
      checkAddress(table, row);
      const address = { partition: row.partition, key: row.key };
      const entity = toEntity(address, encodeRow(table, address, value));
      const written = await unless(
        ['UpdateConditionNotSatisfied', 'ResourceNotFound'],
        (await client()).updateEntity(entity, 'Replace', { etag: row.version }),
      );
      return written && { ...address, value, version: versionOf(table, written.etag) };
    },

    async replaceAll(changes) {
      checkTogether(
        table,
        changes.map(({ row }) => row),
      );
      const actions = changes.map(({ row, value }): TransactionAction => {
        const entity = toEntity(row, encodeRow(table, row, value));
        return ['update', entity, 'Replace', { etag: row.version }];
      });
      if (actions.length === 0) return true;
      const written = await unless(
        ['UpdateConditionNotSatisfied', 'ResourceNotFound'],
        (await client()).submitTransaction(actions),
      );
      return written !== undefined;
    },

    async remove(address) {
      checkAddress(table, address);
      await unless(['ResourceNotFound'], (await client()).deleteEntity(address.partition, address.key));
    },

    async list(partition) {
      checkRowKey(table, 'partition', partition);
      const rows: Row<T>[] = [];
      // The checked alphabet has no quote, so the filter needs no escaping.
      const filter = `PartitionKey eq '${partition}'`;
      for await (const entity of (await client()).listEntities({ queryOptions: { filter } })) {
        const known = listed.find(partition, entity.rowKey, entity.etag);
        rows.push(known ?? fromEntity(table, schema, entity));
      }
      listed.keep(partition, rows);
      return rows.sort((a, b) => (a.key < b.key ? -1 : 1));
    },
  };
};

/** Cut in order, so that each holds as many rows as one transaction takes. */
const transactions = <E extends { readonly bytes: Uint8Array }>(entries: readonly E[]): readonly E[][] => {
  const cut: E[][] = [];
  let open: E[] = [];
  let openBytes = 0;
  for (const entry of entries) {
    // As base64, with room for the lines around each row.
    const size = Math.ceil(entry.bytes.byteLength / 3) * 4 + 2_000;
    if (open.length === maxTransactionRows || (open.length > 0 && openBytes + size > maxTransactionBytes)) {
      cut.push(open);
      open = [];
      openBytes = 0;
    }
    open.push(entry);
    openBytes += size;
  }
  if (open.length > 0) cut.push(open);
  return cut;
};

const versionOf = (table: string, etag: string | undefined): string => {
  if (etag !== undefined) return etag;
  throw new Error(`Table ${table} answered a write without an ETag.`);
};
