import { Cron } from 'croner';
import { parseTimeSpan } from './host-json.ts';

export type ParsedSchedule = {
  readonly kind: 'cron' | 'interval';
  /** Milliseconds of the first occurrence after the moment; undefined when there is none. */
  next(afterMilliseconds: number): number | undefined;
};
type ParseResult =
  | { readonly kind: 'schedule'; readonly schedule: ParsedSchedule }
  | { readonly kind: 'fault'; readonly fault: string };

const minuteMilliseconds = 60_000;
// NCRONTAB has lists, ranges, steps and names, and none of croner's further signs (L, W, #, ?, @daily).
// https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
const ncrontab = /^[\d*,/\-a-z]+(?: +[\d*,/\-a-z]+){4,5}$/i;
const crontabSigns = /\b(?:\d*[lw]|lw)\b/i;

/** Six fields with seconds, five without, or a time span. */
export function parseSchedule(text: string, timeZone: string): ParseResult {
  const expression = text.trim().replace(/\s+/g, ' ');
  const span = parseTimeSpan(expression);
  if (span !== undefined && span > 0) {
    return { kind: 'schedule', schedule: { kind: 'interval', next: (after) => after + span * 1000 } };
  }
  const fault = `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string.`;
  if (!ncrontab.test(expression) || crontabSigns.test(expression)) return { kind: 'fault', fault };
  try {
    // NCRONTAB wants day of month AND day of week to fit; croner's own rule is OR.
    const cron = new Cron(expression, { timezone: timeZone, domAndDow: true, paused: true });
    const next = (after: number) => cron.nextRun(new Date(after))?.getTime();
    return next(0) === undefined
      ? { kind: 'fault', fault }
      : { kind: 'schedule', schedule: { kind: 'cron', next } };
  } catch {
    return { kind: 'fault', fault };
  }
}

/** Whether two neighbours among the next occurrences lie closer than a minute. */
export function shorterThanAMinute(schedule: ParsedSchedule, fromMilliseconds: number): boolean {
  let previous = schedule.next(fromMilliseconds);
  for (let seen = 0; seen < 5 && previous !== undefined; seen++) {
    const following = schedule.next(previous);
    if (following !== undefined && following - previous < minuteMilliseconds) return true;
    previous = following;
  }
  return false;
}
