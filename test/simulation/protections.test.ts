import { expect, it } from 'vitest';
import { play } from './play.ts';
import { type Protection, without } from './protections.ts';
import { type Weather, weatherOf } from './weather.ts';

/** Seeds are tried until one fails: more than this many would mean that the protection protects nothing. */
const mostSeeds = 600;

const inAny = (): boolean => true;

it.each<[Protection, (weather: Weather) => boolean, RegExp]>([
  ['reconciliation', inAny, /^law 4: .* took effect twice$/],
  ['fence', ({ supersedes }) => supersedes, /^law 8: .* after its run was superseded$/],
  ['barrier', ({ lateBatches }) => lateBatches > 0, /^law 8: .* took effect after /],
  ['epoch', inAny, /^law 4: .* was taken twice$/],
])(
  'without the %s some seed breaks its law, and with it that seed holds',
  async (protection, canMatter, law) => {
    const variation = without[protection];
    for (let seed = 1; seed <= mostSeeds; seed += 1) {
      if (!canMatter(weatherOf(seed))) continue;
      const { findings } = await play(seed, { variation });
      if (!findings.some((finding) => law.test(finding))) continue;
      if ((await play(seed)).findings.length === 0) return;
    }
    expect.unreachable(`none of ${mostSeeds} seeds needs the ${protection}`);
  },
);

it('plays a seed the same way each time', async () => {
  const [first, second] = [await play(7), await play(7)];
  expect(second).toEqual(first);
  expect(first.lostProcesses).toBeGreaterThan(0);
});
