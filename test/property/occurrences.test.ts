import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exportDefinition, type RefreshSchedule } from '../../shared/domain/definition.ts';
import { runAt } from '../../shared/domain/run-ids.ts';
import { nextOccurrences, occurrencesBetween, type Schedule } from '../../shared/domain/schedule.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { at } from '../../shared/steps/addresses.ts';
import { changeRow } from '../../shared/steps/change-row.ts';
import { loadRefresh, removeRefresh, saveRefresh } from '../../shared/steps/refresh-schedule.ts';
import { saveExport } from '../../shared/steps/save-export.ts';
import { startDueRuns } from '../../shared/steps/start-due-runs.ts';
import { newsletter, nobody } from '../flow/people.ts';
import { connection } from '../flow/world.ts';
import { memoryBlobs } from '../memory/blobs.ts';
import { virtualClock } from '../memory/clock.ts';
import { memoryDestination } from '../memory/memory-destination.ts';
import { memorySource } from '../memory/memory-source.ts';
import { memoryNotifier } from '../memory/notifier.ts';
import { memoryQueue } from '../memory/queue.ts';
import { memorySecrets } from '../memory/secrets.ts';
import { memoryStore } from '../memory/store.ts';
import { administrator } from '../steps/documents.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const { id } = newsletter;

/** Changes of the clock in two years, by the day on which they are, and moments that have none. */
const days = [
  ['Europe/Vilnius', ['2026-03-29', '2026-10-25', '2027-03-28', '2027-10-31', '2026-07-01']],
  ['America/New_York', ['2026-03-08', '2026-11-01', '2027-03-14', '2027-11-07']],
  ['Australia/Lord_Howe', ['2026-04-05', '2026-10-04', '2027-04-04', '2027-10-03']],
  ['America/Santiago', ['2026-04-05', '2026-09-06', '2027-04-04', '2027-09-05']],
  ['Africa/Casablanca', ['2026-02-15', '2026-03-22', '2027-02-07', '2027-03-14']],
  ['Asia/Kathmandu', ['2026-01-01', '2027-02-28']],
  ['Pacific/Apia', ['2026-12-31']],
  ['Etc/UTC', ['2026-03-29', '2027-12-31']],
] as const;

const place = fc
  .constantFrom(...days.flatMap(([timeZone, dates]) => dates.map((date) => ({ timeZone, date }))))
  .map(({ timeZone, date }) => ({ timeZone, start: Date.parse(`${date}T00:00:00Z`) - 14 * hourMs }));

const cron = fc.constantFrom(
  '0 6 * * *',
  '30 2 * * *',
  '15 2,3 * * *',
  '*/20 * * * *',
  '0 * * * *',
  '59 23 * * *',
  '0 0 * * *',
  '0 3 * * 0',
);
const time = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.constantFrom(0, 15, 30, 45))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
const refreshIn = (timeZone: string): fc.Arbitrary<RefreshSchedule> =>
  fc.uniqueArray(time, { minLength: 1, maxLength: 4 }).map((times) => ({ timeZone, times }));

/** The app's timer alone: a run ends as soon as it was asked for, or stays for as long as a test wants. */
const openApp = async (schedule: Schedule, start: number) => {
  const clock = virtualClock({ start });
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const ports: Ports = {
    store: memoryStore(),
    blobs: memoryBlobs(),
    queue: memoryQueue(clock),
    secrets: memorySecrets({ clock }),
    source: memorySource(nobody),
    destination: memoryDestination({ clock }),
    notifier: memoryNotifier(),
    clock,
    log,
    limits: { requestsPerMinute: 400, tagsPerMinute: 60, startRate: 0.97, readConcurrency: 4 },
    newSecret: () => 'secret',
    stopping: new AbortController().signal,
  };
  await ports.store.connections.insert(at.connection(connection.definition.id), connection);
  const saveAs = async (wanted: Schedule, basis: 'new' | number): Promise<void> => {
    const body = { ...newsletter, schedule: wanted };
    const answer = await saveExport(ports, id, body, administrator, { basis });
    expect(['created', 'saved']).toContain(answer.kind);
  };
  await saveAs(schedule, 'new');
  const endRun = async (): Promise<void> => {
    const row = await ports.store.states.get(at.state(id));
    if (row !== undefined) await ports.store.states.replace(row, { ...row.value, active: null });
  };
  const runsAndSkipped = async () => ({
    runs: (await ports.store.runs.list(id)).map(({ key }) => key),
    skipped: (await ports.store.skipped.list(id)).map(({ value }) => value),
  });
  return { ports, clock, saveAs, endRun, runsAndSkipped };
};
type App = Awaited<ReturnType<typeof openApp>>;

/** Each of these moments is a run or a `skipped` row and not both, and nothing else is either. */
const expectAccounted = async (app: App, occurrences: readonly number[]): Promise<void> => {
  const { runs, skipped } = await app.runsAndSkipped();
  const names = occurrences.map((moment) => runAt(id, moment));
  const accounted = [...runs, ...skipped.map((one) => runAt(id, one.at))];
  expect(accounted.toSorted()).toEqual(names.toSorted());
};

