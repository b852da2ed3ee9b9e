import { expect, it } from 'vitest';
import type { RunId } from '../../shared/domain/ids.ts';
import { approveRun } from '../../shared/steps/approve-run.ts';
import { expectContacts, expectLaws, snapshotOf } from './laws.ts';
import { expectedContacts, newsletter, nobody, peopleOf } from './people.ts';
import { brandA, flowWorld, hour, minute, type World } from './world.ts';

const people = peopleOf(600);
const expected = expectedContacts([people.truth]);
const { contacts } = people.truth.counts();

/** A first run, then one for which the source gives nobody. */
const heldRun = async () => {
  const world = await flowWorld({ population: people.population });
  await world.run();
  world.source.refresh(nobody);
  const run = await world.run();
  expect(run).toMatchObject({ state: 'held', reason: { code: 'guard' } });
  return { world, run, posts: world.destination.posts.length };
};

const approve = async ({ ports, queue }: World, id: RunId): Promise<string> => {
  const answer = await approveRun(ports, id);
  if (answer.kind === 'approved') for (const outgoing of answer.messages) await queue.put(outgoing);
  return answer.kind;
};

it('sends it once it is approved, and only once', async () => {
  const { world, run } = await heldRun();
  expect(await approve(world, run.id)).toBe('approved');
  expect(await approve(world, run.id)).toBe('not-held');
  await world.until(() => world.runOf(run.id).endedAt !== null);
  expect(world.runOf(run.id)).toMatchObject({
    state: 'succeeded',
    tally: { read: 0, leaves: { accepted: contacts } },
  });
  for (const { properties } of world.destination.contacts(brandA).values()) {
    expect(Object.values(properties)).not.toContain(true);
  }
  expectLaws(world);
});

it('sends nothing of a run that lost everybody, and cancels it after 24 hours (law 7)', async () => {
  const { world, run, posts } = await heldRun();
  expect(await world.ask()).toMatchObject({ kind: 'active', run: run.id });
  await world.until(() => world.runOf(run.id).endedAt !== null, 25 * hour);
  expect(world.runOf(run.id)).toMatchObject({ state: 'cancelled', reason: { code: 'approval-expired' } });
  expect(world.destination.posts).toHaveLength(posts);
  expectContacts(world, expected);
  expect(await approve(world, run.id)).toBe('not-held');
  await world.pass(minute);
  expect(await world.ask()).toMatchObject({ kind: 'accepted' });
  expectLaws(world);
});

it('cancels it at the next occurrence, which makes a run of its own', async () => {
  const schedule = { cron: '0 */6 * * *', timeZone: 'Etc/UTC' };
  const world = await flowWorld({
    population: people.population,
    definition: { ...newsletter, schedule },
  });
  const states = () => [...world.runs.values()].map(({ state, trigger }) => `${trigger} ${state}`);
  await world.pass(7 * hour);
  expect(states()).toEqual(['schedule succeeded']);
  world.source.refresh(nobody);
  await world.pass(6 * hour);
  expect(states()).toEqual(['schedule succeeded', 'schedule held']);
  world.source.refresh(people.population);
  await world.pass(6 * hour + minute);
  expect(states()).toEqual(['schedule succeeded', 'schedule cancelled', 'schedule succeeded']);
  expect([...world.runs.values()][1]?.reason?.code).toBe('approval-expired');
  expect([...world.runs.values()][2]?.tally).toMatchObject({ unchanged: contacts, accepted: 0 });
  expectLaws(world);
});

it('makes room too where contacts were written to before it was held', async () => {
  const schedule = { cron: '0 */6 * * *', timeZone: 'Etc/UTC' };
  const world = await flowWorld({
    population: people.population,
    definition: { ...newsletter, schedule },
    destination: { customProperties: 'replace' },
  });
  const runs = () => [...world.runs.values()].map(({ state, reason }) => `${state} ${reason?.code}`);
  await world.pass(7 * hour);
  expect(runs()).toEqual(['held properties-replaced']);
  await world.pass(6 * hour);
  expect(runs()).toEqual(['cancelled approval-expired', 'held properties-replaced']);
  expect(await world.ports.store.skipped.list(newsletter.id)).toEqual([]);
  const [first] = world.runs.values();
  expect(first && (await snapshotOf(world, first))).toMatchObject({ current: first?.id, records: 1 });
  expect(world.destination.posts).toEqual([]);
  expectLaws(world);
});
