import { describe, expect, it } from 'vitest';
import type { Message } from '../../shared/domain/message.ts';
import type { Run } from '../../shared/domain/run.ts';
import { always, type FaultPlan } from './faults.ts';
import { effectivePosts, expectContacts, expectLaws, timesPosted } from './laws.ts';
import { expectedContacts, peopleOf } from './people.ts';
import { flowWorld, type World, type WorldOptions } from './world.ts';

const people = peopleOf(1_500);
const expected = expectedContacts([people.truth]);
const { contacts, customers } = people.truth.counts();
const population = people.population;

/** All that a run leaves behind and that does not depend on the moment. */
const leftBy = async (world: World, { id, state, tally, plan, pages }: Run) => ({
  run: { state, tally, plan, pages },
  posts: effectivePosts(world).toSorted(),
  pages: (await world.ports.store.pages.list(id)).map(({ value }) =>
    value.batches.map(({ number, state: of, rows, attempt, upserts }) => ({
      number,
      of,
      rows,
      attempt,
      upserts,
    })),
  ),
  /** Of which a second chain would make more. */
  reads: world.source.calls.length,
  slices: (await world.ports.store.slices.list(id)).map(({ value }) => value.tally),
  snapshot: await Promise.all(
    (await world.ports.blobs.list('snapshots/')).map(async (path) => [
      path,
      Buffer.from((await world.ports.blobs.get(path)) ?? []).toString(),
    ]),
  ),
});

const everPut = ({ queue }: World): readonly Message[] => [
  ...new Map(queue.puts.map(({ message }) => [JSON.stringify(message), message])).values(),
];

describe('a message that comes more than once (law 4)', () => {
  it.each<[string, Partial<WorldOptions>, boolean]>([
    ['every message twice at once', { faults: always('queue.put', { kind: 'double' }) }, false],
    ['every message again, every few seconds', {}, true],
  ])('leaves the same behind: %s', async (_, options, again) => {
    const calm = await flowWorld({ population });
    const wanted = await leftBy(calm, await calm.run());

    const world = await flowWorld({ population, ...options });
    const asked = await world.ask();
    if (asked.kind !== 'accepted') throw new Error(asked.kind);
    while (world.runOf(asked.run).endedAt === null) {
      if (again) for (const message of everPut(world)) await world.queue.put({ message, delaySeconds: 0 });
      await world.pass(3_000);
    }
    expect(await leftBy(world, world.runOf(asked.run))).toEqual(wanted);
    expectLaws(world);
  });

  it('has no effect once it is poisoned late, when its name is no longer due', async () => {
    const world = await flowWorld({ population, requestsPerMinute: 12 });
    const asked = await world.ask();
    if (asked.kind !== 'accepted') throw new Error(asked.kind);
    await world.until(() => world.destination.posts.length >= 3);
    // A lane's first message is still at work, and so may be the latest that settles; all others are done with.
    const settling = everPut(world).filter(({ step }) => step === 'settle');
    const over = everPut(world).filter((message) => message.step !== 'send' && message !== settling.at(-1));
    for (const message of [...over, ...over]) await world.poisoned.put({ message, delaySeconds: 0 });
    await world.until(() => world.runOf(asked.run).endedAt !== null);
    expect(world.runOf(asked.run)).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
    expectLaws(world);
  });
});

describe('a process that stands still for minutes, and goes on when others have taken over', () => {
  /** The first call of this kind after the first intents are stored. */
  const afterIntents = (name: string, ms: number): FaultPlan => {
    let intents = false;
    let done = false;
    return (call) => {
      const isFirst = intents && !done && call.name === name;
      intents ||= call.name === 'store.pages.replace';
      if (!isFirst) return undefined;
      done = true;
      return { kind: 'stall', when: 'after', ms };
    };
  };
  const lengths = [70, 190, 210, 230, 260, 420].map((seconds) => seconds * 1_000);

  it.each(lengths)('posts nothing that others have posted meanwhile: before the post, %i ms', async (ms) => {
    const world = await flowWorld({ population, faults: afterIntents('store.states.get', ms) });
    const run = await world.run();
    expect(world.lost()).toBe(1);
    await world.pass(ms);
    expect(run).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
    expect(Math.max(...timesPosted(world, run).values())).toBe(1);
    expectLaws(world);
  });

  it.each(lengths)("takes nobody's intent for its own: with intents stored, %i ms", async (ms) => {
    let stalled = false;
    const world = await flowWorld({
      population,
      requestsPerMinute: 12,
      faults: ({ name }) => {
        if (stalled || name !== 'store.pages.replace') return undefined;
        stalled = world.destination.posts.length > 0;
        return stalled ? { kind: 'stall', when: 'after', ms } : undefined;
      },
    });
    const run = await world.run();
    await world.pass(ms);
    expect(stalled).toBe(true);
    expect(run).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
    expect(Math.max(...timesPosted(world, run).values())).toBe(1);
    expectContacts(world, expected);
    expectLaws(world);
  });

  it('does not overwrite which customers of a slice are still to come', async () => {
    let reads = 0;
    const world = await flowWorld({
      population,
      source: {
        prefixes: [''],
        // The first reader has to wait after two pages; who takes over from it after four.
        before: ({ operation }) => {
          if (operation !== 'read') return undefined;
          reads += 1;
          return reads === 3 || reads === 8 ? { kind: 'throttled', retryAfterSeconds: 300 } : undefined;
        },
      },
      faults: ({ name, args, process }) =>
        process === 0 && name === 'blobs.put' && String(args[0]).includes('/members-')
          ? { kind: 'stall', when: 'before', ms: 180_000 }
          : undefined,
    });
    const run = await world.run();
    expect(world.lost()).toBe(1);
    expect(run).toMatchObject({ state: 'succeeded', tally: { read: customers, accepted: contacts } });
    expectLaws(world);
  });
});
