import { expect, it } from 'vitest';
import { exportDefinition } from '../../shared/domain/definition.ts';
import { isEnded } from '../../shared/domain/states.ts';
import type { EventName } from '../../shared/ports/log.ts';
import { newsletter, peopleOf } from './people.ts';
import { brandA, flowWorld, type World } from './world.ts';

const day1 = peopleOf(1_500);
const day2 = peopleOf(1_500, 2);

const eventsOf = ({ logged }: World, ...names: readonly EventName[]) =>
  logged.filter(({ event }) => names.includes(event)).map(({ fields }) => fields);
const sum = (fields: ReturnType<typeof eventsOf>, name: string): number =>
  fields.reduce((all, one) => all + Number(one[name] ?? 0), 0);

it('tells of every request that was made while sending and settling, posts, looks and tags', async () => {
  const [odd] = day1.truth.contacts();
  const world = await flowWorld({
    population: day1.population,
    definition: { ...newsletter, marker: 'tag' },
    destination: {
      // Items are read where errors are counted.
      item: ({ email }, seen) =>
        email === odd?.email && seen === 0
          ? { kind: 'refused', faults: [{ field: 'email', code: 'invalid', message: 'not liked' }] }
          : undefined,
    },
  });
  const run = await world.run();
  const count = (...names: readonly string[]): number =>
    world.destination.arrivals.filter(({ operation }) => names.includes(operation)).length;
  const posts = count('post-batch');
  expect(posts).toBeGreaterThan(10);
  expect(sum(eventsOf(world, 'lane-worked'), 'requests')).toBe(posts);
  const settled = eventsOf(world, 'batches-settled');
  const others = world.destination.arrivals.length - posts - count('brand', 'write-contact');
  expect(count('change-tags')).toBeGreaterThan(1);
  expect(sum(settled, 'requests')).toBe(others);
  expect(new Set(settled.map(({ brand }) => brand))).toEqual(new Set([brandA]));
  expect(run.state).toBe('partial');
});

it('tells of two runs that share the lanes each by itself', async () => {
  const other = exportDefinition.parse({ ...newsletter, id: 'other', markerPrefix: 'other_' });
  const world = await flowWorld({ population: day1.population, others: [other], requestsPerMinute: 30 });
  const runs = [await world.ask(), await world.ask('changes', undefined, other.id)].flatMap((answer) =>
    answer.kind === 'accepted' ? [answer.run] : [],
  );
  expect(runs).toHaveLength(2);
  await world.until(() => runs.every((id) => isEnded(world.runOf(id).state)));
  const worked = eventsOf(world, 'lane-worked');
  for (const id of runs) {
    const own = worked.filter(({ run }) => run === id);
    const posts = world.destination.posts.filter(({ origin }) => origin.startsWith(`${id}/`));
    expect(sum(own, 'requests')).toBe(posts.length);
    expect(sum(own, 'pages')).toBeGreaterThan(0);
  }
});

it('ends with the account of the run, leavers and kind included', async () => {
  const world = await flowWorld({ population: day1.population });
  await world.run();
  world.source.refresh(day2.population);
  const { id, tally, requestedAt, endedAt } = await world.run();
  const [fields] = eventsOf(world, 'run-ended').filter(({ run }) => run === id);
  expect(tally?.leaves.accepted).toBeGreaterThan(0);
  expect(fields).toEqual({
    run: id,
    kind: 'changes',
    trigger: 'http',
    state: 'succeeded',
    reason: null,
    seconds: Math.round(((endedAt ?? 0) - requestedAt) / 1000),
    read: tally?.read,
    accepted: tally?.accepted,
    unchanged: tally?.unchanged,
    duplicate: tally?.duplicate,
    invalid: tally?.invalid,
    refused: 0,
    failed: 0,
    unsent: 0,
    leaves: tally?.leaves.accepted,
    leavesFailed: 0,
    tags: 0,
  });
});
