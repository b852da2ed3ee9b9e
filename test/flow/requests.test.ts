import { describe, expect, it } from 'vitest';
import type { Claim } from '../../shared/domain/run.ts';
import { runAt, runForKey } from '../../shared/domain/run-ids.ts';
import { at as addressOf } from '../../shared/steps/addresses.ts';
import { changeRow } from '../../shared/steps/change-row.ts';
import { requestRun } from '../../shared/steps/request-run.ts';
import { expectContacts, expectLaws } from './laws.ts';
import { expectedContacts, newsletter, peopleOf } from './people.ts';
import { apiKey, connection, flowWorld, hour, minute, type World } from './world.ts';

const people = peopleOf(600);
const expected = expectedContacts([people.truth]);
const { contacts } = people.truth.counts();
const population = people.population;
const exportId = newsletter.id;

const claimAt = (moment: number): Claim => ({
  runId: runAt(exportId, moment),
  exportId,
  kind: 'changes',
  trigger: 'http',
  requestedAt: moment,
});

const skippedIn = async ({ ports }: World) =>
  (await ports.store.skipped.list(exportId)).map(({ value }) => ({
    at: new Date(value.at).toISOString().slice(11, 16),
    code: value.reason.code,
  }));

describe('asking for a run', () => {
  it('makes one of two that are asked for at once; the other hears of it', async () => {
    const world = await flowWorld({ population });
    const now = world.clock.now();
    const claims = [claimAt(now), claimAt(now + 1)];
    const answers = await Promise.all(claims.map((claim) => requestRun(world.ports, claim)));
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['accepted', 'active']);
    const ids = new Set(answers.map((answer) => ('run' in answer ? answer.run : undefined)));
    expect(ids.size).toBe(1);
    expect(world.runs.size).toBe(1);
  });

  it('knows a repeated request by its key, before and after the run has ended', async () => {
    const world = await flowWorld({ population });
    const id = runForKey(exportId, 'a-key-of-the-caller');
    expect(await world.ask('changes', id)).toMatchObject({ kind: 'accepted', run: id });
    expect(await world.ask('changes', id)).toEqual({ kind: 'known', run: id });
    await world.until(() => world.runOf(id).endedAt !== null);
    expect(await world.ask('changes', id)).toEqual({ kind: 'known', run: id });
    await world.pass(5 * minute);
    expect(world.runs.size).toBe(1);
    expectLaws(world);
  });

  it('mends a claim whose process died before it made the run', async () => {
    const world = await flowWorld({ population });
    const claim = claimAt(world.clock.now());
    await requestRun(world.ports, claim);
    await world.ports.store.runs.remove(addressOf.run(claim.runId));
    await world.pass(5 * minute);
    expect(world.runOf(claim.runId)).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
    expectLaws(world);
  });

  it('mends a run whose start message was never put', async () => {
    const world = await flowWorld({ population });
    const claim = claimAt(world.clock.now());
    await requestRun(world.ports, claim);
    await world.pass(5 * minute);
    expect(world.runOf(claim.runId).state).toBe('succeeded');
    expectLaws(world);
  });

  it('lets an export go whose connection is gone', async () => {
    const world = await flowWorld({ population });
    await world.ports.store.connections.remove(addressOf.connection(newsletter.connection));
    expect(await world.ask()).toEqual({ kind: 'unknown-connection', connection: newsletter.connection });
  });
});

describe('the schedule', () => {
  const hourly = { ...newsletter, schedule: { cron: '0 * * * *', timeZone: 'Etc/UTC' } };

  it('makes one run of several missed occurrences, and records the others', async () => {
    const world = await flowWorld({ population, definition: hourly });
    await world.pass(2 * minute);
    // The app is not there.
    await world.clock.advance(4 * hour);
    await world.pass(5 * minute);
    expect([...world.runs.keys()]).toEqual([runAt(exportId, Date.UTC(2026, 0, 5, 4))]);
    expect(await skippedIn(world)).toEqual([
      { at: '01:00', code: 'missed' },
      { at: '02:00', code: 'missed' },
      { at: '03:00', code: 'missed' },
    ]);
    expectLaws(world);
  });

  it('records an occurrence that finds a run active', async () => {
    const world = await flowWorld({ population, definition: hourly, destination: { stuck: () => true } });
    await world.pass(2 * hour + 10 * minute);
    expect(world.runs.size).toBe(1);
    expect(await skippedIn(world)).toEqual([{ at: '02:00', code: 'active' }]);
    expectLaws(world);
  });

  it('makes no run of a paused export, and says why', async () => {
    const world = await flowWorld({ population, definition: hourly });
    world.destination.revoke(apiKey);
    await world.pass(2 * hour + 10 * minute);
    expect([...world.runs.values()].map(({ reason }) => reason?.code)).toEqual(['key-refused']);
    expect(await skippedIn(world)).toEqual([{ at: '02:00', code: 'paused' }]);
    expectLaws(world);
  });
});

