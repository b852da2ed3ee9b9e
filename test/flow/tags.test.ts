import { describe, expect, it } from 'vitest';
import { type ExportDefinition, exportDefinition } from '../../shared/domain/definition.ts';
import { cancelRun } from '../../shared/steps/cancel-run.ts';
import type { Truth } from '../sandbox/generator/truth.ts';
import { savedExportOf } from '../sandbox/saved.ts';
import { counting, everything, kills } from './faults.ts';
import { expectLaws, replayOf, seeds } from './laws.ts';
import { newsletter, peopleOf } from './people.ts';
import { brandA, flowWorld, hour, minute, type World } from './world.ts';

const day1 = peopleOf(1_000);
const day2 = peopleOf(1_000, 2);
const tagging: ExportDefinition = { ...newsletter, marker: 'tag' };
const { contacts } = day1.truth.counts();

const tagOf = (segment: string): string => `segment_${segment}`;

/** Tags by address, of those who have any. */
const tagsIn = ({ destination }: World): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...destination.contacts(brandA)].flatMap(([email, { tags }]) =>
      tags !== undefined && tags.length > 0 ? [[email, tags] as const] : [],
    ),
  );

const tagsOf = (truth: Truth, segments = tagging.segments): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...truth.contacts()].map(({ email, segments: of }) => [
      email,
      segments
        .filter((segment) => of[segment] === true)
        .map(tagOf)
        .sort(),
    ]),
  );

/** Markers that are set as properties, of those who have any. */
const propertiesIn = ({ destination }: World): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...destination.contacts(brandA)].flatMap(([email, { properties }]) => {
      const set = tagging.segments.map(tagOf).filter((name) => properties[name] === true);
      return set.length > 0 ? [[email, set.sort()] as const] : [];
    }),
  );

const applied = (world: World): Promise<void> => world.pass(10_000);

const tagged = (truth: Truth): number => [...tagsOf(truth).values()].flat().length;

describe('membership as tags', () => {
  it('tags every member once its upsert is accepted, in few calls within both budgets', async () => {
    const world = await flowWorld({ population: day1.population, definition: tagging });
    const run = await world.run();
    await applied(world);
    expect(run).toMatchObject({
      state: 'succeeded',
      tally: { accepted: contacts, tags: { requested: tagged(day1.truth), failed: 0, unsent: 0 } },
    });
    expect(tagsIn(world)).toEqual(tagsOf(day1.truth));
    expect(propertiesIn(world)).toEqual(new Map());
    expect(world.destination.tagCalls.length).toBeLessThanOrEqual(Math.ceil(contacts / 250) * 2);
    expectLaws(world);
    const second = await world.run();
    expect(second).toMatchObject({ state: 'succeeded', tally: { unchanged: contacts, accepted: 0 } });
  });

  it('keeps tag calls within their own budget', async () => {
    const world = await flowWorld({ population: day1.population, definition: tagging, tagsPerMinute: 2 });
    expect(await world.run()).toMatchObject({ state: 'succeeded' });
    const times = world.destination.tagCalls.map(({ at }) => at);
    const most = Math.max(
      ...times.map((from) => times.filter((at) => at >= from && at < from + minute).length),
    );
    expect(most).toBeLessThanOrEqual(2);
    expect(world.destination.arrivals.filter(({ answer }) => answer === 'throttled')).toEqual([]);
    expectLaws(world);
  });

  it('untags who left and tags who came, posting only what else changed', async () => {
    const world = await flowWorld({ population: day1.population, definition: tagging });
    await world.run();
    await applied(world);
    world.source.refresh(day2.population);
    const run = await world.run();
    await applied(world);
    expect(run.state).toBe('succeeded');
    expect(run.tally?.leaves.accepted).toBe(day2.truth.changes(1).left.length);
    expect(tagsIn(world)).toEqual(tagsOf(day2.truth));
    const leaves = world.destination.posts.flatMap(({ changes }) =>
      changes.filter(({ kind }) => kind === 'leave'),
    );
    expect(leaves, 'a leaver with tags alone needs no upsert').toEqual([]);
    expectLaws(world);
  });

  it('waits five minutes with the opposite of what was asked before', async () => {
    const world = await flowWorld({ population: day1.population, definition: tagging });
    await world.run();
    const before = world.destination.tagCalls.length;
    const last = world.destination.tagCalls.at(-1)?.at ?? 0;
    world.source.refresh(day2.population);
    expect(await world.run()).toMatchObject({ state: 'succeeded' });
    const next = world.destination.tagCalls[before]?.at ?? 0;
    expect(next - last).toBeGreaterThanOrEqual(5 * minute);
  });

  it('takes the markers of the other kind back when the kind is changed, and all of them for none', async () => {
    const world = await flowWorld({ population: day1.population });
    const define = async (marker: ExportDefinition['marker'], segments = tagging.segments): Promise<void> => {
      const address = { partition: 'exports', key: newsletter.id };
      const row = await world.ports.store.exports.get(address);
      if (row === undefined) throw new Error('no export');
      const guards = { ...newsletter.guards, maxLeaveShare: 1 };
      await world.ports.store.exports.replace(
        row,
        savedExportOf(exportDefinition.parse({ ...newsletter, marker, segments, guards })),
      );
      expect(await world.run()).toMatchObject({ state: 'succeeded' });
      await applied(world);
    };
    await define('property');
    expect(tagsIn(world)).toEqual(new Map());
    await define('tag');
    expect([tagsIn(world), propertiesIn(world)]).toEqual([tagsOf(day1.truth), new Map()]);
    await define('property');
    expect([tagsIn(world), propertiesIn(world)]).toEqual([new Map(), tagsOf(day1.truth)]);
    await define('tag');
    await define('tag', [tagging.segments[0] ?? '']);
    const members = [...tagsOf(day1.truth, [tagging.segments[0] ?? ''])].filter(
      ([, tags]) => tags.length > 0,
    );
    expect(tagsIn(world)).toEqual(new Map(members));
    await define('none');
    expect([tagsIn(world), propertiesIn(world)]).toEqual([new Map(), new Map()]);
    expectLaws(world);
  });

  it('keeps tags of leavers where the export says so', async () => {
    const world = await flowWorld({
      population: day1.population,
      definition: { ...tagging, onLeave: 'keep' },
    });
    await world.run();
    await applied(world);
    world.source.refresh(day2.population);
    expect(await world.run()).toMatchObject({ state: 'succeeded' });
    await applied(world);
    const left = day2.truth.changes(1).left;
    expect(left.length).toBeGreaterThan(0);
    const was = tagsOf(day1.truth);
    for (const email of left) expect(tagsIn(world).get(email)).toEqual(was.get(email));
  });
});

