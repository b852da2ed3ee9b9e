import { createHash } from 'node:crypto';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { crowdOf, newsletter } from '../simulation/crowd.ts';
import { omnisendOver } from './omnisend.ts';
import { flowWorld } from './world.ts';

const day = crowdOf(1, 12_200, 1);
const members = day.members(newsletter);
const opened: Awaited<ReturnType<typeof omnisendOver>>[] = [];
afterAll(() => Promise.all(opened.map((omnisend) => omnisend.close())));

const heldContact = z.object({
  email: z.string(),
  firstName: z.string().optional(),
  customProperties: z.record(z.string(), z.unknown()).optional(),
});

const runWith = async (seed: number, faults: object) => {
  const world = await flowWorld({
    population: day.population,
    definition: newsletter,
    outside: async (clock) => {
      const omnisend = await omnisendOver(clock, seed);
      opened.push(omnisend);
      await omnisend.setFaults(faults);
      return omnisend.outside;
    },
  });
  const run = await world.run();
  const lines = (await opened.at(-1)?.contacts())?.trim().split('\n') ?? [];
  const contacts = lines.map((line) => heldContact.parse(JSON.parse(line)));
  return { run, world, held: new Map(contacts.map((contact) => [contact.email, contact])) };
};

const digestOf = (held: ReadonlyMap<string, unknown>, but: ReadonlySet<string>): string =>
  createHash('sha256')
    .update(JSON.stringify([...held].filter(([email]) => !but.has(email)).sort()))
    .digest('hex');

const calm = await runWith(1, {});

it('brings 10,000 contacts where nothing goes wrong', () => {
  expect(calm.run).toMatchObject({ state: 'succeeded', tally: { accepted: members.size } });
  expect(members.size).toBeGreaterThanOrEqual(10_000);
});

it.each([1, 2, 3, 4])(
  'ends with every fault at once as without, refused rows aside (seed %i)',
  async (seed) => {
    const { run, held, world } = await runWith(seed, {
      itemRefusals: [{ share: 0.02, status: 400 }],
      failOnce: { share: 0.05, status: 503 },
      stoppedShare: 0.01,
      throttleShare: 0.02,
      serverErrorShare: 0.02,
      htmlShare: 0.02,
      lostResponseShare: 0.02,
      emptyBodyShare: 0.01,
    });
    const missing = new Set([...members.keys()].filter((email) => !held.has(email)));
    expect(missing.size).toBeGreaterThan(members.size * 0.015);
    expect(run).toMatchObject({
      state: 'partial',
      tally: { accepted: members.size - missing.size, refused: missing.size, failed: 0, unsent: 0 },
    });
    expect(digestOf(held, missing)).toBe(digestOf(calm.held, missing));
    expect(world.errors).toEqual([]);
  },
);