/** How the timer goes: each minute, but for outages, and sometimes two processes at once. */
const timer = fc.array(
  fc.record({
    gapMinutes: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 30 }) },
      { weight: 1, arbitrary: fc.integer({ min: 31, max: 600 }) },
    ),
    processes: fc.constantFrom(1, 1, 2),
    endsRun: fc.boolean(),
  }),
  { minLength: 30, maxLength: 90 },
);

interface Tick {
  readonly gapMinutes: number;
  readonly processes: number;
  readonly endsRun: boolean;
}

const play = async (
  app: App,
  ticks: readonly Tick[],
  between: (tick: number) => Promise<void> = async () => {},
): Promise<void> => {
  // What is more than one look takes up is looked at by the next ones.
  const last = Array.from({ length: 8 }, () => ({ gapMinutes: 0, processes: 1, endsRun: true }));
  for (const [number, { gapMinutes, processes, endsRun }] of [...ticks, ...last].entries()) {
    const rest = Math.floor(gapMinutes / 2);
    await app.clock.advance((gapMinutes - rest) * minuteMs);
    if (number < ticks.length) await between(number);
    await app.clock.advance(rest * minuteMs);
    if (endsRun) await app.endRun();
    await Promise.all(Array.from({ length: processes }, () => startDueRuns(app.ports)));
  }
};

test('every occurrence of a schedule is a run or is skipped, none both, through outages and with two timers at once', async () => {
  await fc.assert(
    fc.asyncProperty(place, cron, timer, async ({ timeZone, start }, pattern, ticks) => {
      const schedule = { cron: pattern, timeZone };
      const app = await openApp(schedule, start);
      await play(app, ticks);
      const to = app.clock.now();
      await expectAccounted(app, occurrencesBetween(schedule, null, { from: start, to, atMost: 10_000 }));
    }),
    { numRuns: 40 },
  );
});

test('the same of the scheduled refresh', async () => {
  const arbitrary = place.chain((one) => fc.tuple(fc.constant(one), refreshIn(one.timeZone)));
  await fc.assert(
    fc.asyncProperty(arbitrary, timer, async ([{ start }, refresh], ticks) => {
      const app = await openApp('refresh', start);
      await saveRefresh(app.ports, refresh, administrator, 'new');
      await play(app, ticks);
      const to = app.clock.now();
      await expectAccounted(app, occurrencesBetween('refresh', refresh, { from: start, to, atMost: 10_000 }));
    }),
    { numRuns: 25 },
  );
});

const edit = (timeZone: string) =>
  fc.record({
    tick: fc.nat(60),
    what: fc.oneof(
      cron.map((pattern) => ({ kind: 'export' as const, schedule: { cron: pattern, timeZone } as Schedule })),
      fc.constantFrom<Schedule>('off', 'refresh').map((schedule) => ({ kind: 'export' as const, schedule })),
      refreshIn(timeZone).map((refresh) => ({ kind: 'refresh' as const, refresh })),
      fc.constant({ kind: 'no-refresh' as const }),
    ),
  });

test('a schedule counts from when it was saved until the next one: what was due before is skipped, nothing of the past starts', async () => {
  const arbitrary = place.chain((one) =>
    fc.tuple(fc.constant(one), fc.array(edit(one.timeZone), { minLength: 1, maxLength: 6 })),
  );
  await fc.assert(
    fc.asyncProperty(arbitrary, cron, timer, async ([{ timeZone, start }, edits], pattern, ticks) => {
      const first: Schedule = { cron: pattern, timeZone };
      const app = await openApp(first, start);
      const inForce: { from: number; schedule: Schedule; refresh: RefreshSchedule | null }[] = [
        { from: start, schedule: first, refresh: null },
      ];
      let revision = 1;
      await play(app, ticks, async (tick) => {
        for (const { what } of edits.filter((one) => one.tick === tick)) {
          const { schedule = first, refresh = null } = inForce.at(-1) ?? {};
          const now = { from: app.clock.now(), schedule, refresh };
          const set = (await loadRefresh(app.ports))?.revision;
          switch (what.kind) {
            case 'export':
              await app.saveAs(what.schedule, revision);
              revision += 1;
              inForce.push({ ...now, schedule: what.schedule });
              break;
            case 'refresh':
              await saveRefresh(app.ports, what.refresh, administrator, set ?? 'new');
              inForce.push({ ...now, refresh: what.refresh });
              break;
            case 'no-refresh':
              if (set !== undefined) await removeRefresh(app.ports, administrator, set);
              inForce.push({ ...now, refresh: null });
          }
        }
      });
      const expected = inForce.flatMap(({ from, schedule, refresh }, index) => {
        const to = inForce[index + 1]?.from ?? app.clock.now();
        return occurrencesBetween(schedule, refresh, { from, to, atMost: 10_000 });
      });
      await expectAccounted(app, expected);
      const { skipped } = await app.runsAndSkipped();
      for (const { reason } of skipped) {
        expect(['missed', 'active', 'schedule-changed']).toContain(reason.code);
      }
    }),
    { numRuns: 40 },
  );
});

