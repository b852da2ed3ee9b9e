import { countryNames } from './country-names.ts';
import { foldText } from './text.ts';

/** A map, not an object: a source value such as `constructor` must find nothing. */
const codes: ReadonlyMap<string, string> = new Map(
  Object.entries(countryNames).flatMap(([code, names]) =>
    names.split('|').map((name) => [name, code] as const),
  ),
);

/**
 * ISO 3166-1 alpha-2 code of a country given as name in one of the table's languages, as local name, or as alpha-2 or
 * alpha-3 code; in any case, diacritics tolerated. `undefined` where it is not known for certain.
 */
export const countryCodeOf = (text: string): string | undefined => {
  const name = foldText(text);
  return codes.get(name) ?? (name.startsWith('the ') ? codes.get(name.slice(4)) : undefined);
};
