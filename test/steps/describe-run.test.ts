import { expect, it } from 'vitest';
import type { Run } from '../../shared/domain/run.ts';
import { describeRun } from '../../shared/steps/describe-run.ts';
import { peopleOf } from '../flow/people.ts';
import { flowWorld, minute, type World } from '../flow/world.ts';

const [day1, day2] = [peopleOf(1_200), peopleOf(1_200, 2)];
const changesOf = async (world: World, run: Run) => (await describeRun(world.ports, run.id))?.changes;

it('says before anything is sent how many contacts a run would add', async () => {
  const world = await flowWorld({ population: day1.population });
  const { contacts } = day1.truth.counts();
  expect(await changesOf(world, await world.run('dry-run'))).toEqual({
    upserts: contacts,
    newToOmnisend: contacts,
    leaves: 0,
  });
  expect(world.destination.contacts('a1').size).toBe(0);

  await world.run();
  world.source.refresh(day2.population);
  const { joined, left } = day2.truth.changes(1);
  const changes = await changesOf(world, await world.run('dry-run'));
  expect(changes).toMatchObject({ newToOmnisend: joined.length, leaves: left.length });
  expect(joined.length).toBeGreaterThan(0);
  expect(changes?.upserts).toBeGreaterThan(joined.length);
});

it('tells how long a run still takes, and is not far off', async () => {
  const world = await flowWorld({ population: peopleOf(12_000).population, requestsPerMinute: 60 });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  const left = async () => (await describeRun(world.ports, asked.run))?.secondsLeft;
  expect(await left()).toEqual({ stage: null, run: null });
  await world.until(() => world.runOf(asked.run).state === 'sending');
  const told: { readonly at: number; readonly seconds: number }[] = [];
  while (world.runOf(asked.run).endedAt === null) {
    await world.pass(minute / 6);
    const seconds = (await left())?.run ?? null;
    if (seconds !== null) told.push({ at: world.clock.now(), seconds });
  }
  const end = world.runOf(asked.run).endedAt ?? 0;
  expect(told.length).toBeGreaterThan(2);
  // What is answered is only seen when settlement looks, each half minute.
  for (const { at, seconds } of told) expect(Math.abs(seconds - (end - at) / 1000)).toBeLessThan(35);
  expect(await left()).toEqual({ stage: null, run: null });
});
