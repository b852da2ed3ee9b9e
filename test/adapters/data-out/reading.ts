import { gunzippedBlocks, plainBlocks } from '../../../shared/adapters/data-out/blocks.ts';
import { RowReader } from '../../../shared/adapters/data-out/row-reader.ts';
import type { CsvFormat } from '../../../shared/adapters/data-out/row-scanner.ts';

export const commas: CsvFormat = { delimiter: 44, quote: 34, encoding: 'utf8' };

export interface FileOptions {
  readonly format?: CsvFormat;
  readonly at?: number;
  readonly blockBytes?: number;
  readonly gzip?: boolean;
  readonly maxRowBytes?: number;
}

/** A reader of a file in memory, from byte `at` of what it decompresses to. */
export const readerOf = (file: Buffer, options: FileOptions = {}): RowReader => {
  const { format = commas, at = 0, blockBytes = 1_000, gzip = false, maxRowBytes } = options;
  const range = async (from: number, to: number): Promise<Buffer> => file.subarray(from, to);
  const blocks = gzip
    ? gunzippedBlocks(plainBlocks(range, 0, file.length, blockBytes), at)
    : plainBlocks(range, at, file.length, blockBytes);
  return new RowReader(blocks, format, at, maxRowBytes);
};

export interface Read {
  readonly rows: readonly (readonly string[])[];
  readonly malformed: number;
  readonly at: number;
}

export const readFile = async (text: string | Buffer, options: FileOptions = {}): Promise<Read> => {
  const reader = readerOf(Buffer.from(text), options);
  const rows: string[][] = [];
  const { malformed } = await reader.take(Number.POSITIVE_INFINITY, (row, bytes) =>
    rows.push(Array.from({ length: row.cells }, (_, cell) => row.text(bytes, cell))),
  );
  return { rows, malformed, at: reader.at };
};
