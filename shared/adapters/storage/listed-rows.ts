import type { Row } from '../../ports/rows.ts';

/** More than the runs that a brand's lanes and settlement look at in turn. */
const maxPartitions = 8;

/**
 * The rows of the partitions that were listed last. A run of a million contacts has a thousand page rows, which are
 * listed again and again while a few of them change; to parse and check them all takes 100 ms and more of the process.
 */
export class ListedRows<T> {
  readonly #partitions = new Map<string, ReadonlyMap<string, Row<T>>>();

  /** The row as it was read before, if it is the same version. */
  find(partition: string, key: string | undefined, version: string): Row<T> | undefined {
    const row = this.#partitions.get(partition)?.get(key ?? '');
    return row?.version === version ? row : undefined;
  }

  keep(partition: string, rows: readonly Row<T>[]): void {
    this.#partitions.delete(partition);
    this.#partitions.set(partition, new Map(rows.map((row) => [row.key, row])));
    const [oldest] = this.#partitions.keys();
    if (this.#partitions.size > maxPartitions && oldest !== undefined) this.#partitions.delete(oldest);
  }
}
