import type { PropertyValue } from './contact.ts';
import type { PropertyType } from './definition.ts';
import { parseIsoDate } from './iso-date.ts';
import type { LeftOutReason } from './outcome.ts';
import { type Cleaned, cleanText, leftOut, ok } from './text.ts';

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A decimal point only: in `1,250` nobody can tell the comma's meaning. */
const numberOf = (text: string): number | undefined => {
  const number = decimal.test(text) ? Number(text) : Number.NaN;
  // `-0` is written as `0` in JSON; the sum makes the value equal to what is sent.
  return Number.isFinite(number) ? number + 0 : undefined;
};

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['y', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['n', false],
  ['0', false],
]);

/**
 * The layouts that Omnisend's app understands as dates: `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS` (no zone known) and
 * `YYYY-MM-DDTHH:MM:SSZ`. See https://support.omnisend.com/en/articles/3831257
 */
const dateOf = (text: string): string | undefined => {
  const parsed = parseIsoDate(text);
  if (parsed?.time === undefined) return parsed?.date;
  if (parsed.zone === undefined) return `${parsed.date} ${parsed.time}`;
  const utc = new Date(`${parsed.date}T${parsed.time}${parsed.zone}`).toISOString();
  // A shift over the calendar's ends (year 0, year 10000) leaves what can be written.
  return parseIsoDate(utc) === undefined ? undefined : `${utc.slice(0, 19)}Z`;
};

const parsedText = <T>(
  value: unknown,
  parse: (text: string) => T | undefined,
  reason: LeftOutReason,
): Cleaned<T> => {
  const text = cleanText(value);
  if (text.kind === 'absent') return text;
  if (text.kind === 'left-out') {
    return text.reason === 'odd-type' && typeof value !== 'number' ? text : leftOut(reason);
  }
  const parsed = parse(text.value);
  return parsed === undefined ? leftOut(reason) : ok(parsed);
};

/** The value of a custom property by its declared type; a value that does not hold is left out with the reason. */
export const cleanProperty = (value: unknown, type: PropertyType): Cleaned<Exclude<PropertyValue, null>> => {
  switch (type) {
    case 'string':
      return cleanText(value);
    case 'number':
      return parsedText(value, numberOf, 'number-malformed');
    case 'boolean':
      return parsedText(value, (text) => booleans.get(text.toLowerCase()), 'boolean-malformed');
    case 'date':
      return parsedText(value, dateOf, 'date-malformed');
  }
};