it("posts nothing more of a run that is no longer its export's current one (law 8)", async () => {
  const world = await flowWorld({ population, requestsPerMinute: 12 });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  await world.until(() => world.destination.posts.length > 0);
  const newer = claimAt(world.clock.now());
  await changeRow(world.ports.store.states, addressOf.state(exportId), (state) =>
    state === undefined ? undefined : { ...state, active: newer },
  );
  // What had its fence behind it is under way.
  const switchedAt = world.clock.now() + 1_000;
  await world.pass(20 * minute);
  const late = world.destination.posts.filter(
    ({ origin, at: moment }) => origin.startsWith(`${asked.run}/`) && moment > switchedAt,
  );
  expect(late).toEqual([]);
  // It was planned when it was known what the older one had sent.
  const unchanged = world.runOf(asked.run).tally?.accepted ?? 0;
  expect(world.runOf(newer.runId)).toMatchObject({
    state: 'succeeded',
    tally: { unchanged, accepted: contacts - unchanged },
  });
  expectContacts(world, expected);
});

describe('the drain barrier (law 8)', () => {
  /** A run whose key is revoked once everything is posted, and a second one with a new key and the next day's people. */
  const twoRuns = async (batchSeconds: readonly [number, number]) => {
    const world = await flowWorld({ population, destination: { batchSeconds } });
    const asked = await world.ask();
    if (asked.kind !== 'accepted') throw new Error(asked.kind);
    await world.until(() => world.runOf(asked.run).state === 'settling');
    world.destination.revoke(apiKey);
    await world.until(() => world.runOf(asked.run).endedAt !== null);
    await world.pass(minute);
    world.secrets.rotate(connection.secretName, 'a1-new');
    const nextDay = peopleOf(600, 2);
    world.source.refresh(nextDay.population);
    const posted = world.destination.posts.length;
    const second = await world.run();
    return { world, first: world.runOf(asked.run), second, posted, nextDay };
  };

  it('sends nothing while a batch of an earlier run is pending or in progress', async () => {
    const { world, first, second, posted, nextDay } = await twoRuns([3_000, 6_000]);
    expect(first).toMatchObject({ state: 'failed', reason: { code: 'key-refused' } });
    expect(second).toMatchObject({ state: 'succeeded' });
    const lastOfFirst = Math.max(...world.destination.posts.slice(0, posted).map((post) => post.at));
    const firstOfSecond = world.destination.posts[posted]?.at ?? 0;
    expect(firstOfSecond - lastOfFirst).toBeGreaterThan(3_000_000);
    expectContacts(world, expectedContacts([people.truth, nextDay.truth]));
    expectLaws(world);
  });

  it('gives up where that takes longer than four hours', async () => {
    const { world, second, posted } = await twoRuns([18_000, 20_000]);
    expect(second).toMatchObject({ state: 'failed', reason: { code: 'destination-stalled' } });
    expect(world.destination.posts).toHaveLength(posted);
    expectLaws(world);
  });
});

it('keeps at most 500 batches in the air, and one page more per lane', async () => {
  const many = peopleOf(75_000);
  const world = await flowWorld({
    population: many.population,
    requestsPerMinute: 40_000,
    destination: { batchSeconds: [600, 600] },
  });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  await world.until(() => world.destination.posts.length > 0);
  await world.pass(5 * minute);
  expect(world.destination.posts.length).toBeGreaterThanOrEqual(500);
  expect(world.destination.posts.length).toBeLessThan(500 + 3 * 5 * 10);
});
