/** A date, or a date with time, as written: nothing is shifted to another zone. */
export interface IsoDate {
  /** `YYYY-MM-DD`, a real calendar date from year 1 on. */
  readonly date: string;
  /** `HH:MM:SS`; absent where only a date was written. */
  readonly time?: string;
  /** `Z` or `±HH:MM`; absent where none was written. */
  readonly zone?: string;
}

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.\d{1,9})?)?(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?$/i;

const daysIn = (year: number, month: number): number => {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
};

/** Reads `YYYY-MM-DD` and the usual ISO 8601 date-times; `undefined` for anything else. */
export const parseIsoDate = (text: string): IsoDate | undefined => {
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const [, yearText, monthText, dayText, time, seconds, zone] = found;
  const [year, month, day] = [Number(yearText), Number(monthText), Number(dayText)];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  return {
    date: text.slice(0, 10),
    ...(time !== undefined && { time: `${time}:${seconds ?? '00'}` }),
    ...(zone !== undefined && { zone: zone.toUpperCase().replace(/^([+-]\d\d)(\d\d)$/, '$1:$2') }),
  };
};
