import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Membership, Profile } from '../../shared/domain/contact.ts';
import type { SliceSpec } from '../../shared/domain/slice.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type {
  Source,
  SourceAnswer,
  SourceFault,
  SourcePage,
  SourceQuestion,
} from '../../shared/ports/source.ts';
import type { MemoryPopulation } from '../memory/memory-population.ts';

/** A source with what is behind it. */
export interface SourceWorld {
  readonly source: Source;
  /** The source's own; it moves when it is waited for. */
  readonly clock: Clock;
  /** What it must give, from whoever made it. */
  readonly population: MemoryPopulation;
  /** Each segment comes by itself, in this many slices, with the profiles of its members alone. */
  readonly slicesPerSegment?: number;
  /** The next answers, whatever is asked. */
  failNext(kind: 'throttled' | 'transient'): Promise<void>;
  close(): Promise<void>;
}

export interface Reading {
  readonly memberships: readonly Membership[];
  readonly profiles: readonly Profile[];
  readonly pages: number;
}

export const readSlice = async (
  source: Source,
  question: SourceQuestion,
  slice: SliceSpec,
  onFault: (fault: SourceFault) => void | Promise<void> = (fault) => {
    throw new Error(`the page was answered ${JSON.stringify(fault)}`);
  },
): Promise<Reading> => {
  const memberships: Membership[] = [];
  const profiles: Profile[] = [];
  let cursor: string | null = null;
  let pages = 0;
  for (;;) {
    const answer: SourceAnswer<SourcePage> = await source.read(question, slice, cursor);
    if (answer.kind !== 'ok') {
      await onFault(answer);
      continue;
    }
    pages += 1;
    // A membership after its customer's profile would come too late to be joined.
    const given = new Set(profiles.map(({ customerId }) => customerId));
    expect(answer.value.memberships.filter(({ customerId }) => given.has(customerId))).toEqual([]);
    expect(answer.value.oddMemberships).toBe(0);
    memberships.push(...answer.value.memberships);
    profiles.push(...answer.value.profiles);
    cursor = answer.value.next;
    if (cursor === null) return { memberships, profiles, pages };
  }
};

export const divided = async (source: Source, question: SourceQuestion): Promise<readonly SliceSpec[]> => {
  const answer = await source.divide(question);
  if (answer.kind !== 'ok') throw new Error(`dividing was answered ${JSON.stringify(answer)}`);
  return answer.value;
};

/** Customers with the union of their segments, as text, in order: what a reading comes to. */
export const unionOf = (memberships: readonly Membership[]): readonly string[] => {
  const union = new Map<string, Set<number>>();
  for (const { customerId, segments } of memberships) {
    const held = union.get(customerId) ?? new Set<number>();
    union.set(customerId, held);
    for (const segment of segments) held.add(segment);
  }
  return [...union].map(([id, segments]) => `${id} ${[...segments].sort().join()}`).sort();
};

export const expectedUnion = (population: MemoryPopulation, segments: readonly string[]): readonly string[] =>
  unionOf(
    population.members('').flatMap((row) => {
      const found = segments.flatMap((segment, place) => (row.segments.includes(segment) ? [place] : []));
      return found.length === 0 ? [] : [{ customerId: row.customerId, segments: found }];
    }),
  );

export const readAll = async (source: Source, question: SourceQuestion): Promise<Reading> => {
  const readings: Reading[] = [];
  for (const slice of await divided(source, question))
    readings.push(await readSlice(source, question, slice));
  return {
    memberships: readings.flatMap(({ memberships }) => memberships),
    profiles: readings.flatMap(({ profiles }) => profiles),
    pages: readings.reduce((sum, { pages }) => sum + pages, 0),
  };
};

/** Profiles, each as often as it comes, with just the columns asked for. */
const expectedProfiles = (
  { population, slicesPerSegment }: SourceWorld,
  { segments, columns }: SourceQuestion,
): readonly Profile[] => {
  const all = population.profiles('').map((profile) => ({
    ...profile,
    values: Object.fromEntries(columns.map((column) => [column, profile.values[column]])),
  }));
  if (slicesPerSegment === undefined) return all;
  const members = population.members('').flatMap((row) => {
    const found = new Set(row.segments.filter((segment) => segments.includes(segment)));
    return [...found].map(() => row.customerId);
  });
  return all.flatMap((profile) => members.filter((id) => id === profile.customerId).map(() => profile));
};

export const columns = ['Email', 'FirstName', 'City', 'RewardPoints'];
export const big: SourceQuestion = { segments: ['Newsletter_subscribers', 'High_value'], columns };
const small: SourceQuestion = { segments: ['VIP_2'], columns };

