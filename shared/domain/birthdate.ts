import { parseIsoDate } from './iso-date.ts';
import { type Cleaned, cleanText, leftOut, ok } from './text.ts';

/** Nobody who gets e-mail was born before; earlier years are placeholders of other systems (1753, 0001). */
const firstYear = '1900';

/**
 * `YYYY-MM-DD`, of a date-time the day as written: a birthday has no time zone. `5/8/1986` is `date-malformed`, because
 * nobody can tell whether it means May or August.
 */
export const cleanBirthdate = (value: unknown): Cleaned<string> => {
  const text = cleanText(value);
  if (text.kind === 'absent') return text;
  if (text.kind === 'left-out') return text.reason === 'odd-type' ? text : leftOut('date-malformed');
  const parsed = parseIsoDate(text.value);
  return parsed !== undefined && parsed.date >= firstYear ? ok(parsed.date) : leftOut('date-malformed');
};
