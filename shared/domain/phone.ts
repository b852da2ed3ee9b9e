import {
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  Metadata,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/min';
import { type Cleaned, cleanText, leftOut, ok } from './text.ts';

const e164 = /^\+[1-9]\d{7,14}$/;
const separators = /[\s()./\-\u2010-\u2015]+/g;
const nationalDigits = /^\d{4,17}$/;

/**
 * Calling code → the lengths that national numbers have in every country that shares the code. What is possible in some
 * of them only is left to the library.
 */
const lengthsByCallingCode = (): ReadonlyMap<string, ReadonlySet<number>> => {
  const metadata = new Metadata();
  const lengths = new Map<string, ReadonlySet<number>>();
  for (const country of getCountries()) {
    metadata.selectNumberingPlan(country);
    const code = getCountryCallingCode(country);
    const own = new Set(metadata.numberingPlan?.possibleLengths());
    lengths.set(code, lengths.get(code)?.intersection(own) ?? own);
  }
  return lengths;
};
const possibleLengths = lengthsByCallingCode();

/** No calling code begins another one, so at most one of the three lengths is found. */
const isPlainlyPossible = (number: string): boolean =>
  [2, 3, 4].some((end) => {
    // A zero here is nearly always a trunk prefix ("+44 (0)20"), which the library knows how to take off.
    const lengths = number[end] === '0' ? undefined : possibleLengths.get(number.slice(1, end));
    return lengths?.has(number.length - end) ?? false;
  });

/** Most numbers are settled by the table, ten times as fast as by parsing. */
const international = (number: string): string | undefined => {
  if (isPlainlyPossible(number)) return number;
  const parsed = parsePhoneNumberFromString(number, { extract: false });
  return parsed?.isPossible() ? parsed.number : undefined;
};

const national = (digits: string, countryCode: string | undefined): string | undefined => {
  if (countryCode === undefined || !isSupportedCountry(countryCode)) return undefined;
  const parsed = parsePhoneNumberFromString(digits, { defaultCountry: countryCode, extract: false });
  return parsed?.isValid() ? parsed.number : undefined;
};

/**
 * A telephone number in E.164, else `phone-malformed`; extensions and letters are never guessed away.
 *
 * Written with `+`, a number must be possible: its calling code exists and its length occurs in that numbering plan.
 * Written nationally, it must be valid: it also fits the national pattern of the contact's country. That is stricter,
 * for the country comes from the postal address and need not be the telephone's. Neither says that it is in use.
 */
export const cleanPhone = (value: unknown, countryCode: string | undefined): Cleaned<string> => {
  const text = cleanText(value);
  if (text.kind === 'absent') return text;
  if (text.kind === 'left-out') return text.reason === 'odd-type' ? text : leftOut('phone-malformed');
  const digits = e164.test(text.value) ? text.value : text.value.replace(separators, '');
  const number = e164.test(digits)
    ? international(digits)
    : nationalDigits.test(digits)
      ? national(digits, countryCode)
      : undefined;
  return number !== undefined && e164.test(number) ? ok(number) : leftOut('phone-malformed');
};
