import { describe, expect, it } from 'vitest';
import type { DestinationFault } from '../../shared/domain/answers.ts';
import type { Run } from '../../shared/domain/run.ts';
import { newSlots, type Slots } from '../../shared/domain/slots.ts';
import { at as addressOf } from '../../shared/steps/addresses.ts';
import { changeRow } from '../../shared/steps/change-row.ts';
import { noteMerging } from '../../shared/steps/find-merging.ts';
import { loadPages } from '../../shared/steps/load.ts';
import { expectContacts, expectLaws } from './laws.ts';
import { expectedContacts, peopleOf } from './people.ts';
import { brandA, flowWorld, minute, type World } from './world.ts';

const people = peopleOf(6_000);
const expected = expectedContacts([people.truth]);
const { contacts } = people.truth.counts();
const { population } = people;
const second = 1_000;
const noAnswer: DestinationFault = { kind: 'ambiguous', message: '503' };
/** Requests whose slots were taken before the breaker opened: 12 s ahead at most, and their way. */
const stragglersMs = 15 * second;
/** The breaker's longest pause, a look every half minute, three minutes for each intent, and the rest of the sending. */
const recoveryMs = 15 * minute;

const attemptsOf = async ({ ports }: World, { id }: Run): Promise<readonly number[]> => {
  const pages = await loadPages(ports, id);
  return pages.flatMap((page) => page.batches.map((batch) => batch.attempt));
};

describe.each([
  { name: 'requests are lost', loses: 'before' },
  { name: 'answers are lost', loses: 'after' },
] as const)('an outage in which $name', ({ loses }) => {
  it.each([1, 8, 45, 150])(
    'of %i minutes: single listings probe, and no attempt is lost',
    async (minutes) => {
      let isDown = () => false;
      const world = await flowWorld({
        population,
        destination: { [loses]: () => (isDown() ? noAnswer : undefined) },
      });
      const asked = await world.ask();
      if (asked.kind !== 'accepted') throw new Error(asked.kind);
      await world.until(() => world.destination.posts.length >= 10);
      const from = world.clock.now();
      const until = from + minutes * minute;
      isDown = () => world.clock.now() < until;
      await world.until(() => world.runOf(asked.run).endedAt !== null);
      const run = world.runOf(asked.run);

      expect(run).toMatchObject({ state: 'succeeded', tally: { accepted: contacts, failed: 0 } });
      expect(run.endedAt ?? 0).toBeLessThan(until + recoveryMs);
      expect(new Set(await attemptsOf(world, run))).toEqual(new Set([0]));
      const probes = world.destination.arrivals.filter(({ at }) => at >= from + stragglersMs && at < until);
      expect(new Set(probes.map(({ operation }) => operation))).toEqual(new Set(['list-batches']));
      // The breaker opens for 30 s at first, then for longer: never two at a time.
      probes.slice(1).forEach(({ at }, place) => {
        expect(at - (probes[place]?.at ?? 0)).toBeGreaterThanOrEqual(30 * second);
      });
      expectContacts(world, expected);
      expectLaws(world);
    },
  );
});

it.each([
  { name: 'posts', isKnown: true },
  { name: 'tries on a contact how properties are written', isKnown: false },
])('a run that has posted nothing yet probes too, before it $name', async ({ isKnown }) => {
  const world = await flowWorld({ population });
  if (isKnown) await noteMerging(world.ports, brandA, 'merges');
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  await world.until(() => world.runOf(asked.run).state === 'planning');
  const openedAt = world.clock.now();
  const breakerUntil = openedAt + 2 * minute;
  await changeRow<Slots>(world.ports.store.slots, addressOf.slots(brandA), (stored) => ({
    ...(stored ?? newSlots(388)),
    breaker: 'open',
    breakerUntil,
    openedAt,
    openings: 3,
  }));
  await world.until(() => world.runOf(asked.run).endedAt !== null);
  expect(world.runOf(asked.run)).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
  const [first, next] = world.destination.arrivals.filter(({ at }) => at >= openedAt);
  expect(first?.operation).toBe('list-batches');
  expect(first?.at).toBeGreaterThanOrEqual(breakerUntil);
  expect(first?.at).toBeLessThan(breakerUntil + 40 * second);
  expect((next?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(40 * second);
  expectContacts(world, expected);
  expectLaws(world);
});
