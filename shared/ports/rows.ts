/** A stored row with the mark by which a conditional write recognises it. */
export interface Row<T> {
  readonly partition: string;
  readonly key: string;
  readonly value: T;
  readonly version: string;
}

export interface RowAddress {
  readonly partition: string;
  readonly key: string;
}

/**
 * One table of rows. Keys: 1 to 200 characters of `A-Za-z0-9.-_~`. A value is plain JSON of at most 900 KB.
 * Every refusal by somebody else's write is a value (`undefined`), not an error.
 */
export interface Rows<T> {
  get(address: RowAddress): Promise<Row<T> | undefined>;
  /** The new row, or `undefined` where one is there already. */
  insert(address: RowAddress, value: T): Promise<Row<T> | undefined>;
  /** Many new rows of one partition; those that are there already stay as they are. */
  insertAll(partition: string, rows: readonly { readonly key: string; readonly value: T }[]): Promise<void>;
  /** The row as written, or `undefined` where it was changed or removed since `row` was read. */
  replace(row: Row<T>, value: T): Promise<Row<T> | undefined>;
  /**
   * Up to 100 rows of one partition, all of them written or none: `false` where any was changed or removed since it
   * was read.
   */
  replaceAll(changes: readonly { readonly row: Row<T>; readonly value: T }[]): Promise<boolean>;
  /** Removing what is gone is success. */
  remove(address: RowAddress): Promise<void>;
  /** All rows of a partition in the order of their keys. */
  list(partition: string): Promise<readonly Row<T>[]>;
}
