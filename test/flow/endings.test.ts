import { describe, expect, it } from 'vitest';
import type { DestinationFault } from '../../shared/domain/answers.ts';
import { brandId, exportOf } from '../../shared/domain/ids.ts';
import type { Run } from '../../shared/domain/run.ts';
import { runAt } from '../../shared/domain/run-ids.ts';
import { at as addressOf } from '../../shared/steps/addresses.ts';
import { requestRun } from '../../shared/steps/request-run.ts';
import type { Call } from './faults.ts';
import { expectContacts, expectLaws, lasted, snapshotOf } from './laws.ts';
import { expectedContacts, newsletter, peopleOf } from './people.ts';
import { apiKey, connection, flowWorld, hour, minute, type World, type WorldOptions } from './world.ts';

const people = peopleOf(600);
const expected = expectedContacts([people.truth]);
const { contacts } = people.truth.counts();
const population = people.population;

const open = (options: Omit<WorldOptions, 'population'> = {}): Promise<World> =>
  flowWorld({ population, ...options });

const pauseOf = async ({ ports }: World, { id }: Run) =>
  (await ports.store.states.get(addressOf.state(exportOf(id))))?.value.paused;

describe('every run ends, and says why (law 12)', () => {
  it.each(['divide', 'read'] as const)('a source that never answers: %s', async (operation) => {
    const world = await open({
      source: {
        before: (call) => (call.operation === operation ? { kind: 'transient', message: '503' } : undefined),
      },
    });
    const run = await world.run();
    expect(run).toMatchObject({ state: 'failed', reason: { code: 'source-stalled' } });
    expect(lasted(run)).toBeGreaterThanOrEqual(4 * hour);
    expect(lasted(run)).toBeLessThan(4 * hour + 2 * minute);
    expect(world.destination.posts).toEqual([]);
    expectLaws(world);
  });

  it('a destination that never finishes: its rows fail, and stay known without a fingerprint', async () => {
    const world = await open({ destination: { stuck: () => true } });
    const run = await world.run();
    expect(['partial', 'failed']).toContain(run.state);
    expect(run.reason?.code).toMatch(/^(rows-refused|destination-stalled)$/);
    expect(run.tally).toMatchObject({ accepted: 0, failed: contacts, unsent: 0 });
    expect(lasted(run)).toBeLessThan(4 * hour + 5 * minute);
    expect(await snapshotOf(world, run)).toMatchObject({ current: run.id, records: contacts });
    expectLaws(world);
  });

  it('a destination that never finishes, and processes that die while they commit', async () => {
    let deaths = 0;
    const dying = (call: Call) => {
      if (call.name !== 'blobs.put' || !String(call.args[0]).startsWith('snapshots/') || deaths === 2) return;
      deaths += 1;
      return { kind: 'die', when: 'before' } as const;
    };
    const world = await open({ destination: { stuck: () => true }, faults: dying });
    const run = await world.run();
    expect(deaths).toBe(2);
    expect(run.tally).toMatchObject({ failed: contacts });
    expect(await snapshotOf(world, run)).toMatchObject({ current: run.id, records: contacts });
    expectLaws(world);
  });

  it('a key that was revoked: the export is paused, until a run starts well', async () => {
    const world = await open();
    world.destination.revoke(apiKey);
    const run = await world.run();
    expect(run).toMatchObject({ state: 'failed', reason: { code: 'key-refused' } });
    expect(await pauseOf(world, run)).toMatchObject({
      reason: expect.stringContaining(connection.secretName),
      remedy: expect.stringMatching(/store/i),
    });
    world.secrets.rotate(connection.secretName, 'a1-rotated');
    await world.pass(minute);
    const mended = await world.run();
    expect(mended).toMatchObject({ state: 'succeeded' });
    expect(await pauseOf(world, mended)).toBeNull();
    expectLaws(world);
  });

  it.each<[string, DestinationFault, string, number]>([
    ['a key refused', { kind: 'unauthorised' }, 'key-refused', 10],
    ['a permission missing', { kind: 'forbidden' }, 'permission-missing', 15],
    ['a version retired', { kind: 'retired' }, 'version-retired', 10],
  ])('%s while sending, for good', async (_, fault, code, withinMinutes) => {
    const world = await open({
      destination: { before: ({ operation }) => (operation === 'brand' ? undefined : fault) },
    });
    const run = await world.run();
    expect(run).toMatchObject({ state: 'failed', reason: { code } });
    expect(run.tally).toMatchObject({ accepted: 0, unsent: contacts });
    expect(lasted(run)).toBeLessThan(withinMinutes * minute);
    const pause = await pauseOf(world, run);
    expect(pause?.remedy).not.toBe('');
    expect(run.reason?.message).toContain(pause?.remedy);
    expectLaws(world);
  });

  it.each<[string, DestinationFault]>([
    ['a key refused', { kind: 'unauthorised' }],
    ['a permission missing', { kind: 'forbidden' }],
    ['a version retired', { kind: 'retired' }],
  ])('%s once all is posted: nobody waits for answers that cannot be had', async (_, fault) => {
    const world = await open({
      destination: {
        before: ({ operation }) =>
          ['brand', 'write-contact', 'post-batch'].includes(operation) ? undefined : fault,
      },
    });
    const run = await world.run();
    expect(run).toMatchObject({ state: 'failed', tally: { accepted: 0, failed: contacts } });
    expect(lasted(run)).toBeLessThan(15 * minute);
    expect(await pauseOf(world, run)).not.toBeNull();
    expect(await snapshotOf(world, run)).toMatchObject({ current: run.id, records: contacts });
    expectLaws(world);
  });

  it('a 403 that passes within five minutes stops nothing', async () => {
    let refusals = 0;
    const world = await open({
      destination: {
        before: ({ operation }) => {
          if (operation !== 'post-batch' || refusals >= 5) return undefined;
          refusals += 1;
          return { kind: 'forbidden' };
        },
      },
    });
    expect(await world.run()).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
    expectLaws(world);
  });

  it('an outage of half an hour delays the run, and fails no row', async () => {
    let since: number | undefined;
    const world: World = await open({
      destination: {
        before: ({ operation }) => {
          const now = world.clock.now();
          if (operation === 'brand') return undefined;
          since ??= now;
          return now - since < 30 * minute ? { kind: 'ambiguous', message: '503' } : undefined;
        },
      },
    });
    expect(await world.run()).toMatchObject({ state: 'succeeded', tally: { accepted: contacts, failed: 0 } });
    expectContacts(world, expected);
    expectLaws(world);
  });
});

