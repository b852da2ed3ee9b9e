import { expect, it } from 'vitest';
import type { Run } from '../../shared/domain/run.ts';
import { describeRun } from '../../shared/steps/describe-run.ts';
import { peopleOf } from '../flow/people.ts';
import { flowWorld, type World } from '../flow/world.ts';

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
