export type JsonObject = Readonly<Record<string, unknown>>;

export type PropertyValue = string | number | boolean | readonly string[];

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}

const emailShape = /^[^\s@<>()[\]\\,;:"]+@[^\s@.<>()[\]\\,;:"]+(?:\.[^\s@.<>()[\]\\,;:"]+)+$/;
const phoneShape = /^\+[1-9]\d{6,14}$/;
const dateShape = /^(\d{4})-(\d{2})-(\d{2})$/;
const instantShape =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

export const isEmail = (text: string): boolean => text.length <= 254 && emailShape.test(text);

/** E.164 with the plus sign. */
export const isPhone = (text: string): boolean => phoneShape.test(text);

/** `YYYY-MM-DD` that exists in the calendar. */
export function isCalendarDate(text: string): boolean {
  const match = dateShape.exec(text);
  if (match === null) return false;
  const date = new Date(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])));
  return date.toISOString().startsWith(text);
}

/** RFC 3339 with a time zone. */
export function isInstant(text: string): boolean {
  const match = instantShape.exec(text);
  return match?.[1] !== undefined && isCalendarDate(match[1]);
}

const latin = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index));

// CLDR names some regions that ISO 3166-1 does not assign as countries.
const notCountries = new Set('AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ'.split(' '));

function assignedCountries(): ReadonlyMap<string, string> {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  const found = new Map<string, string>();
  for (const first of latin) {
    for (const second of latin) {
      const code = first + second;
      // Withdrawn codes such as SU or UK canonicalise to another region.
      const current = new Intl.Locale(`und-${code}`).region === code;
      const name = names.of(code);
      if (current && name !== undefined && !notCountries.has(code)) found.set(code, name);
    }
  }
  return found;
}

/** English country names by ISO 3166-1 alpha-2 code. */
export const countryNames = assignedCountries();

const codesByName = new Map([...countryNames].map(([code, name]) => [name.toLowerCase(), code]));

export const countryCodeOf = (name: string): string | undefined => codesByName.get(name.trim().toLowerCase());
