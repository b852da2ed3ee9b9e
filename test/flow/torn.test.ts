import { expect, it } from 'vitest';
import type { RunId } from '../../shared/domain/ids.ts';
import { concurrencyOf } from '../../shared/domain/slice.ts';
import { at as addressOf } from '../../shared/steps/addresses.ts';
import { approveRun } from '../../shared/steps/approve-run.ts';
import { populationOf } from '../memory/memory-population.ts';
import { SEGMENT_NAMES } from '../sandbox/generator/segments.ts';
import { expectContacts, expectLaws } from './laws.ts';
import { expectedContacts, newsletter, nobody, peopleOf } from './people.ts';
import { flowWorld, hour, type World } from './world.ts';

const people = peopleOf(800);
const nextDay = peopleOf(800, 2);
const { contacts } = people.truth.counts();

const begun = async (world: World): Promise<RunId> => {
  const answer = await world.ask();
  if (answer.kind !== 'accepted') throw new Error(answer.kind);
  return answer.run;
};

/** Lets a run read three pages; what the source is from then on is the test's business. */
const inMidRead = async (world: World): Promise<RunId> => {
  const read = (): number => world.source.calls.filter(({ operation }) => operation === 'read').length;
  const before = read();
  const run = await begun(world);
  await world.until(() => read() >= before + 3);
  return run;
};

it('holds a run whose source was refreshed while it was read, and sends it on a person’s word', async () => {
  const world = await flowWorld({ population: people.population });
  const id = await inMidRead(world);
  world.source.refresh(nextDay.population);
  await world.until(() => world.runOf(id).state === 'held', hour);
  expect(world.runOf(id).reason).toMatchObject({
    code: 'guard',
    message: expect.stringContaining('refreshed while it was read'),
  });
  expect(world.destination.posts).toEqual([]);
  const approval = await approveRun(world.ports, id);
  if (approval.kind !== 'approved') throw new Error(approval.kind);
  for (const outgoing of approval.messages) await world.queue.put(outgoing);
  await world.until(() => world.runOf(id).endedAt !== null);
  expect(world.runOf(id).state).toBe('succeeded');
  expectLaws(world);
});

it('ends a run from whose source a segment or a column went away in mid-read, and removes nobody', async () => {
  const gone = {
    segment: populationOf({
      members: [],
      profiles: [],
      segments: ['Another'],
      columns: [...people.population.columns],
    }),
    column: populationOf({ members: [], profiles: [], segments: [...SEGMENT_NAMES], columns: ['FirstName'] }),
  };
  for (const population of Object.values(gone)) {
    const world = await flowWorld({ population: people.population });
    await world.run();
    const posts = world.destination.posts.length;
    const id = await inMidRead(world);
    world.source.refresh(population);
    await world.until(() => world.runOf(id).endedAt !== null || world.runOf(id).state === 'held', hour);
    expect(['failed', 'held']).toContain(world.runOf(id).state);
    expect(world.destination.posts).toHaveLength(posts);
    expectContacts(world, expectedContacts([people.truth]));
  }
});

it('fails a run whose segment is gone before it reads, saying which', async () => {
  const world = await flowWorld({ population: people.population });
  world.source.refresh(populationOf({ members: [], profiles: [], segments: [], columns: [] }));
  const run = await world.run();
  expect(run).toMatchObject({ state: 'failed', reason: { code: 'source-misconfigured' } });
  for (const name of newsletter.segments) expect(run.reason?.message).toContain(name);
});

it('holds a run that read fewer members than its segment says it has', async () => {
  const [segment = ''] = newsletter.segments;
  const world = await flowWorld({ population: people.population, source: { counts: { [segment]: 5_000 } } });
  const run = await world.run();
  expect(run).toMatchObject({ state: 'held', reason: { message: expect.stringContaining('5000 members') } });
  expect(world.destination.posts).toEqual([]);
});

it('holds a run of an empty source, whatever its marks say', async () => {
  const world = await flowWorld({ population: people.population });
  await world.run();
  world.source.refresh(nobody);
  expect(await world.run()).toMatchObject({ state: 'held' });
  expectContacts(world, expectedContacts([people.truth]));
});

it('waits where the mark cannot be had, before reading and after it', async () => {
  let refusals = 6;
  const world = await flowWorld({
    population: people.population,
    source: {
      before: ({ operation }) => {
        if (operation !== 'mark' || refusals === 0) return undefined;
        refusals -= 1;
        return refusals % 2 === 0
          ? { kind: 'transient', message: '503' }
          : { kind: 'throttled', retryAfterSeconds: 20 };
      },
    },
  });
  expect(await world.run()).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
});

it('reads as many slices at a time as the source advises, and no more than twice what is set', async () => {
  const world = await flowWorld({ population: people.population, source: { parallel: 50 } });
  await world.run();
  const readers = await world.ports.store.readers.get(addressOf.readers(world.source.environment));
  expect(readers?.value).toMatchObject({ advised: 50, out: [], reading: [] });
  expect([null, 1, 3, 8, 50].map((advised) => concurrencyOf({ advised }, 4))).toEqual([4, 1, 3, 8, 8]);
});