test('saving a schedule while the timer rests starts nothing of the time before', async () => {
  const start = Date.UTC(2026, 5, 1);
  const app = await openApp('off', start);
  await startDueRuns(app.ports);
  await app.clock.advance(3 * dayMs);
  await app.saveAs({ cron: '0 6 * * *', timeZone: 'Etc/UTC' }, 1);
  await app.clock.advance(minuteMs);
  await startDueRuns(app.ports);
  expect(await app.runsAndSkipped()).toEqual({ runs: [], skipped: [] });
  await app.clock.advance(6 * hourMs);
  await startDueRuns(app.ports);
  expect((await app.runsAndSkipped()).runs).toEqual([runAt(id, start + 3 * dayMs + 6 * hourMs)]);
});

test('an occurrence that was due when its schedule was changed says so', async () => {
  const start = Date.UTC(2026, 5, 1, 5, 59);
  const app = await openApp({ cron: '0 6 * * *', timeZone: 'Etc/UTC' }, start);
  await startDueRuns(app.ports);
  await app.clock.advance(minuteMs + 50);
  await app.saveAs('off', 1);
  await startDueRuns(app.ports);
  expect(await app.runsAndSkipped()).toMatchObject({
    runs: [],
    skipped: [{ at: start + minuteMs, reason: { code: 'schedule-changed' } }],
  });
});

test('an edit of anything else loses no occurrence', async () => {
  const start = Date.UTC(2026, 5, 1, 5, 59);
  const schedule = { cron: '0 6 * * *', timeZone: 'Etc/UTC' };
  const app = await openApp(schedule, start);
  await startDueRuns(app.ports);
  await app.clock.advance(minuteMs + 50);
  await app.saveAs(schedule, 1);
  await startDueRuns(app.ports);
  expect((await app.runsAndSkipped()).runs).toEqual([runAt(id, start + minuteMs)]);
});

test('the first occurrence of a new export is not lost, though no timer has seen it yet', async () => {
  const start = Date.UTC(2026, 5, 1, 5, 59, 30);
  const app = await openApp({ cron: '0 6 * * *', timeZone: 'Etc/UTC' }, start);
  await app.clock.advance(minuteMs);
  await startDueRuns(app.ports);
  expect((await app.runsAndSkipped()).runs).toEqual([runAt(id, start + 30_000)]);
});

test('what was skipped before a crash stays skipped', async () => {
  const start = Date.UTC(2026, 5, 1, 5, 59);
  const app = await openApp({ cron: '0 6 * * *', timeZone: 'Etc/UTC' }, start);
  await app.ports.store.skipped.insert(at.skipped(id, start + minuteMs), {
    exportId: id,
    at: start + minuteMs,
    reason: { code: 'active', message: 'Another one was active.' },
  });
  await app.clock.advance(2 * minuteMs);
  await startDueRuns(app.ports);
  expect((await app.runsAndSkipped()).runs).toEqual([]);
});

describe('two timers, of which one is slow', () => {
  const start = Date.UTC(2026, 5, 1, 5, 59);
  const hourly = { cron: '0 * * * *', timeZone: 'Etc/UTC' };

  test('an occurrence that the slow one started is not skipped by the other', async () => {
    const app = await openApp(hourly, start);
    await app.clock.advance(2 * minuteMs);
    const before = await app.ports.store.states.get(at.state(id));
    await startDueRuns(app.ports);
    // It has started the run, but not stored yet how far it looked.
    await changeRow(app.ports.store.states, at.state(id), () => before?.value);
    await app.clock.advance(hourMs);
    await startDueRuns(app.ports);
    const runs = [runAt(id, start + minuteMs), runAt(id, start + minuteMs + hourMs)];
    expect(await app.runsAndSkipped()).toEqual({ runs, skipped: [] });
  });

  test('the slow one does not make the other look at the same time again', async () => {
    const app = await openApp(hourly, start);
    const slow = { ...app.clock, now: () => start + 2 * minuteMs };
    await app.clock.advance(2 * hourMs);
    await startDueRuns(app.ports);
    await startDueRuns({ ...app.ports, clock: slow });
    const state = await app.ports.store.states.get(at.state(id));
    expect(state?.value.scheduledUntil).toBe(start + 2 * hourMs);
  });
});

test('next times are those that come', () => {
  fc.assert(
    fc.property(place, cron, ({ timeZone, start }, pattern) => {
      const schedule = exportDefinition.shape.schedule.parse({ cron: pattern, timeZone });
      const shown = nextOccurrences(schedule, null, start, 5);
      const to = shown.at(-1) ?? start;
      expect(occurrencesBetween(schedule, null, { from: start, to, atMost: 100 })).toEqual(shown);
    }),
  );
});
