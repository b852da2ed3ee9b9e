import type { Entity } from './model.ts';
import type { CsvFormat } from './row-scanner.ts';

/** A table's way of writing its parts. `header`: whether the first row names the columns; `null` where nothing says. */
export interface TableFormat {
  readonly csv: CsvFormat;
  readonly header: boolean | null;
}

const encodings: Readonly<Record<string, CsvFormat['encoding']>> = {
  '': 'utf8',
  utf8: 'utf8',
  ascii: 'utf8',
  usascii: 'utf8',
  iso88591: 'latin1',
  latin1: 'latin1',
};

const byteOf = (mark: string): number | undefined => {
  const code = mark.charCodeAt(0);
  return mark.length === 1 && code < 128 && code !== 10 && code !== 13 ? code : undefined;
};

/** `null`: the model asks for what this program cannot read. Without a model: commas, double quotes, UTF-8. */
export const formatOf = (entity: Entity | undefined): TableFormat | null => {
  const [partition] = entity?.partitions ?? [];
  const told = partition?.fileFormatSettings ?? {};
  const delimiter = byteOf(told.columnDelimiter ?? told.delimiter ?? ',');
  const isQuoted = told.quoteCharacter !== '' && !/none$/i.test(told.quoteStyle ?? '');
  const quote = isQuoted ? byteOf(told.quoteCharacter ?? '"') : null;
  const encoding = encodings[(told.encoding ?? '').toLowerCase().replace(/[^a-z0-9]/g, '')];
  if (delimiter === undefined || quote === undefined || encoding === undefined || delimiter === quote) {
    return null;
  }
  const header = partition?.hasHeader ?? told.hasHeader ?? told.columnHeaders ?? null;
  return { csv: { delimiter, quote, encoding }, header };
};