/** What every source does, be it in memory, Dataverse or files. */
export const sourceContract = (
  name: string,
  open: (options: { readonly pageSize: number }) => Promise<SourceWorld>,
): void => {
  describe.each([{ pageSize: 37 }, { pageSize: 5_000 }])(
    `${name} as a source, $pageSize rows a page`,
    (options) => {
      let world: SourceWorld;
      beforeEach(async () => {
        world = await open(options);
      });
      afterEach(() => world.close());

      it.each([
        ['a big segment, in slices', big, 16],
        ['a small one, whole', small, 1],
      ] as const)('gives every member and profile of %s', async (_, question, slices) => {
        const { source, population, slicesPerSegment } = world;
        const expectedSlices =
          slicesPerSegment === undefined ? slices : slicesPerSegment * question.segments.length;
        expect((await divided(source, question)).length).toBe(expectedSlices);
        const reading = await readAll(source, question);
        const expected = expectedUnion(population, question.segments);
        expect(expected.length).toBeGreaterThan(20);
        expect(unionOf(reading.memberships)).toEqual(expected);
        const byId = (a: Profile, b: Profile) => (a.customerId < b.customerId ? -1 : 1);
        // Profiles of others may come as well, where reading them is cheaper than asking for the members'.
        const members = new Set(reading.memberships.map(({ customerId }) => customerId));
        const ofMembers = (profiles: readonly Profile[]) =>
          profiles.filter(({ customerId }) => members.has(customerId)).toSorted(byId);
        expect(ofMembers(reading.profiles)).toEqual(ofMembers(expectedProfiles(world, question)));
      });

      it('gives each customer in one slice only, or in one per segment', async () => {
        const question = world.slicesPerSegment === undefined ? big : { ...big, segments: ['VIP'] };
        const seen = new Map<string, string>();
        for (const slice of await divided(world.source, question)) {
          const { memberships, profiles } = await readSlice(world.source, question, slice);
          for (const { customerId } of [...memberships, ...profiles]) {
            expect(seen.get(customerId) ?? slice.label).toBe(slice.label);
            seen.set(customerId, slice.label);
          }
        }
      });

      it('takes a segment by its exact name', async () => {
        for (const segment of ['VIP', 'VIP_2', 'High_value', 'high_value']) {
          const { memberships } = await readAll(world.source, { segments: [segment], columns: ['Email'] });
          expect(unionOf(memberships), segment).toEqual(expectedUnion(world.population, [segment]));
        }
      });

      it('gives the same page again', async () => {
        const [slice] = await divided(world.source, big);
        if (slice === undefined) throw new Error('no slice');
        const first = await world.source.read(big, slice, null);
        expect(await world.source.read(big, slice, null)).toEqual(first);
        const cursor = first.kind === 'ok' ? first.value.next : null;
        expect(await world.source.read(big, slice, cursor)).toEqual(
          await world.source.read(big, slice, cursor),
        );
      });

      it('lists every wrong column and segment', async () => {
        const wrong: SourceQuestion = {
          segments: ['VIP', 'vip', 'Nobody'],
          columns: ['Email', 'Shoe', 'Hat'],
        };
        const answer = await world.source.divide(wrong);
        const faults = answer.kind === 'configuration' ? answer.faults : [];
        expect(faults.map(({ field }) => field)).toEqual(['Shoe', 'Hat', 'vip', 'Nobody']);
      });

      it('lists its segments and columns, so that a definition can be made of them', async () => {
        const segments = await world.source.segments();
        const names = segments.kind === 'ok' ? segments.value.map(({ name }) => name) : segments;
        expect(names).toEqual([...world.population.segments].sort());
        const listed = await world.source.columns();
        const columnNames = listed.kind === 'ok' ? listed.value.map(({ name }) => name.toLowerCase()) : [];
        expect(columnNames).toEqual(expect.arrayContaining(['email', 'firstname', 'city', 'rewardpoints']));
        const email = listed.kind === 'ok' ? listed.value.find(({ guess }) => guess === 'email') : undefined;
        expect(email?.name.toLowerCase()).toBe('email');
      });

      it('finds one customer as a run would read it, or says why not', async () => {
        const { source, population } = world;
        const held = new Map(
          unionOf((await readAll(source, big)).memberships).map((text) => {
            const [id = '', segments = ''] = text.split(' ');
            return [id, segments.split(',').map(Number)] as const;
          }),
        );
        const profiles = new Map(population.profiles('').map((profile) => [profile.customerId, profile]));
        const members = population.members('').map((row) => row.customerId);
        const asked = [
          ...members.filter((id) => held.get(id)?.length === 2).slice(0, 3),
          ...members.filter((id) => !held.has(id)).slice(0, 2),
          ...members.filter((id) => !profiles.has(id)).slice(0, 2),
        ];
        for (const customerId of asked) {
          const answer = await source.find(big, { customerId });
          if (world.slicesPerSegment !== undefined) {
            expect(answer.kind).toBe('not-supported');
            continue;
          }
          const profile = profiles.get(customerId);
          expect(answer).toEqual({
            kind: 'ok',
            value: { segments: held.get(customerId) ?? [], oddMemberships: 0, profile: profile ?? null },
          });
        }
        expect(asked.length).toBeGreaterThan(4);
      });

      it('bears the same mark while nothing changes', async () => {
        const first = await world.source.mark(big);
        expect(first.kind).toBe('ok');
        await readAll(world.source, { ...big, segments: ['VIP_2'] });
        expect(await world.source.mark(big)).toEqual(first);
      });

      it('is found in order where it is', async () => {
        const checks = await world.source.check();
        expect(checks.length).toBeGreaterThan(0);
        expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      });

      it.each(['throttled', 'transient'] as const)(
        'is %s at times, and goes on at the same place',
        async (kind) => {
          await world.failNext(kind);
          // A source may wait for it by itself.
          expect([kind, 'ok']).toContain((await world.source.divide(big)).kind);
          const [slice] = await divided(world.source, big);
          if (slice === undefined) throw new Error('no slice');
          const whole = await readSlice(world.source, big, slice);
          await world.failNext(kind);
          const faults: string[] = [];
          const again = await readSlice(world.source, big, slice, async (fault) => {
            faults.push(fault.kind);
            if (fault.kind !== 'throttled') return;
            await world.clock.sleepUntil(world.clock.now() + fault.retryAfterSeconds * 1000);
          });
          expect(faults).toEqual([kind]);
          expect(again).toEqual(whole);
        },
      );
    },
  );
};
