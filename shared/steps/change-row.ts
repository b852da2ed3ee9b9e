import type { Row, RowAddress, Rows } from '../ports/rows.ts';

const maxTries = 50;

/**
 * Reads a row, changes it and writes it back, again for as long as somebody else's write comes between. `change` sees
 * what is stored now (`undefined`: nothing) and answers with the new value, or `undefined` to leave the row as it is.
 */
export async function changeRow<T>(
  rows: Rows<T>,
  address: RowAddress,
  change: (value: T | undefined) => T | undefined,
): Promise<Row<T> | undefined> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const row = await rows.get(address);
    const value = change(row?.value);
    if (value === undefined) return row;
    const written = row === undefined ? await rows.insert(address, value) : await rows.replace(row, value);
    if (written !== undefined) return written;
  }
  throw new Error(
    `Row ${address.partition}/${address.key} was changed by others ${maxTries} times in a row.`,
  );
}
