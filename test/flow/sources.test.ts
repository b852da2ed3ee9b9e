import { randomUUID } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ExportDefinition } from '../../shared/domain/definition.ts';
import { checkGuards } from '../../shared/domain/guards.ts';
import { virtualClock } from '../memory/clock.ts';
import { type Azurite, startAzurite } from '../sandbox/azurite/azurite.ts';
import type { DataOutExport } from '../sandbox/data-out/data-out.ts';
import type { Control } from '../sandbox/dataverse/control.ts';
import { sandboxExport } from '../sandbox/definitions.ts';
import { createPopulation } from '../sandbox/generator/population.ts';
import { createTruth } from '../sandbox/generator/truth.ts';
import { counting, type FaultPlan, kills } from './faults.ts';
import { dataOutOf, dataverseOf, type Planned, planOf } from './sources.ts';
import { connection, minute } from './world.ts';

/** Every column that the generator fills. */
const definition: ExportDefinition = { ...sandboxExport, connection: connection.definition.id };
/** Few of them: what is matched is not the matter of most of these tests, but takes most of their time. */
const lean: ExportDefinition = {
  ...definition,
  matching: { email: 'Email', firstName: 'FirstName', country: 'Country' },
  customProperties: {},
};
const seed = 5;

/** Megabytes of text: where they differ, the first line that does tells more than all of them. */
const expectSameText = (text: string, expected: string): void => {
  if (text === expected) return;
  const lines = text.split('\n');
  const others = expected.split('\n');
  const place = others.findIndex((line, index) => line !== lines[index]);
  expect(lines[place], `line ${place} of ${lines.length} and ${others.length}`).toBe(others[place]);
  expect(lines).toHaveLength(others.length);
};

/** Byte for byte, tallies included. */
const expectSamePlan = (plan: Planned, expected: Planned): void => {
  expectSameText(plan.changes, expected.changes);
  expectSameText(plan.duplicates, expected.duplicates);
  expect(plan.tally).toEqual(expected.tally);
  expect(plan.read).toEqual(expected.read);
};

const guardsOf = ({ run, tally, read }: Planned) =>
  checkGuards({ tally, read, definition: run.definition, marks: run.marks, first: true });

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const openEnvironment = async (rows: number, pageSize = 5_000) => {
  const clock = virtualClock({ seed });
  const environment = await dataverseOf(clock, { rows, seed, pageSize });
  open.push(environment);
  return { clock, environment, plan: { clock, open: environment.open, definition: lean } };
};

describe('the same people through both ways in', () => {
  const rows = 3_000;
  const [newsletter = '', highValue = ''] = definition.segments;
  const at = Date.UTC(2026, 2, 1, 9, 15);
  const population = createPopulation({ seed, rows, day: 1 });
  const styles = {
    'with headers': { parts: 2 },
    'zipped, with line breaks and without headers': {
      parts: 3,
      gzip: true,
      style: { header: false, byteOrderMark: true, lineBreaks: true, quotes: 'where-needed', delimiter: ';' },
    },
  } satisfies Record<string, Partial<DataOutExport>>;

  let azurite: Azurite;
  beforeAll(async () => {
    azurite = await startAzurite();
  });
  afterAll(() => azurite?.close());

  const bothPlans = async (name: keyof typeof styles, given: ExportDefinition) => {
    const { plan } = await openEnvironment(rows);
    const tables = Object.fromEntries(given.segments.map((segment) => [segment, segment]));
    const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
      `exported-${randomUUID()}`,
    );
    const files = await dataOutOf(azurite.connectionString, container, {
      population,
      tables,
      at,
      ...styles[name],
    });
    const dataverse = await planOf({ ...plan, definition: given });
    const dataOut = await planOf({ clock: virtualClock({ seed }), open: files, definition: given });
    return { dataverse, dataOut };
  };

  it.each([
    ['with headers', { segments: [newsletter] }],
    ['zipped, with line breaks and without headers', { segments: [highValue], onEmpty: 'clear' }],
    ['with headers', { segments: [newsletter, highValue] }],
  ] as const)('give the same plan, read from files %s (%o)', async (name, part) => {
    const given = { ...definition, ...part, segments: [...part.segments] };
    const { dataverse, dataOut } = await bothPlans(name, given);
    const { customers, contacts, duplicates, invalid } = createTruth(population, given.segments).counts();
    expectSameText(dataOut.changes, dataverse.changes);
    expectSameText(dataOut.duplicates, dataverse.duplicates);
    // A member without a profile is in Dataverse, and in no file.
    const { 'no-profile': withoutProfile, ...invalidByReason } = invalid;
    const none = { 'email-missing': 0, 'email-malformed': 0 };
    for (const { run, tally } of [dataverse, dataOut]) {
      expect(tally).toMatchObject({ duplicate: duplicates, upserts: contacts, joined: contacts, known: 0 });
      expect(run.tally).toMatchObject({ duplicate: duplicates, unsent: contacts });
      expect({ ...none, ...run.tally?.invalidByReason }).toMatchObject(invalidByReason);
    }
    expect(dataOut.run.tally?.leftOut).toEqual(dataverse.run.tally?.leftOut);
    expect(Object.keys(dataverse.run.tally?.leftOut ?? {})).not.toEqual([]);
    expect(dataverse.run.tally?.read).toBe(customers);
    expect(dataOut.run.tally?.read).toBe(customers - withoutProfile);
    expect(dataOut.tally.repeated > 0).toBe(given.segments.length > 1);
    expect([dataverse, dataOut].flatMap(guardsOf)).toEqual([]);
  });
});

