import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextOccurrences, occurrencesBetween } from '../../shared/domain/schedule.ts';
import { instantOf, wallTimeOf } from '../../shared/domain/wall-time.ts';

const timeZone = fc.constantFrom(
  'Europe/Vilnius',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Etc/UTC',
);
const moment = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2028, 0, 1) });
const cron = fc.constantFrom(
  '0 6 * * *',
  '30 2 * * *',
  '30 1,3 * * *',
  '*/20 * * * *',
  '0 3 * * 0',
  '15 2 29 3 *',
);
const dayMs = 86_400_000;

test('occurrences ascend strictly, and asking from any of them goes on with the next', () => {
  fc.assert(
    fc.property(cron, timeZone, moment, (pattern, zone, after) => {
      const schedule = { cron: pattern, timeZone: zone };
      const found = nextOccurrences(schedule, null, after, 12);
      expect(found).toHaveLength(12);
      let before = after;
      for (const [index, at] of found.entries()) {
        expect(at).toBeGreaterThan(before);
        expect(nextOccurrences(schedule, null, before, 1)).toEqual([at]);
        if (index > 0) expect(nextOccurrences(schedule, null, at - 1, 1)).toEqual([at]);
        before = at;
      }
    }),
    { numRuns: 60 },
  );
});

test('none is missing: a daily time fires exactly once on each day of the calendar', () => {
  fc.assert(
    fc.property(timeZone, moment, fc.nat(23), fc.nat(59), (zone, from, hour, minute) => {
      const schedule = { cron: `${minute} ${hour} * * *`, timeZone: zone };
      const to = from + 220 * dayMs;
      const days = occurrencesBetween(schedule, null, { from, to, atMost: 1_000 }).map((at) =>
        Math.floor(wallTimeOf(at, zone) / dayMs),
      );
      days.forEach((day, index) => {
        expect(day).toBe((days[0] ?? 0) + index);
      });
      expect(days.length).toBeGreaterThanOrEqual(219);
    }),
    { numRuns: 30 },
  );
});

test('a window cut in two gives the same occurrences', () => {
  fc.assert(
    fc.property(
      cron,
      timeZone,
      moment,
      fc.nat(5 * dayMs),
      fc.nat(5 * dayMs),
      (pattern, zone, from, first, second) => {
        const schedule = { cron: pattern, timeZone: zone };
        const between = (start: number, end: number) =>
          occurrencesBetween(schedule, null, { from: start, to: end, atMost: 10_000 });
        const middle = from + first;
        const end = middle + second;
        expect([...between(from, middle), ...between(middle, end)]).toEqual(between(from, end));
      },
    ),
    { numRuns: 60 },
  );
});

test('a later wall time is never an earlier moment, and the clock shows it unless it lies in a gap', () => {
  fc.assert(
    fc.property(timeZone, moment, fc.nat(2 * dayMs), (zone, wall, laterMs) => {
      const minute = Math.floor(wall / 60_000) * 60_000;
      const at = instantOf(minute, zone);
      expect(instantOf(minute + Math.floor(laterMs / 60_000) * 60_000, zone)).toBeGreaterThanOrEqual(at);
      expect(wallTimeOf(at, zone)).toBeGreaterThanOrEqual(minute);
      if (wallTimeOf(at, zone) > minute) expect(wallTimeOf(at - 60_000, zone)).toBeLessThan(minute);
    }),
    { numRuns: 500 },
  );
});
