import { expect, it } from 'vitest';
import { type PlayOptions, play } from './play.ts';
import { type Protection, without } from './protections.ts';

/** Seeds are tried until one fails: more than this many would mean that the protection protects nothing. */
const mostSeeds = 80;

it.each<[Protection, PlayOptions, RegExp]>([
  ['reconciliation', {}, /^law 4: .* took effect twice$/],
  ['fence', { supersedes: true }, /^law 8: .* took effect after /],
  ['barrier', {}, /^law 8: .* took effect after /],
  ['epoch', {}, /^law 4: .* was taken twice$/],
])(
  'without the %s some seed breaks its law, and with it that seed holds',
  async (protection, options, law) => {
    const variation = without[protection];
    for (let seed = 1; seed <= mostSeeds; seed += 1) {
      const { findings } = await play(seed, { ...options, variation });
      if (!findings.some((finding) => law.test(finding))) continue;
      if ((await play(seed, options)).findings.length === 0) return;
    }
    expect.unreachable(`none of ${mostSeeds} seeds needs the ${protection}`);
  },
);

it('plays a seed the same way each time', async () => {
  const [first, second] = [await play(7), await play(7)];
  expect(second).toEqual(first);
  expect(first.lostProcesses).toBeGreaterThan(0);
});
