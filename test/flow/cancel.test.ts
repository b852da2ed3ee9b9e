import { expect, it } from 'vitest';
import type { RunState } from '../../shared/domain/states.ts';
import { cancelRun } from '../../shared/steps/cancel-run.ts';
import { expectContacts, expectLaws } from './laws.ts';
import { expectedContacts, peopleOf } from './people.ts';
import { flowWorld, minute } from './world.ts';

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
  expect(await cancelRun(world.ports, id)).toEqual({ kind: 'cancelling' });
  const atMost = world.destination.posts.length + 10;
  await world.until(() => world.runOf(id).endedAt !== null);
  const run = world.runOf(id);
  expect(run).toMatchObject({ state: 'cancelled', tally: { read: customers, failed: 0 } });
  expect(world.destination.posts.length).toBeLessThanOrEqual(atMost);
  const accepted = run.tally?.accepted ?? 0;
  expect(accepted).toBeGreaterThanOrEqual(500);
  await world.pass(minute);
  expect(await world.run()).toMatchObject({ tally: { unchanged: accepted, accepted: contacts - accepted } });
  expectContacts(world, expected);
  expectLaws(world);
});

it('cannot cancel what has ended, or never was', async () => {
  const { world, id } = await started();
  await world.until(() => world.runOf(id).endedAt !== null);
  expect(await cancelRun(world.ports, id)).toEqual({ kind: 'ended', state: 'succeeded' });
});