/** Whoever is told to wait does, and whoever is told nothing waits for a second at least. */
const expectPatience = ({ asked, slices }: Planned): void => {
  for (const { label } of slices) {
    const ofSlice = asked.filter(({ slice }) => slice === label);
    for (const [place, { answer }] of ofSlice.entries()) {
      const next = ofSlice[place + 1];
      if (answer === undefined || answer.kind === 'ok' || next === undefined) continue;
      expect(next.at - answer.at).toBeGreaterThanOrEqual(1000 * Math.max(1, answer.retryAfterSeconds));
    }
  }
};

const faulted = ({ asked }: Planned): number => asked.filter(({ answer }) => answer?.kind !== 'ok').length;

describe('through a storm of every fault', () => {
  const rows = 20_000;
  const pageSize = 500;
  const faultEvery = 13;
  const expireTokensEvery = 17;
  /** Pages are smaller than they were when the source was cut, and each begins with the last row of the one before. */
  const storm = {
    faultEvery,
    expireTokensEvery,
    repeatRows: true,
    pageSize,
    pageDelayMs: 2,
    resetFigures: true,
  } satisfies Partial<Control>;

  /** Sixteen slices, large pages, no fault. */
  let expected: Planned;
  beforeAll(async () => {
    const { plan } = await openEnvironment(rows);
    expected = await planOf(plan);
  });

  it('plans the same, with few requests more than pages', async () => {
    const { plan, environment } = await openEnvironment(rows);
    const stormy = await planOf({ ...plan, onReading: () => environment.control(storm) });
    expectSamePlan(stormy, expected);
    expect(guardsOf(stormy)).toEqual([]);
    expectPatience(stormy);
    expect(stormy.slices).toHaveLength(16);

    const kinds = ['throttled-requests', 'throttled-execution-time', 'throttled-concurrency', 'unauthorized'];
    const met = await Promise.all(kinds.map((kind) => environment.count(kind)));
    expect(Math.min(...met, faulted(stormy))).toBeGreaterThan(0);
    // Each fault and each dead token costs a request; a look at the end may be begun again.
    const pages = stormy.asked.length - faulted(stormy);
    const share = 1 - 1 / faultEvery - 1 / expireTokensEvery;
    expect(await environment.count('requests')).toBeLessThan(pages / share + 30);
  });

  it('plans the same where faults come from the very beginning', async () => {
    const { plan, environment } = await openEnvironment(rows);
    // Looking at the source takes some twenty requests in a row, and begins again at a fault.
    await environment.control({ ...storm, faultEvery: 29, expireTokensEvery: 31 });
    const stormy = await planOf(plan);
    expectSamePlan(stormy, expected);
    expect(guardsOf(stormy)).toEqual([]);
    const requests = await environment.count('requests');
    expect(requests).toBeLessThan(2 * stormy.asked.length);
  });

  it('asks less and less often while nothing answers', async () => {
    const { plan, environment } = await openEnvironment(rows, pageSize);
    const failNext = { count: 60, status: 503 };
    const waiting = await planOf({ ...plan, onReading: () => environment.control({ failNext, dopHint: 4 }) });
    expectSamePlan(waiting, expected);
    expectPatience(waiting);
    expect(faulted(waiting)).toBe(failNext.count);
    for (const { label } of waiting.slices) {
      const ofSlice = waiting.asked.filter(({ slice, answer }) => slice === label && answer?.kind !== 'ok');
      const inAnyMinute = ofSlice.map(
        ({ at: from }) => ofSlice.filter(({ at }) => at >= from && at < from + minute).length,
      );
      // After 0, 1, 3, 7, 15 and 31 seconds, and then once a minute.
      expect(Math.max(0, ...inAnyMinute)).toBeLessThanOrEqual(6);
    }
  });

  it('keeps to a limit that the service has', async () => {
    const { plan, environment } = await openEnvironment(rows, pageSize);
    const limits = { windowSeconds: 300, requests: 40 };
    const onReading = () => environment.control({ limits, dopHint: 4, resetFigures: true });
    const limited = await planOf({ ...plan, onReading });
    expectSamePlan(limited, expected);
    expectPatience(limited);
    const refused = await environment.count('throttled-requests');
    expect(refused).toBeGreaterThan(0);
    // Each of four readers finds out once in each window.
    const windows = ((limited.run.endedAt ?? 0) - limited.run.requestedAt) / (1000 * limits.windowSeconds);
    expect(refused).toBeLessThanOrEqual(4 * Math.ceil(windows));
  });
});

