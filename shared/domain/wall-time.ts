const dayMs = 86_400_000;
const minuteMs = 60_000;

/** Making a formatter costs far more than using it. */
const formatters = new Map<string, Intl.DateTimeFormat>();

const formatterFor = (timeZone: string): Intl.DateTimeFormat => {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(timeZone, formatter);
  return formatter;
};

export const isTimeZone = (timeZone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
    return true;
  } catch {
    return false;
  }
};

/** What clocks show at a moment, written as if it were UTC (ms since 1970). Throws for an unknown time zone. */
export const wallTimeOf = (instant: number, timeZone: string): number => {
  const second = Math.floor(instant / 1000) * 1000;
  const shown = new Map(
    formatterFor(timeZone)
      .formatToParts(second)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0;
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wall + (instant - second);
};

/**
 * The moment at which clocks show a wall time: the first one where it comes twice, the end of the gap where it never
 * comes. So a later wall time never gives an earlier moment.
 */
export const instantOf = (wallTime: number, timeZone: string): number => {
  const offsetAt = (instant: number): number => wallTimeOf(instant, timeZone) - instant;
  const before = offsetAt(wallTime - dayMs);
  const after = offsetAt(wallTime + dayMs);
  const found = [wallTime - before, wallTime - after].filter((at) => wallTimeOf(at, timeZone) === wallTime);
  if (found.length > 0) return Math.min(...found);

  // In the gap: the first minute at which clocks show more than the wall time.
  let early = Math.floor((wallTime - dayMs) / minuteMs) - Math.floor(before / minuteMs);
  let late = Math.ceil((wallTime + dayMs) / minuteMs) - Math.floor(after / minuteMs);
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (wallTimeOf(middle * minuteMs, timeZone) > wallTime) late = middle;
    else early = middle;
  }
  return late * minuteMs;
};
