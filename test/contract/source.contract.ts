import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Membership, Profile } from '../../shared/domain/contact.ts';
import type { SliceSpec } from '../../shared/domain/slice.ts';
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
  /** What it must give, from whoever made it. */
  readonly population: MemoryPopulation;
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
  onFault: (fault: SourceFault) => void = (fault) => {
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
      onFault(answer);
      continue;
    }
    pages += 1;
    // A membership after a profile of the slice would come too late to be joined.
    if (answer.value.memberships.length > 0) expect(profiles).toEqual([]);
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

export const columns = ['Email', 'FirstName', 'City', 'RewardPoints'];
export const big: SourceQuestion = { segments: ['Newsletter_subscribers', 'High_value'], columns };
const small: SourceQuestion = { segments: ['VIP_2'], columns };

/** What every source does, be it in memory or Dataverse. */
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
        const { source, population } = world;
        expect((await divided(source, question)).length).toBe(slices);
        const reading = await readAll(source, question);
        const expected = expectedUnion(population, question.segments);
        expect(expected.length).toBeGreaterThan(20);
        expect(unionOf(reading.memberships)).toEqual(expected);
        // Every profile once, with just the columns asked for.
        const byId = (a: Profile, b: Profile) => (a.customerId < b.customerId ? -1 : 1);
        expect(reading.profiles.toSorted(byId)).toEqual(
          population.profiles('').map((profile) => ({
            ...profile,
            values: Object.fromEntries(columns.map((column) => [column, profile.values[column]])),
          })),
        );
      });

      it('gives each customer in one slice only', async () => {
        const seen = new Map<string, string>();
        for (const slice of await divided(world.source, big)) {
          const { memberships, profiles } = await readSlice(world.source, big, slice);
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

      it.each(['throttled', 'transient'] as const)(
        'is %s at times, and goes on at the same place',
        async (kind) => {
          await world.failNext(kind);
          expect((await world.source.divide(big)).kind).toBe(kind);
          const [slice] = await divided(world.source, big);
          if (slice === undefined) throw new Error('no slice');
          const whole = await readSlice(world.source, big, slice);
          await world.failNext(kind);
          const faults: string[] = [];
          const again = await readSlice(world.source, big, slice, (fault) => void faults.push(fault.kind));
          expect(faults).toEqual([kind]);
          expect(again).toEqual(whole);
        },
      );
    },
  );
};
