import { expect, test } from 'vitest';
import { createClock } from './clock.ts';
import { createInFlight } from './in-flight.ts';
import { type ParsedSchedule, parseSchedule, shorterThanAMinute } from './schedule.ts';
import { startTimer } from './timer.ts';
import { alone } from './timer-lease.ts';
import type { StatusStore, TimerStatus } from './timer-status.ts';

function schedule(text: string, timeZone = 'UTC'): ParsedSchedule {
  const parsed = parseSchedule(text, timeZone);
  if (parsed.kind === 'fault') throw new Error(parsed.fault);
  return parsed.schedule;
}

const from = Date.parse('2026-01-01T00:00:00.500Z');
const occurrences: readonly (readonly [
  text: string,
  timeZone: string,
  next: string,
  underAMinute: boolean,
])[] = [
  ['*/30 * * * * *', 'UTC', '2026-01-01T00:00:30.000Z', true],
  ['0 */5 * * * *', 'UTC', '2026-01-01T00:05:00.000Z', false],
  ['*/5 * * * *', 'UTC', '2026-01-01T00:05:00.000Z', false],
  ['0 0 6 * * MON', 'UTC', '2026-01-05T06:00:00.000Z', false],
  // Both day fields must fit: the first 13th on a Friday.
  ['0 0 0 13 * 5', 'UTC', '2026-02-13T00:00:00.000Z', false],
  ['0 0 9 * * *', 'Europe/Vilnius', '2026-01-01T07:00:00.000Z', false],
  ['00:00:07', 'UTC', '2026-01-01T00:00:07.500Z', true],
];
test.each(occurrences)('%s in %s', (text, timeZone, next, underAMinute) => {
  const parsed = schedule(text, timeZone);
  expect(new Date(parsed.next(from) ?? 0).toISOString()).toBe(next);
  expect(shorterThanAMinute(parsed, from)).toBe(underAMinute);
});

test.each(['', '* * * *', '60 * * * * *', '0 0 0 L * *', '@daily', '0 0 0 1 1 * 2030', 'never'])(
  '"%s" is a fault',
  (text) => {
    expect(parseSchedule(text, 'UTC').kind).toBe('fault');
  },
);

type Run = { readonly isPastDue: boolean; readonly startMilliseconds: number };

/** Runs a timer of every second, at a hundredfold speed, until it has run `count` times. */
async function runsOf(
  count: number,
  options: {
    readonly takesMilliseconds?: number;
    readonly store?: StatusStore;
    readonly runOnStartup?: boolean;
  },
): Promise<{ readonly runs: readonly Run[]; readonly most: number }> {
  const clock = createClock(100, Date.now);
  const runs: Run[] = [];
  const enough = Promise.withResolvers<void>();
  let now = 0;
  let most = 0;
  const timer = startTimer({
    name: 'timer',
    schedule: schedule('00:00:01'),
    runOnStartup: options.runOnStartup ?? false,
    store: options.store,
    lease: alone,
    clock,
    track: createInFlight().track,
    writeLog: () => undefined,
    run: async (_reason, data) => {
      now += 1;
      most = Math.max(most, now);
      runs.push({ isPastDue: JSON.parse(data.json ?? '').IsPastDue, startMilliseconds: clock.now() });
      await clock.wait(options.takesMilliseconds ?? 0, new AbortController().signal);
      now -= 1;
      if (runs.length >= count) enough.resolve();
    },
  });
  await enough.promise;
  await timer.stop();
  return { runs, most };
}

test('a run that takes longer than the interval is never overlapped and followed by one run, not by all it missed', async () => {
  const { runs, most } = await runsOf(4, { takesMilliseconds: 3500 });
  expect(most).toBe(1);
  const gaps = runs
    .slice(1)
    .map((run, index) => run.startMilliseconds - (runs[index]?.startMilliseconds ?? 0));
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(3000);
});

function memoryStore(status: TimerStatus | undefined): StatusStore & { readonly written: TimerStatus[] } {
  const written: TimerStatus[] = [];
  return {
    written,
    read: async () => status,
    write: async (next) => {
      written.push(next);
    },
  };
}

test('missed slots are made up by one past-due run at start', async () => {
  const old = Date.now() - 100_000;
  const { runs } = await runsOf(3, { store: memoryStore({ last: old, next: old + 1000, updated: old }) });
  expect(runs.map(({ isPastDue }) => isPastDue)).toEqual([true, false, false]);
});

test('without a status the first slot is awaited and a first status written; with runOnStartup it runs at once', async () => {
  const store = memoryStore(undefined);
  const { runs } = await runsOf(2, { store, runOnStartup: true });
  expect(runs.map(({ isPastDue }) => isPastDue)).toEqual([false, false]);
  expect(store.written[0]?.last).toBeUndefined();
  expect(store.written[1]?.last).toBeTypeOf('number');
});
