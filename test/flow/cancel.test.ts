import { expect, it } from 'vitest';
import { isEnded, type RunState } from '../../shared/domain/states.ts';
import { approveRun } from '../../shared/steps/approve-run.ts';
import { cancelRun } from '../../shared/steps/cancel-run.ts';
import { loadPages } from '../../shared/steps/load.ts';
import { sendPage } from '../../shared/steps/send-page.ts';
import { expectContacts, expectLaws, snapshotOf } from './laws.ts';
import { expectedContacts, nobody, peopleOf } from './people.ts';
import { brandA, flowWorld, minute } from './world.ts';

const people = peopleOf(2_000);
const expected = expectedContacts([people.truth]);
const { contacts, customers } = people.truth.counts();

const started = async () => {
  const world = await flowWorld({ population: people.population, requestsPerMinute: 20 });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  return { world, id: asked.run };
};

it.each<RunState>(['queued', 'reading', 'planning'])('ends a run at once that is %s', async (state) => {
  const { world, id } = await started();
  await world.until(() => world.runOf(id).state === state);
  expect(await cancelRun(world.ports, id)).toEqual({ kind: 'cancelled' });
  expect(world.runOf(id)).toMatchObject({ state: 'cancelled', reason: { code: 'cancelled' } });
  await world.pass(5 * minute);
  expect(world.destination.posts).toEqual([]);
  expect(await world.run()).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
  expectLaws(world);
});

it('stops between batches: what is posted is settled and committed, the rest is sent by the next run', async () => {
  const { world, id } = await started();
  await world.until(() => world.destination.posts.length >= 5);
  expect(await cancelRun(world.ports, id)).toEqual({ kind: 'cancelling', messages: [] });
  const posted = world.destination.posts.length;
  await world.until(() => world.runOf(id).endedAt !== null);
  const run = world.runOf(id);
  expect(run).toMatchObject({ state: 'cancelled', tally: { read: customers, failed: 0 } });
  // Not even what held a slot already.
  expect(world.destination.posts).toHaveLength(posted);
  const accepted = run.tally?.accepted ?? 0;
  expect(accepted).toBeGreaterThanOrEqual(500);
  await world.pass(minute);
  expect(await world.run()).toMatchObject({ tally: { unchanged: accepted, accepted: contacts - accepted } });
  expectContacts(world, expected);
  expectLaws(world);
});

it('begins no page that a lane had listed before', async () => {
  const world = await flowWorld({ population: peopleOf(9_000).population });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  await world.until(() => world.destination.posts.length > 0);
  const listed = await loadPages(world.ports, asked.run);
  const page = listed.find(({ lane, batches }) => lane === null && batches.length === 10);
  if (page === undefined) throw new Error('Every page is begun.');
  expect(await cancelRun(world.ports, asked.run)).toEqual({ kind: 'cancelling', messages: [] });
  const sending = sendPage(world.ports, brandA, 0, page);
  await world.clock.settle();
  expect((await loadPages(world.ports, asked.run))[page.number]).toEqual(page);
  expect(await sending).toEqual({ kind: 'done' });
  await world.until(() => world.runOf(asked.run).endedAt !== null);
  expectLaws(world);
});

it('knows the contact on which it tried how properties are written, though it posted nothing', async () => {
  const world = await flowWorld({ population: people.population, requestsPerMinute: 20 });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  // The contact, then a property of it, a marker perhaps.
  const tries = () => world.destination.arrivals.filter(({ operation }) => operation === 'write-contact');
  await world.until(() => tries().length === 2);
  const answer = await cancelRun(world.ports, asked.run);
  if (answer.kind !== 'cancelling') throw new Error(answer.kind);
  for (const outgoing of answer.messages) await world.queue.put(outgoing);
  await world.until(() => world.runOf(asked.run).endedAt !== null);
  expect(world.runOf(asked.run)).toMatchObject({ state: 'cancelled', reason: { code: 'cancelled' } });
  expect(await snapshotOf(world, world.runOf(asked.run))).toMatchObject({ current: asked.run, records: 1 });
  await world.pass(5 * minute);
  expect(tries()).toHaveLength(2);
  expect(world.destination.posts).toEqual([]);
  world.source.refresh(nobody);
  const emptied = await world.run();
  const state = () => world.runOf(emptied.id).state;
  // Held for nobody being left, then for not knowing yet how properties are written.
  for (const code of ['guard', 'merging-unknown']) {
    await world.until(() => state() === 'held');
    expect(world.runOf(emptied.id).reason?.code).toBe(code);
    const approval = await approveRun(world.ports, emptied.id);
    if (approval.kind !== 'approved') throw new Error(approval.kind);
    for (const outgoing of approval.messages) await world.queue.put(outgoing);
  }
  await world.until(() => isEnded(state()));
  expect(world.runOf(emptied.id).tally).toMatchObject({ read: 0, leaves: { accepted: 1 } });
  for (const { properties } of world.destination.contacts(brandA).values()) {
    expect(Object.values(properties)).not.toContain(true);
  }
  expectLaws(world);
});

it('cannot cancel what has ended, or never was', async () => {
  const { world, id } = await started();
  await world.until(() => world.runOf(id).endedAt !== null);
  expect(await cancelRun(world.ports, id)).toEqual({ kind: 'ended', state: 'succeeded' });
});