describe('when tag calls go wrong', () => {
  const emails = [...day1.truth.contacts()].map(({ email }) => email);

  it('finds the one address that Omnisend refuses, and tags all others', async () => {
    const odd = emails[100] ?? '';
    const world = await flowWorld({
      population: day1.population,
      definition: tagging,
      destination: {
        before: ({ tags }) =>
          tags?.emails.includes(odd)
            ? { kind: 'refused', faults: [{ field: 'emails', code: 'invalid_format', message: 'odd' }] }
            : undefined,
      },
    });
    const run = await world.run();
    await applied(world);
    const lost = tagsOf(day1.truth).get(odd)?.length ?? 0;
    expect(run).toMatchObject({ state: 'partial', tally: { accepted: contacts, tags: { failed: lost } } });
    const expected = new Map(tagsOf(day1.truth));
    expected.delete(odd);
    expect(tagsIn(world)).toEqual(expected);
    expectLaws(world);
  });

  it.each([
    ['429', { kind: 'throttled', retryAfterSeconds: 20 }],
    ['no answer', { kind: 'ambiguous', message: 'no answer' }],
    ['403 that passes', { kind: 'forbidden' }],
  ] as const)('goes on after %s', async (_, fault) => {
    let faults = 0;
    const world = await flowWorld({
      population: day1.population,
      definition: tagging,
      destination: {
        before: ({ operation }) => {
          if (operation !== 'change-tags' || faults >= 3) return undefined;
          faults += fault.kind === 'forbidden' ? 3 : 1;
          return fault;
        },
      },
    });
    const run = await world.run();
    await applied(world);
    expect(run).toMatchObject({ state: 'succeeded' });
    expect(tagsIn(world)).toEqual(tagsOf(day1.truth));
  });

  it.each([
    ['unauthorised', 'key-refused'],
    ['retired', 'version-retired'],
    ['forbidden', 'permission-missing'],
  ] as const)('stops the run for %s and says so; the next run catches up', async (kind, code) => {
    let isRefused = true;
    const world = await flowWorld({
      population: day1.population,
      definition: tagging,
      destination: {
        before: ({ operation }) => (operation === 'change-tags' && isRefused ? { kind } : undefined),
      },
    });
    expect(await world.run()).toMatchObject({ state: 'failed', reason: { code } });
    isRefused = false;
    const next = await world.run();
    await applied(world);
    expect(next).toMatchObject({ state: 'succeeded' });
    expect(tagsIn(world)).toEqual(tagsOf(day1.truth));
  });

  it('a cancelled run asks for no more tags, and its members are tagged by the next', async () => {
    const world = await flowWorld({ population: day1.population, definition: tagging, tagsPerMinute: 2 });
    const answer = await world.ask();
    if (answer.kind !== 'accepted') throw new Error('not accepted');
    await world.until(() => world.destination.tagCalls.length >= 2);
    await cancelRun(world.ports, answer.run);
    await world.until(() => world.runOf(answer.run).state === 'cancelled', hour);
    await world.pass(minute);
    expect(world.runOf(answer.run).tally?.tags.unsent).toBeGreaterThan(0);
    const next = await world.run();
    await applied(world);
    expect(next).toMatchObject({ state: 'succeeded' });
    expect(tagsIn(world)).toEqual(tagsOf(day1.truth));
    expectLaws(world);
  });
});

describe('tags under faults at random', () => {
  const counts = new Map<string, number>();

  it.each(seeds(10))('end as membership is (seed %i)', async (seed) => {
    if (counts.size === 0) {
      const calm = await flowWorld({
        population: day1.population,
        definition: tagging,
        faults: counting(counts),
      });
      await calm.run();
    }
    const plan = { seed, faults: 10, counts };
    const world = await flowWorld({
      population: day1.population,
      definition: tagging,
      seed,
      faults: seed % 2 === 0 ? kills(plan) : everything(plan),
    });
    await world.run();
    for (let tries = 0; tries < 3; tries += 1) if ((await world.run()).state === 'succeeded') break;
    world.source.refresh(day2.population);
    for (let tries = 0; tries < 3; tries += 1) if ((await world.run()).state === 'succeeded') break;
    await applied(world);
    expect(tagsIn(world), replayOf(seed)).toEqual(tagsOf(day2.truth));
    expectLaws(world);
  });
});
