export type Row = Readonly<Record<string, unknown>>;

export const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Rows are not to be trusted: what is not a row's own is not there. */
export const cellOf = (row: unknown, column: string): unknown =>
  isRow(row) && Object.hasOwn(row, column) ? row[column] : undefined;
