import { describe, expect, it } from 'vitest';
import { isEnded } from '../../shared/domain/states.ts';
import { counting, everything, kills } from './faults.ts';
import { expectContacts, expectLaws, replayOf, seeds, timesPosted } from './laws.ts';
import { expectedContacts, peopleOf } from './people.ts';
import { flowWorld, minute } from './world.ts';

const people = peopleOf(1_500);
const expected = expectedContacts([people.truth]);
const { customers, contacts } = people.truth.counts();

/** Of a calm run, and of the timers for a while. */
const counts = new Map<string, number>();
const calm = await flowWorld({ population: people.population, faults: counting(counts) });
await calm.run();
await calm.pass(2 * minute);

describe('killed at ten random moments, and started again each time', () => {
  const given = seeds(60);
  const silent: number[] = [];
  const deaths: number[] = [];

  it.each(given)('the run ends and nothing is lost (seed %i)', async (seed) => {
    const world = await flowWorld({
      population: people.population,
      seed,
      faults: kills({ seed, faults: 10, counts }),
    });
    const run = await world.run();
    deaths.push(world.lost());
    expect(run.tally?.read, replayOf(seed)).toBeLessThanOrEqual(customers);
    if (run.state === 'failed') {
      // Killed five times in a row in one and the same step: by definition a step that kills its process.
      expect(run.reason?.code, replayOf(seed)).toBe('step-silent');
      silent.push(seed);
      expect(await world.run(), replayOf(seed)).toMatchObject({ state: 'succeeded' });
    } else {
      expect(run, replayOf(seed)).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
      expect(Math.max(...timesPosted(world, run).values()), replayOf(seed)).toBe(1);
    }
    expectContacts(world, expected, replayOf(seed));
    expectLaws(world);
  });

  it.skipIf(given.length < 10)(
    'hardly ever takes a run for one that kills its process, or is over before the tenth',
    () => {
      expect(silent.length).toBeLessThanOrEqual(given.length / 10);
      expect(deaths.filter((count) => count === 10).length).toBeGreaterThanOrEqual(given.length * 0.75);
    },
  );
});

describe('when anything goes wrong at random', () => {
  // Deaths, stops, stalls of minutes, storage errors, unanswered posts, lost and doubled messages.
  it.each(seeds(30))('nothing is lost and nothing is posted twice (seed %i)', async (seed) => {
    const world = await flowWorld({
      population: people.population,
      seed,
      faults: everything({ seed, faults: 16, counts }),
    });
    const run = await world.run();
    expect(isEnded(run.state), replayOf(seed)).toBe(true);
    const last = run.state === 'succeeded' ? run : await world.run();
    expect(last, replayOf(seed)).toMatchObject({ state: 'succeeded' });
    expectContacts(world, expected, replayOf(seed));
    for (const one of world.runs.values()) {
      expect(Math.max(1, ...timesPosted(world, one).values()), replayOf(seed)).toBe(1);
    }
    expectLaws(world);
  });
});
