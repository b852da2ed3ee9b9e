import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { play } from './play.ts';

const perTest = 25;
/** A second or two each, where the machine has nothing else to do. */
const timeoutMs = 240_000;

/** One test for every few seeds; a failing one shows with the command that replays it. */
export const expectSeeds = (from: number, count: number): void => {
  describe('in any weather the laws hold', () => {
    const firsts = Array.from({ length: count / perTest }, (_, place) => from + place * perTest);
    it.each(firsts)(
      `seed %i and the ${perTest - 1} after it`,
      async (first) => {
        const failed: Record<string, readonly string[]> = {};
        for (let seed = first; seed < first + perTest; seed += 1) {
          // A world of virtual time never lets anything else of this process go on.
          await setImmediate();
          const { findings } = await play(seed);
          if (findings.length > 0) failed[`npm run simulate -- --seed ${seed}`] = findings;
        }
        expect(failed).toEqual({});
      },
      timeoutMs,
    );
  });
};
