import { Cron } from 'croner';
import type { ConfigurationFault } from './answers.ts';
import type { ExportDefinition, RefreshSchedule } from './definition.ts';
import { instantOf, isTimeZone, wallTimeOf } from './wall-time.ts';

export type Schedule = ExportDefinition['schedule'];

interface Plan {
  readonly timeZone: string;
  readonly patterns: readonly string[];
}

const everyDay = '*';

const refreshPattern = (time: string, weekdays: readonly number[]): string => {
  const [hour, minute] = time.split(':').map(Number);
  return `${minute} ${hour} * * ${weekdays.length > 0 ? weekdays.join(',') : everyDay}`;
};

const planOf = (schedule: Schedule, refresh: RefreshSchedule | null): Plan | null => {
  if (schedule === 'off') return null;
  if (schedule !== 'refresh') return { timeZone: schedule.timeZone, patterns: [schedule.cron] };
  if (refresh === null) return null;
  const { timeZone, times, weekdays = [] } = refresh;
  return { timeZone, patterns: times.map((time) => refreshPattern(time, weekdays)) };
};

/** The pattern is read on a clock without changes (UTC); what daylight saving makes of it is decided by `instantOf`. */
const cronOf = (pattern: string): Cron => new Cron(pattern, { mode: '5-part', timezone: 'Etc/UTC' });

/** Wall times, as if they were UTC, at which any of the patterns fires. */
function* wallTimesAfter(patterns: readonly string[], after: number): Generator<number, void, undefined> {
  const crons = patterns.map(cronOf);
  for (let at = after; ; ) {
    const next = Math.min(
      ...crons.map((cron) => cron.nextRun(new Date(at))?.getTime() ?? Number.POSITIVE_INFINITY),
    );
    if (!Number.isFinite(next)) return;
    yield next;
    at = next;
  }
}

/** Strictly ascending moments (ms since 1970) after `after`. Without end, unless the schedule has one. */
function* occurrencesAfter(
  schedule: Schedule,
  refresh: RefreshSchedule | null,
  after: number,
): Generator<number, void, undefined> {
  const plan = planOf(schedule, refresh);
  if (plan === null) return;
  let last = after;
  for (const wallTime of wallTimesAfter(plan.patterns, wallTimeOf(after, plan.timeZone))) {
    const at = instantOf(wallTime, plan.timeZone);
    // Several wall times of one spring gap are one moment.
    if (at > last) {
      last = at;
      yield at;
    }
  }
}

/**
 * The next `count` occurrences after `after`; none for `off`, or for `refresh` while no refresh is set. A local time
 * in the spring gap fires at the gap's end; one that comes twice in autumn fires once, the first time.
 */
export const nextOccurrences = (
  schedule: Schedule,
  refresh: RefreshSchedule | null,
  after: number,
  count: number,
): number[] => [...occurrencesAfter(schedule, refresh, after).take(count)];

/** Occurrences after `from` up to and including `to`: the first `atMost` of them. Go on from the last for more. */
export const occurrencesBetween = (
  schedule: Schedule,
  refresh: RefreshSchedule | null,
  { from, to, atMost }: { readonly from: number; readonly to: number; readonly atMost: number },
): number[] => {
  const found: number[] = [];
  if (atMost <= 0) return found;
  for (const at of occurrencesAfter(schedule, refresh, from)) {
    if (at > to) break;
    found.push(at);
    if (found.length === atMost) break;
  }
  return found;
};

const cronFault = (cron: string): string | null => {
  if (cron.trim().split(/\s+/).length !== 5) return 'A cron pattern has exactly five fields.';
  // croner puts the present time in place of "?", so the pattern would mean something else each time it is read.
  if (cron.includes('?')) return '"?" is not supported.';
  try {
    return cronOf(cron).nextRun(new Date(0)) === null ? 'The pattern never comes true.' : null;
  } catch (error) {
    return error instanceof Error
      ? error.message.replace(/^CronPattern: /, '')
      : 'The pattern cannot be read.';
  }
};

const timeZoneFaults = (field: string, timeZone: string): ConfigurationFault[] =>
  isTimeZone(timeZone)
    ? []
    : [
        {
          field,
          message: `"${timeZone}" is not a known time zone.`,
          remedy: 'Give an IANA name such as "Europe/Vilnius".',
        },
      ];

export const scheduleFaults = (schedule: Schedule): ConfigurationFault[] => {
  if (schedule === 'off' || schedule === 'refresh') return [];
  const message = cronFault(schedule.cron);
  const remedy = 'Give minute, hour, day of month, month and weekday, e.g. "0 6 * * 1-5".';
  return [
    ...(message === null ? [] : [{ field: 'schedule.cron', message, remedy }]),
    ...timeZoneFaults('schedule.timeZone', schedule.timeZone),
  ];
};

export const refreshFaults = (refresh: RefreshSchedule): ConfigurationFault[] =>
  timeZoneFaults('timeZone', refresh.timeZone);
