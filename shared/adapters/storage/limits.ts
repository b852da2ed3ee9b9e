import type { RowAddress } from '../../ports/rows.ts';

// The emulator enforces few of the service's limits and answers others with errors that the SDK repeats, so all are
// checked before a call. https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model

/** Of a row's JSON in UTF-8; an entity may have 1 MiB in all. */
const maxRowBytes = 900_000;
/** https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions */
export const maxTransactionRows = 100;
/** Of a message's JSON in UTF-8; base64 makes it 60 KB of the 64 KiB that a message may have. */
const maxMessageBytes = 45_000;
const maxDelaySeconds = 7 * 24 * 60 * 60;

const rowKeyPattern = /^[A-Za-z0-9.\-_~]{1,200}$/;
const pathPattern = /^(?:runs|snapshots)\/[A-Za-z0-9.\-_~/]{1,900}$/;
const prefixPattern = /^(?:runs|snapshots)\/[A-Za-z0-9.\-_~/]{0,900}$/;

/** Throws unless both keys can be stored as they are. The keys are not repeated: a bad one may be a value. */
export const checkAddress = (table: string, address: RowAddress): void => {
  checkRowKey(table, 'partition', address.partition);
  checkRowKey(table, 'key', address.key);
};

export const checkRowKey = (table: string, part: 'partition' | 'key', text: string): void => {
  if (rowKeyPattern.test(text)) return;
  throw new RangeError(
    `A ${part} of table ${table} must be 1 to 200 characters of A-Z, a-z, 0-9, ".", "-", "_", "~".`,
  );
};

/** Throws where a key comes twice: which of the two values would be stored is nobody's intention. */
export const checkDistinct = (table: string, rows: readonly { readonly key: string }[]): void => {
  if (new Set(rows.map((row) => row.key)).size === rows.length) return;
  throw new RangeError(`A list of new rows for table ${table} names a key twice.`);
};

/** Throws unless these rows can be written by one transaction: up to 100 different ones of one partition. */
export const checkTogether = (table: string, rows: readonly RowAddress[]): void => {
  for (const row of rows) checkAddress(table, row);
  checkDistinct(table, rows);
  if (rows.length <= maxTransactionRows && new Set(rows.map((row) => row.partition)).size <= 1) return;
  throw new RangeError(`Rows of table ${table} that go together lie in one partition, at most 100.`);
};

/** The value's JSON in UTF-8, or an error naming the row where it is no JSON or too large. */
export const encodeRow = (table: string, address: RowAddress, value: unknown): Uint8Array => {
  const text: string | undefined = JSON.stringify(value);
  const name = rowName(table, address);
  if (text === undefined) throw new TypeError(`The value for ${name} is not JSON.`);
  const bytes = Buffer.from(text);
  if (bytes.byteLength > maxRowBytes) {
    throw new RangeError(
      `The value for ${name} has ${bytes.byteLength} bytes; at most ${maxRowBytes} can be stored.`,
    );
  }
  return bytes;
};

export const rowName = (table: string, { partition, key }: RowAddress): string =>
  `row ${table}/${partition}/${key}`;

/** Container and name of a blob. */
export const splitPath = (path: string): BlobAddress => split(path, pathPattern, 'path');
/** Container and beginning of a name, which may be empty. */
export const splitPrefix = (prefix: string): BlobAddress => split(prefix, prefixPattern, 'prefix');

export interface BlobAddress {
  readonly container: string;
  readonly name: string;
}

const split = (text: string, pattern: RegExp, what: 'path' | 'prefix'): BlobAddress => {
  if (!pattern.test(text) || /\/\/|\/\.{1,2}(?:\/|$)/.test(text)) {
    throw new RangeError(
      `A blob ${what} starts with "runs/" or "snapshots/" and has A-Z, a-z, 0-9, ".", "-", "_", "~", "/".`,
    );
  }
  const slash = text.indexOf('/');
  return { container: text.slice(0, slash), name: text.slice(slash + 1) };
};

/** Throws unless `0 <= from <= to`, in whole bytes. */
export const checkRange = (from: number, to: number): void => {
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from <= to) return;
  throw new RangeError(`Bytes [${from}, ${to}) are no range.`);
};

/** JSON of a message as it is put, or an error naming the queue where it is too large. */
export const encodeMessage = (message: { readonly step: string }): string => {
  const text = JSON.stringify(message);
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxMessageBytes) return text;
  throw new RangeError(
    `A message for ${message.step} has ${bytes} bytes; at most ${maxMessageBytes} can be put.`,
  );
};

/** Whole seconds, rounded up: a message may come late, never early. */
export const wholeDelaySeconds = (delaySeconds: number): number => {
  if (delaySeconds >= 0 && delaySeconds <= maxDelaySeconds) return Math.ceil(delaySeconds);
  throw new RangeError(
    `A message cannot be delayed by ${delaySeconds} seconds; 0 to ${maxDelaySeconds} can be asked for.`,
  );
};