describe('one long chain, whose process is killed at ten moments', () => {
  /** A million takes some minutes. */
  const rows = Number(process.env.SOURCES_ROWS ?? 20_000);
  const pageSize = rows > 200_000 ? 5_000 : 500;
  const longest = rows + 60_000;
  const pageSeconds = 40;
  const pagesPerStep = 240 / pageSeconds + 1;
  const ofReading = [
    'source.read',
    'store.slices.replace',
    'blobs.put',
    'blobs.get',
    'queue.put',
    'secrets.get',
  ];
  const counts = new Map<string, number>();
  let calm: Planned;
  const openChain = async () => {
    const opened = await openEnvironment(rows, pageSize);
    await opened.environment.control({ prefixFilter: 'unsupported' });
    return opened;
  };
  beforeAll(async () => {
    const { plan } = await openChain();
    const count = counting(counts);
    const faults: FaultPlan = (call) => (ofReading.includes(call.name) ? count(call) : undefined);
    calm = await planOf({ ...plan, pageSeconds, faults });
  }, longest);

  it('is read in many steps, and whole', () => {
    expect(calm.slices.map(({ label }) => label)).toEqual(['all']);
    expect(calm.asked.length).toBeGreaterThan(8 * pagesPerStep);
    const truth = createTruth(createPopulation({ seed, rows, day: 1 }), lean.segments).counts();
    expect(calm.tally).toMatchObject({ upserts: truth.contacts, duplicate: truth.duplicates, repeated: 0 });
    expect(calm.run.tally).toMatchObject({ read: truth.customers, unsent: truth.contacts });
  });

  it.each([
    ['in calm weather', 1, {}],
    ['in a storm', 2, { faultEvery: 13, expireTokensEvery: 17, repeatRows: true }],
  ])(
    'goes on from its last stored step and plans the same, %s',
    async (_, killSeed, weather) => {
      const { plan, environment } = await openChain();
      const faults = kills({ seed: killSeed, faults: 10, counts });
      const onReading = () => environment.control(weather);
      const killed = await planOf({ ...plan, pageSeconds, faults, seed: killSeed, onReading });
      expect(killed.lost).toBe(10);
      expectSamePlan(killed, calm);
      expect(guardsOf(killed)).toEqual([]);
      expect(killed.slices.map(({ attempt }) => attempt)).toEqual([1]);

      // What each process asked for first: the place that the slice's row names, and hardly ever the beginning.
      const { asked } = killed;
      const firsts = asked.filter(
        ({ process }, place) => place === asked.findIndex((one) => one.process === process),
      );
      for (const { cursor, stored } of firsts) expect(cursor).toBe(stored);
      expect(new Set(firsts.map(({ cursor }) => cursor)).size).toBeGreaterThan(3);
      expect(asked.length - faulted(killed)).toBeLessThan(calm.asked.length + 10 * pagesPerStep);
    },
    longest,
  );
});
