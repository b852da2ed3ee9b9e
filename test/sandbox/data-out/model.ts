import { type CsvStyle, exportedColumns } from './rows.ts';

export interface WrittenTable {
  readonly name: string;
  /** Addresses of its parts. */
  readonly parts: readonly string[];
  readonly style: CsvStyle;
}

/** `model.json` as the Common Data Model has it: https://learn.microsoft.com/common-data-model/model-json */
export const modelOf = (tables: readonly WrittenTable[]): string =>
  JSON.stringify({
    name: 'CustomerInsights',
    version: '1.0',
    entities: tables.map(({ name, parts, style }) => ({
      $type: 'LocalEntity',
      name,
      attributes: exportedColumns.map(([column, dataType]) => ({ name: column, dataType })),
      partitions: parts.map((location, place) => ({
        name: `${name}_${place + 1}`,
        location,
        hasHeader: style.header,
        fileFormatSettings: {
          $type: 'CsvFormatSettings',
          columnHeaders: style.header,
          delimiter: style.delimiter,
          quoteStyle: 'QuoteStyle.Csv',
          csvStyle: style.quotes === 'always' ? 'CsvStyle.QuoteAlways' : 'CsvStyle.QuoteAfterDelimiter',
          encoding: 'UTF-8',
        },
      })),
    })),
  });
