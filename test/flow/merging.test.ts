import { expect, it } from 'vitest';
import { customerId, exportOf, keyHash } from '../../shared/domain/ids.ts';
import type { Change } from '../../shared/domain/plan.ts';
import { at as addressOf } from '../../shared/steps/addresses.ts';
import { approveRun } from '../../shared/steps/approve-run.ts';
import { expectContacts, expectLaws } from './laws.ts';
import { expectedContacts, newsletter, peopleOf } from './people.ts';
import { apiKey, brandA, flowWorld, minute, type World } from './world.ts';

const people = peopleOf(600);
const { population } = people;
const expected = expectedContacts([people.truth]);
const { contacts } = people.truth.counts();

const tries = (world: World): number =>
  world.destination.arrivals.filter(({ operation }) => operation === 'write-contact').length;

const approve = async (world: World, id: Parameters<typeof approveRun>[1]): Promise<string> => {
  const answer = await approveRun(world.ports, id);
  if (answer.kind === 'approved') for (const outgoing of answer.messages) await world.queue.put(outgoing);
  return answer.kind;
};

it('finds out once per brand that properties are merged, and leaves nothing of its own behind', async () => {
  const world = await flowWorld({ population });
  expect(await world.run()).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
  expect(tries(world)).toBe(3);
  expectContacts(world, expected);
  expect(await world.run('full')).toMatchObject({ state: 'succeeded' });
  expect(tries(world)).toBe(3);
  expectContacts(world, expected);
  expectLaws(world);
});

it('takes its own name back where a contact gets only one property', async () => {
  const definition = { ...newsletter, segments: newsletter.segments.slice(0, 1), customProperties: {} };
  const world = await flowWorld({ population, definition });
  expect(await world.run()).toMatchObject({ state: 'succeeded' });
  expect(tries(world)).toBe(4);
  for (const { properties } of world.destination.contacts(brandA).values()) {
    expect(Object.keys(properties)).toEqual([`segment_${definition.segments[0]}`]);
  }
});

it('asks nothing where a run writes no property', async () => {
  const world = await flowWorld({
    population,
    definition: { ...newsletter, marker: 'none', customProperties: {} },
  });
  expect(await world.run()).toMatchObject({ state: 'succeeded' });
  expect(tries(world)).toBe(0);
});

it('holds a run that would wipe properties, and nobody can approve it', async () => {
  const world = await flowWorld({ population, destination: { customProperties: 'replace' } });
  const run = await world.run();
  expect(run).toMatchObject({ state: 'held', reason: { code: 'properties-replaced' } });
  expect(await approve(world, run.id)).toBe('not-approvable');
  await world.pass(5 * minute);
  expect(world.runOf(run.id).state).toBe('held');
  expect(world.destination.posts).toEqual([]);
});

it.each(['unauthorised', 'forbidden', 'retired'] as const)(
  'knows nobody on whom nothing was written, as Omnisend answered "%s"',
  async (kind) => {
    const world = await flowWorld({
      population,
      destination: { before: ({ operation }) => (operation === 'write-contact' ? { kind } : undefined) },
    });
    const run = await world.run();
    expect(run).toMatchObject({ state: 'failed', probed: [] });
    expect(tries(world)).toBeGreaterThan(0);
    expect(
      await world.ports.store.snapshots.get(addressOf.snapshot(exportOf(run.id), brandA)),
    ).toBeUndefined();
    expectLaws(world);
  },
);

it('does not know a contact that Omnisend refused when it was tried on it', async () => {
  const world = await flowWorld({
    population,
    destination: {
      before: ({ operation }) =>
        operation === 'write-contact' ? { kind: 'refused', faults: [] } : undefined,
    },
  });
  expect(await world.run()).toMatchObject({ state: 'held', probed: [] });
  expect(tries(world)).toBe(10);
});

it('holds a run where every contact has properties; approving it is a word that they are merged', async () => {
  const world = await flowWorld({ population });
  for (const email of expected.keys()) {
    const change: Change = {
      kind: 'upsert',
      key: keyHash.parse('0'.repeat(32)),
      id: customerId.parse('somebody'),
      contact: { email, properties: { from_elsewhere: 'x' } },
      markers: [],
    };
    // Over many minutes, so that the budget has room for the run.
    await world.clock.advance(1_000);
    await world.destination.writeContact(apiKey, change, { sendWelcomeMessage: false, withoutPhone: true });
  }
  const run = await world.run();
  expect(run).toMatchObject({ state: 'held', reason: { code: 'merging-unknown' } });
  expect(world.destination.posts).toEqual([]);
  const asked = tries(world);
  expect(await approve(world, run.id)).toBe('approved');
  await world.until(() => world.runOf(run.id).endedAt !== null);
  expect(world.runOf(run.id)).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
  expect(tries(world)).toBe(asked);
  for (const { properties } of world.destination.contacts(brandA).values()) {
    expect(properties).toMatchObject({ from_elsewhere: 'x' });
  }
});
