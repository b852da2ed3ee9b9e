import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ItemRule } from '../memory/memory-brand.ts';
import { effectivePosts, expectContacts, expectLaws } from './laws.ts';
import { expectedContacts, newsletter, peopleOf } from './people.ts';
import { brandA, flowWorld, minute, type World } from './world.ts';

const rows = 2_400;
const day1 = peopleOf(rows);
const day2 = peopleOf(rows, 2);
const { customers, contacts, duplicates, invalid } = day1.truth.counts();
const invalidInAll = Object.values(invalid).reduce((a, b) => a + b, 0);

const postedSince = ({ destination }: World, from: number) =>
  destination.posts.slice(from).flatMap(({ changes }) => changes);

describe('when nothing goes wrong', () => {
  it('brings every contact with its fields and markers, and accounts for every row (law 1)', async () => {
    const world = await flowWorld({ population: day1.population });
    const run = await world.run();
    expect(run).toMatchObject({ state: 'succeeded', reason: null });
    expect(run.tally).toMatchObject({
      read: customers,
      accepted: contacts,
      duplicate: duplicates,
      invalid: invalidInAll,
      unchanged: 0,
      refused: 0,
      failed: 0,
      unsent: 0,
    });
    expect(duplicates, 'the people have no duplicates to test with').toBeGreaterThan(0);
    expectContacts(world, expectedContacts([day1.truth]));
    expect(effectivePosts(world)).toHaveLength(Math.ceil(contacts / 100));
    expectLaws(world);
    expect(world.errors).toEqual([]);
    await world.pass(2 * minute);
    expect(world.queue.waiting(), 'a chain goes on').toEqual([]);
  });

  it('sends nothing the second time, and only the changes the next day (law 2)', async () => {
    const world = await flowWorld({ population: day1.population });
    await world.run();
    const firstPosts = world.destination.posts.length;
    const second = await world.run();
    expect(second).toMatchObject({ state: 'succeeded', tally: { accepted: 0, unchanged: contacts } });
    expect(world.destination.posts).toHaveLength(firstPosts);

    world.source.refresh(day2.population);
    const third = await world.run();
    expect(third.state).toBe('succeeded');
    const { joined, changed: touched, left } = day2.truth.changes(1);
    const [was, is] = [expectedContacts([day1.truth]), expectedContacts([day2.truth])];
    // The truth counts fields that this export does not match.
    const changed = touched.filter((email) => !isDeepStrictEqual(was.get(email), is.get(email)));
    const changes = postedSince(world, firstPosts);
    expect(changes.map(({ contact }) => contact.email).sort()).toEqual(
      [...joined, ...changed, ...left].sort(),
    );
    expect(
      changes
        .filter(({ kind }) => kind === 'leave')
        .map(({ contact }) => contact.email)
        .sort(),
    ).toEqual([...left].sort());
    expect(left.length, 'nobody left').toBeGreaterThan(0);
    expectContacts(world, expectedContacts([day1.truth, day2.truth]));
    expectLaws(world);
  });

  it('plans refused rows again, and never the accepted ones (law 5)', async () => {
    const refused = [...day1.truth.contacts()].slice(0, 7).map(({ email }) => email);
    const isRefused: ItemRule = ({ email }, seen) =>
      refused.includes(email) && seen === 0
        ? { kind: 'refused', faults: [{ field: 'email', code: 'invalid', message: 'not liked' }] }
        : undefined;
    const world = await flowWorld({ population: day1.population, destination: { item: isRefused } });
    const first = await world.run();
    expect(first).toMatchObject({ state: 'partial', reason: { code: 'rows-refused' } });
    expect(first.tally).toMatchObject({ accepted: contacts - 7, refused: 7 });
    const firstPosts = world.destination.posts.length;
    const second = await world.run();
    expect(second).toMatchObject({ state: 'succeeded', tally: { accepted: 7, unchanged: contacts - 7 } });
    expect(
      postedSince(world, firstPosts)
        .map(({ contact }) => contact.email)
        .sort(),
    ).toEqual(refused.sort());
    expectLaws(world);
  });

  it('sends every member of a full run, and nobody of a dry run', async () => {
    const world = await flowWorld({ population: day1.population });
    expect(await world.run('dry-run')).toMatchObject({ state: 'succeeded', tally: { unsent: contacts } });
    expect(world.destination.posts).toEqual([]);
    await world.run();
    expect(await world.run('full')).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
    expect(effectivePosts(world)).toHaveLength(2 * Math.ceil(contacts / 100));
    expectLaws(world);
  });

  it('keeps within the budget where the budget is what a run waits for (law 10)', async () => {
    // One contact a batch is what a page of halves comes to; here the budget is made small instead.
    const world = await flowWorld({
      population: day1.population,
      definition: { ...newsletter, segments: ['Newsletter_subscribers'] },
      requestsPerMinute: 12,
    });
    const run = await world.run();
    expect(run.state).toBe('succeeded');
    expect(world.destination.mostInAnyMinute(brandA)).toBeLessThanOrEqual(12);
    expect(world.destination.arrivals.filter(({ answer }) => answer === 'throttled')).toEqual([]);
    expectLaws(world);
  });
});
