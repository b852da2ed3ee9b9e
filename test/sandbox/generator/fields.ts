import { ABSENT, type Cell, leftOut, value } from './cell.ts';
import { type NumberPlan, type Place, UNKNOWN_COUNTRIES } from './places.ts';
import { type NonEmpty, pick } from './random.ts';

// Cells of the columns with a meaning of their own. `roll` in [0, 1) chooses the kind of dirt, `number` the variant.

/** Either a known country, given as ISO 3166-1 alpha-2 code, or text that names none. */
export type Country = { readonly countryCode: string } | { readonly country: string };

export function countryCell(place: Place, roll: number, number: number): Cell<Country> {
  if (roll < 0.03) return { raw: number % 2 === 0 ? null : '', truth: ABSENT };
  if (roll < 0.035) {
    const country = pick(UNKNOWN_COUNTRIES, number);
    return value(country, { country });
  }
  const name = pick(place.names, number);
  const held = { countryCode: place.countryCode };
  if (roll < 0.06) return value(name.toUpperCase(), held);
  if (roll < 0.085) return value(name.toLowerCase(), held);
  if (roll < 0.1) return value(`  ${name} `, held);
  return value(name, held);
}

const NONSENSE_NUMBERS: NonEmpty<(local: string) => string> = [
  (local) => `${local}x9509`,
  (local) => `${local} ext. 12`,
  () => 'call me',
  () => 'n/a',
  () => '12345',
  (local) => `CALL${local.slice(0, 3)}`,
];

/**
 * @param countryKnown  without a country only the international form can be understood
 * @param subscriber  seven digits not beginning with 0 or 1
 */
export function phoneCell(
  plan: NumberPlan,
  countryKnown: boolean,
  subscriber: string,
  roll: number,
  number: number,
): Cell<string> {
  if (roll < 0.12) return { raw: null, truth: ABSENT };
  if (roll < 0.13) return { raw: '', truth: ABSENT };
  const significant = pick(plan.leads, number) + subscriber;
  const spaced = `${significant.slice(0, 3)} ${significant.slice(3, 6)} ${significant.slice(6)}`;
  const trunk = pick(plan.trunkPrefixes, number >>> 8);
  if (roll < 0.18)
    return leftOut(pick(NONSENSE_NUMBERS, number)(`${trunk}${significant}`), 'phone-malformed');
  const held = `+${plan.callingCode}${significant}`;
  if (roll < 0.55) return value(held, held);
  if (roll < 0.7 || !countryKnown) return value(`+${plan.callingCode} ${spaced}`, held);
  if (roll < 0.8) return value(`${trunk}${significant}`, held);
  if (roll < 0.9) return value(`${trunk}${spaced.replaceAll(' ', '-')}`, held);
  return value(`(${trunk}${significant.slice(0, 3)}) ${significant.slice(3)}`, held);
}

const IMPOSSIBLE_DATES: NonEmpty<string> = ['1985-02-30', '0000-00-00', 'tomorrow', '1990-13-01'];

export function birthdateCell(roll: number, number: number): Cell<string> {
  if (roll < 0.2) return { raw: null, truth: ABSENT };
  if (roll < 0.21) return leftOut(pick(IMPOSSIBLE_DATES, number), 'date-malformed');
  const twoDigits = (n: number) => String(n).padStart(2, '0');
  const date = `${1940 + (number % 66)}-${twoDigits(1 + ((number >>> 8) % 12))}-${twoDigits(1 + ((number >>> 16) % 28))}`;
  return value(roll < 0.5 ? `${date}T00:00:00Z` : date, date);
}

const FEMALE: NonEmpty<string> = ['Female', 'female', 'F', 'f'];
const MALE: NonEmpty<string> = ['Male', 'male', 'M', 'm'];
const OTHER_GENDERS: NonEmpty<string> = ['unknown', 'X', 'divers'];

export function genderCell(roll: number, number: number): Cell<'f' | 'm'> {
  if (roll < 0.1) return { raw: null, truth: ABSENT };
  if (roll < 0.13) return leftOut(pick(OTHER_GENDERS, number), 'gender-unknown');
  return roll < 0.565 ? value(pick(FEMALE, number), 'f') : value(pick(MALE, number), 'm');
}
