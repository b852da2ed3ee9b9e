import type { Profile } from '../generator/draft.ts';
import type { Population } from '../generator/population.ts';
import { maskOf } from '../generator/segments.ts';

/** How a table is written. */
export interface CsvStyle {
  readonly delimiter: string;
  readonly lineEnd: '\n' | '\r\n';
  readonly quotes: 'always' | 'where-needed';
  readonly header: boolean;
  readonly byteOrderMark: boolean;
  /** Puts a line break where a street has a space; cleaned, the value is the same. */
  readonly lineBreaks: boolean;
}

export const plainStyle: CsvStyle = {
  delimiter: ',',
  lineEnd: '\r\n',
  quotes: 'always',
  header: true,
  byteOrderMark: false,
  lineBreaks: false,
};

/** Columns of an exported segment, with the types that `model.json` gives them. */
export const exportedColumns = [
  ['CustomerId', 'string'],
  ['Email', 'string'],
  ['FirstName', 'string'],
  ['LastName', 'string'],
  ['StreetAddress', 'string'],
  ['City', 'string'],
  ['State', 'string'],
  ['PostCode', 'string'],
  ['Country', 'string'],
  ['Telephone', 'string'],
  ['DateOfBirth', 'dateTime'],
  ['Gender', 'string'],
  ['Loyalty_Tier', 'string'],
  ['RewardPoints', 'int64'],
  ['ModifiedOn', 'dateTimeOffset'],
] as const;

const cellsOf = (profile: Profile): readonly (string | number | null)[] => [
  profile.msdynci_customerid,
  profile.msdynci_email,
  profile.msdynci_firstname,
  profile.msdynci_lastname,
  profile.msdynci_streetaddress,
  profile.msdynci_city,
  profile.msdynci_state,
  profile.msdynci_postcode,
  profile.msdynci_country,
  profile.msdynci_telephone,
  profile.msdynci_dateofbirth,
  profile.msdynci_gender,
  profile.msdynci_loyalty_tier,
  profile.msdynci_rewardpoints,
  profile.msdynci_modifiedon,
];

/** As the file has them; nothing and an empty text are written alike. */
export const textsOf = (profile: Profile): readonly string[] =>
  cellsOf(profile).map((value) => (value === null ? '' : String(value)));

const streetPlace = exportedColumns.findIndex(([name]) => name === 'StreetAddress');

export const csvRow = (cells: readonly string[], style: CsvStyle): string => {
  const { delimiter, lineEnd, quotes } = style;
  const needsQuotes = (cell: string): boolean =>
    quotes === 'always' ? cell !== '' : /["\r\n]/.test(cell) || cell.includes(delimiter);
  const written = cells.map((cell) => (needsQuotes(cell) ? `"${cell.replaceAll('"', '""')}"` : cell));
  return written.join(delimiter) + lineEnd;
};

const bufferedChars = 1_000_000;

/** A part with the members of the segment (`null`: everybody) from `from` to `to`, both by index. */
export function* partText(
  population: Population,
  segment: string | null,
  { from, to, style }: { readonly from: number; readonly to: number; readonly style: CsvStyle },
): Generator<string, void> {
  const mask = segment === null ? null : maskOf([segment]);
  let text = style.byteOrderMark ? '\uFEFF' : '';
  if (style.header) {
    const names = exportedColumns.map(([name]) => name);
    text += csvRow(names, style);
  }
  for (let index = from; index < to; index += 1) {
    if (mask !== null && (population.segmentMask(index) & mask) === 0) continue;
    const profile = population.profile(index);
    // A table of profiles has nobody without one.
    if (profile === null) continue;
    const cells = textsOf(profile);
    const broken = (cell: string, place: number): string =>
      style.lineBreaks && place === streetPlace ? cell.replace(' ', '\r\n') : cell;
    text += csvRow(cells.map(broken), style);
    if (text.length < bufferedChars) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}