it('a vault that is silent for an hour delays the run, and fails nothing', async () => {
  const world = await open();
  world.secrets.silence(true);
  const answer = await world.ask();
  if (answer.kind !== 'accepted') throw new Error(`The run was not accepted: ${answer.kind}.`);
  await world.pass(hour);
  expect(world.runOf(answer.run).state).toBe('queued');
  world.secrets.silence(false);
  await world.until(() => world.runOf(answer.run).endedAt !== null);
  expect(world.runOf(answer.run)).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
  expectLaws(world);
});

it('the same refusal for the first thousand rows stops the run, and says so', async () => {
  const many = peopleOf(45_000);
  const refusal = {
    kind: 'refused',
    faults: [{ field: '', code: '402', message: 'Plan limit reached.' }],
  } as const;
  const world = await flowWorld({
    population: many.population,
    // Without properties nothing is tried on a contact before.
    definition: { ...newsletter, marker: 'none', customProperties: {} },
    destination: { item: () => refusal },
  });
  const run = await world.run();
  expect(run).toMatchObject({
    state: 'failed',
    reason: { code: 'all-refused' },
    tally: { accepted: 0, failed: 0 },
  });
  expect(run.tally?.refused).toBeGreaterThanOrEqual(1_000);
  expect(run.tally?.unsent).toBeGreaterThan(0);
  expectLaws(world);
});

describe('a key of another brand than before', () => {
  it('is refused, and accepted once that is confirmed', async () => {
    const world = await open();
    await world.run();
    world.secrets.rotate(connection.secretName, 'b2-full');
    // The old key is cached for a while.
    await world.pass(11 * minute);
    const posted = world.destination.posts.length;
    const refused = await world.run();
    expect(refused).toMatchObject({ state: 'failed', reason: { code: 'brand-changed' } });
    expect(await pauseOf(world, refused)).toMatchObject({
      remedy: expect.stringContaining('"confirmBrand": "b2"'),
    });
    expect(world.destination.posts).toHaveLength(posted);
    const requestedAt = world.clock.now();
    const id = runAt(newsletter.id, requestedAt);
    const claim = {
      runId: id,
      exportId: newsletter.id,
      kind: 'changes',
      trigger: 'http',
      requestedAt,
    } as const;
    const confirmed = await requestRun(world.ports, { ...claim, confirmBrand: brandId.parse('b2') });
    if (confirmed.kind !== 'accepted') throw new Error(confirmed.kind);
    for (const outgoing of confirmed.messages) await world.queue.put(outgoing);
    await world.until(() => world.runOf(id).endedAt !== null);
    expect(world.runOf(id)).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
  });

  it('stops a run when it comes in mid-run: nothing goes to the other brand', async () => {
    let isRotated = false;
    const world = await open({
      destination: {
        before: ({ apiKey: asked }) => (isRotated && asked === apiKey ? { kind: 'unauthorised' } : undefined),
      },
    });
    const answer = await world.ask();
    if (answer.kind !== 'accepted') throw new Error(answer.kind);
    await world.until(() => world.destination.posts.length >= 3);
    isRotated = true;
    world.secrets.rotate(connection.secretName, 'b2-full');
    await world.until(() => world.runOf(answer.run).endedAt !== null);
    expect(world.runOf(answer.run)).toMatchObject({ state: 'failed', reason: { code: 'brand-changed' } });
    expect(world.destination.contacts(brandId.parse('b2')).size).toBe(0);
    expect(world.destination.posts.filter((post) => post.brandId !== 'a1')).toEqual([]);
  });
});
