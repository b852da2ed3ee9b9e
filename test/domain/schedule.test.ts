import { describe, expect, test } from 'vitest';
import {
  nextOccurrences,
  occurrencesBetween,
  refreshFaults,
  scheduleFaults,
} from '../../shared/domain/schedule.ts';

const at = (iso: string): number => Date.parse(iso);
const next = (cron: string, timeZone: string, after: string, count: number): string[] =>
  nextOccurrences({ cron, timeZone }, null, at(after), count).map((moment) =>
    new Date(moment).toISOString().slice(0, 16),
  );

describe('daylight saving', () => {
  test('a daily time keeps its place on the clock', () => {
    expect(next('0 6 * * *', 'Europe/Vilnius', '2026-03-27T12:00Z', 3)).toEqual([
      '2026-03-28T04:00',
      '2026-03-29T03:00',
      '2026-03-30T03:00',
    ]);
  });

  test.each([
    ['Europe/Vilnius', '30 3 * * *', '2026-03-28T12:00Z', ['2026-03-29T01:00', '2026-03-30T00:30']],
    ['America/New_York', '30 2 * * *', '2026-03-07T12:00Z', ['2026-03-08T07:00', '2026-03-09T06:30']],
  ])('%s: a time in the spring gap fires at the end of the gap', (timeZone, cron, after, expected) => {
    expect(next(cron, timeZone, after, 2)).toEqual(expected);
  });

  test('several times in one gap are one occurrence', () => {
    expect(next('*/20 * * * *', 'Europe/Vilnius', '2026-03-29T00:20Z', 4)).toEqual([
      '2026-03-29T00:40',
      '2026-03-29T01:00',
      '2026-03-29T01:20',
      '2026-03-29T01:40',
    ]);
  });

  test.each([
    ['Europe/Vilnius', '30 3 * * *', '2026-10-24T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
    ['America/New_York', '30 1 * * *', '2026-10-31T12:00Z', ['2026-11-01T05:30', '2026-11-02T06:30']],
  ])('%s: a doubled time fires once, the first', (timeZone, cron, after, expected) => {
    expect(next(cron, timeZone, after, 2)).toEqual(expected);
  });

  test('asked during the second pass of the doubled hour, what fired in the first does not fire again', () => {
    expect(next('30 3 * * *', 'Europe/Vilnius', '2026-10-25T01:10Z', 1)).toEqual(['2026-10-26T01:30']);
  });
});

describe('the scheduled refresh', () => {
  const refresh = { timeZone: 'Europe/Vilnius', times: ['18:30', '06:00'] };

  test('gives its times in order', () => {
    expect(nextOccurrences('refresh', refresh, at('2026-11-20T04:00Z'), 3)).toEqual(
      ['2026-11-20T16:30Z', '2026-11-21T04:00Z', '2026-11-21T16:30Z'].map(at),
    );
  });

  test('on its weekdays only; 0 is Sunday', () => {
    const weekly = { ...refresh, times: ['06:00'], weekdays: [0, 3] };
    expect(nextOccurrences('refresh', weekly, at('2026-11-20T00:00Z'), 2)).toEqual(
      ['2026-11-22T04:00Z', '2026-11-25T04:00Z'].map(at),
    );
  });

  test('none while it is not set, none for "off"', () => {
    expect(nextOccurrences('refresh', null, 0, 3)).toEqual([]);
    expect(nextOccurrences('off', refresh, 0, 3)).toEqual([]);
  });
});

test('occurrences between exclude the start, include the end, and are capped', () => {
  const schedule = { cron: '0 * * * *', timeZone: 'Etc/UTC' };
  const between = (from: string, to: string, atMost = 9) =>
    occurrencesBetween(schedule, null, { from: at(from), to: at(to), atMost });
  expect(between('2026-11-20T01:00Z', '2026-11-20T03:00Z')).toEqual(
    ['2026-11-20T02:00Z', '2026-11-20T03:00Z'].map(at),
  );
  expect(between('2026-11-20T01:00Z', '2026-11-20T09:00Z', 1)).toEqual([at('2026-11-20T02:00Z')]);
  expect(between('2026-11-20T01:00Z', '2026-11-20T09:00Z', 0)).toEqual([]);
  expect(between('2026-11-20T01:01Z', '2026-11-20T01:59Z')).toEqual([]);
});

describe('faults', () => {
  test.each([
    '0 6 * *',
    '0 0 6 * * *',
    '@daily now a b c',
    '61 * * * *',
    '0 6 * * 8',
    '? 6 * * *',
    '0 0 30 2 *',
    'a b c d e',
  ])('"%s" is no pattern', (cron) => {
    expect(scheduleFaults({ cron, timeZone: 'Etc/UTC' }).map(({ field }) => field)).toEqual([
      'schedule.cron',
    ]);
  });

  test('every fault is found at once', () => {
    expect(scheduleFaults({ cron: 'x', timeZone: 'Europe/Nowhere' })).toHaveLength(2);
    expect(refreshFaults({ timeZone: 'Europe/Nowhere', times: ['06:00'] })).toHaveLength(1);
  });

  test.each(['0 6 * * *', '*/15 8-18 * * MON-FRI', '0 0 29 2 *', '0 6 L * *'])(
    '"%s" is a pattern',
    (cron) => {
      expect(scheduleFaults({ cron, timeZone: 'Europe/Vilnius' })).toEqual([]);
    },
  );

  test('"off" and "refresh" have none', () => {
    expect([...scheduleFaults('off'), ...scheduleFaults('refresh')]).toEqual([]);
    expect(refreshFaults({ timeZone: 'Europe/Vilnius', times: ['06:00'] })).toEqual([]);
  });
});
