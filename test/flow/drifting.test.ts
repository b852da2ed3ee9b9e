import { expect, it, vi } from 'vitest';
import type { RunState } from '../../shared/domain/states.ts';
import { createDraw } from '../sandbox/omnisend/chance.ts';
import type { FaultPlan } from './faults.ts';
import { expectContacts, expectLaws, replayOf, seeds, timesPosted } from './laws.ts';
import { expectedContacts, peopleOf } from './people.ts';
import { flowWorld, type World } from './world.ts';

vi.setConfig({ testTimeout: 180_000 });

const days = 10;
/** `DRIFT_CONTACTS=20000` for a large segment. Three customers in four are in it. */
const rows = Math.round(Number(process.env.DRIFT_CONTACTS ?? 3_000) / 0.75);

/** In their order, with calls of ports that even a run with few changes makes in each. */
const stretches = [
  ['queued', 5],
  ['reading', 200],
  ['planning', 15],
  ['sending', 15],
  ['settling', 10],
] as const satisfies readonly (readonly [RunState, number])[];
const order: readonly RunState[] = stretches.map(([state]) => state);

/** Kills the process once each time that it is armed, so many calls after the latest run came to some state. */
const interruption = (seed: number) => {
  const draw = createDraw(seed);
  let world: World | undefined;
  let armed: { readonly after: number; calls: number } | undefined;
  const faults: FaultPlan = () => {
    const state = [...(world?.runs.values() ?? [])].at(-1)?.state;
    if (armed === undefined || state === undefined || order.indexOf(state) < armed.after) return undefined;
    armed.calls -= 1;
    if (armed.calls >= 0) return undefined;
    armed = undefined;
    return { kind: 'die', when: draw('when') < 0.5 ? 'before' : 'after' };
  };
  return {
    faults,
    isArmed: () => armed !== undefined,
    arm(of: World): void {
      world = of;
      const after = Math.floor(draw('state') * stretches.length);
      armed = { after, calls: Math.floor(draw('calls') * (stretches[after]?.[1] ?? 0)) };
    },
  };
};

it.each(seeds(2))(
  'ten drifting days, each run cut off at some moment: all is right at the end (seed %i)',
  async (seed) => {
    const cut = interruption(seed);
    const world = await flowWorld({
      population: peopleOf(rows).population,
      source: { pageSize: 1_000 },
      seed,
      faults: cut.faults,
    });
    for (let day = 1; day <= days; day += 1) {
      const { population, truth } = peopleOf(rows, day);
      world.source.refresh(population);
      cut.arm(world);
      const run = await world.run();
      expect(cut.isArmed(), `day ${day} was over before its run was cut off`).toBe(false);
      expect(world.lost()).toBe(day);
      expect(run, replayOf(seed)).toMatchObject({ state: 'succeeded', tally: { failed: 0, refused: 0 } });
      expect(run.tally?.leaves.accepted, replayOf(seed)).toBe(
        day === 1 ? 0 : truth.changes(day - 1).left.length,
      );
      expect(Math.max(...timesPosted(world, run).values()), replayOf(seed)).toBe(1);
    }
    const truths = Array.from({ length: days }, (_, place) => peopleOf(rows, place + 1).truth);
    expectContacts(world, expectedContacts(truths), replayOf(seed));
    expectLaws(world);
  },
);
