import type { SourceAnswer } from '../../ports/source.ts';
import { gunzippedBlocks, plainBlocks } from './blocks.ts';
import { idColumn, placeOf } from './columns.ts';
import type { Part } from './completeness.ts';
import type { Container } from './container.ts';
import { configuration } from './faults.ts';
import type { TableFormat } from './format.ts';
import type { Entity } from './model.ts';
import { RowReader } from './row-reader.ts';

/** How a part's rows are laid out. */
export interface Layout {
  /** Where the first row of data begins, after decompression. */
  readonly start: number;
  /** Names of the columns, in the order of the cells. Empty for a part without a byte. */
  readonly names: readonly string[];
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const firstBlockBytes = 65_536;

const fault = (field: string, message: string, remedy: string): SourceAnswer<never> =>
  configuration({ field, message, remedy });

interface Beginning {
  /** After the byte order mark. */
  readonly from: number;
  readonly end: number;
  /** `null`: the first line is no row. */
  readonly cells: readonly string[] | null;
  readonly isEmpty: boolean;
  readonly isWide: boolean;
}

const readBeginning = async (container: Container, part: Part, format: TableFormat): Promise<Beginning> => {
  const range = (from: number, to: number): Promise<Buffer> => container.range(part, from, to);
  const plain = plainBlocks(range, 0, part.bytes, firstBlockBytes);
  const blocks = part.gzip && part.bytes > 0 ? gunzippedBlocks(plain, 0) : plain;
  try {
    const first = (await blocks.next()).value ?? Buffer.alloc(0);
    const hasMark = first.subarray(0, 3).equals(byteOrderMark);
    const from = hasMark ? 3 : 0;
    const isWide =
      first.length >= 2 && (first.readUInt16BE(0) === 0xfffe || first.readUInt16BE(0) === 0xfeff);
    const reader = new RowReader(following(first.subarray(from), blocks), format.csv, from);
    let cells: readonly string[] | null = null;
    const { rows } = await reader.take(1, (scanner, bytes) => {
      cells = Array.from({ length: scanner.cells }, (_, cell) => scanner.text(bytes, cell));
    });
    return { from, end: reader.at, cells, isEmpty: rows === 0, isWide };
  } finally {
    await blocks.return();
  }
};

async function* following(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void> {
  if (first.length > 0) yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Looks at the beginning of a part. The header's order counts before the model's; without a header the model's does. */
export const layoutOf = async (
  container: Container,
  part: Part,
  format: TableFormat,
  entity: Entity | undefined,
): Promise<SourceAnswer<Layout>> => {
  const { from, end, cells, isEmpty, isWide } = await readBeginning(container, part, format);
  if (isWide) {
    return fault(part.path, 'This part is written in UTF-16.', 'Let Customer Insights export UTF-8.');
  }
  if (isEmpty) return { kind: 'ok', value: { start: end, names: [] } };
  if (cells !== null && (format.header === true || placeOf(cells, idColumn) >= 0)) {
    return withId(part, { start: end, names: cells.map((name) => name.trim()) });
  }
  const names = entity?.attributes.map(({ name }) => name) ?? [];
  if (names.length === 0) {
    return fault(
      part.path,
      `This part has no header row with a column ${idColumn}, and no model.json names its columns.`,
      'Check that the folder is that of the export, and run the export in Customer Insights again.',
    );
  }
  if (cells !== null && cells.length !== names.length) {
    return fault(
      part.path,
      `The first row has ${cells.length} cells where model.json names ${names.length} columns.`,
      'Run the export in Customer Insights again.',
    );
  }
  return withId(part, { start: from, names });
};

const withId = (part: Part, layout: Layout): SourceAnswer<Layout> =>
  placeOf(layout.names, idColumn) >= 0
    ? { kind: 'ok', value: layout }
    : fault(
        part.path,
        `The table has no column ${idColumn}.`,
        'Export a table of unified customers, with that column.',
      );
