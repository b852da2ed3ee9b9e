import type { TableEntity, TableEntityResult } from '@azure/data-tables';
import type { z } from 'zod';
import type { Row, RowAddress } from '../../ports/rows.ts';
import { rowName } from './limits.ts';

// A binary property may have 64 KiB. Not strings: an entity's size counts two bytes for each of their characters, so
// 900 KB of text would not fit. https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
const bytesPerProperty = 60_000;
const propertyName = (index: number): string => `json${index}`;

/** The row's JSON, cut into the properties `json0`, `json1`, … */
export const toEntity = ({ partition, key }: RowAddress, bytes: Uint8Array): TableEntity => {
  const entity: TableEntity = { partitionKey: partition, rowKey: key };
  for (let index = 0; index * bytesPerProperty < bytes.byteLength; index += 1) {
    const from = index * bytesPerProperty;
    entity[propertyName(index)] = bytes.subarray(from, from + bytesPerProperty);
  }
  return entity;
};

/** The row, or an error naming it (and where the value is at fault, never the value). */
export const fromEntity = <T>(
  table: string,
  schema: z.ZodType<T>,
  entity: TableEntityResult<Record<string, unknown>>,
): Row<T> => {
  const address = { partition: entity.partitionKey ?? '', key: entity.rowKey ?? '' };
  const parsed = schema.safeParse(parseJson(joined(entity)));
  if (parsed.success) return { ...address, value: parsed.data, version: entity.etag };
  const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'the whole').join(', ');
  throw new Error(`The stored ${rowName(table, address)} cannot be read: ${fields}.`);
};

const joined = (entity: Readonly<Record<string, unknown>>): string => {
  const parts: Uint8Array[] = [];
  for (let index = 0; ; index += 1) {
    const part = entity[propertyName(index)];
    if (!(part instanceof Uint8Array)) return Buffer.concat(parts).toString();
    parts.push(part);
  }
};

/** `undefined`, which no schema of a row takes, for what is no JSON: the parser's own message repeats the text. */
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
