import { describe, expect, it } from 'vitest';
import type { ExportDefinition } from '../../shared/domain/definition.ts';
import type { GuardFinding } from '../../shared/domain/guards.ts';
import type { Run } from '../../shared/domain/run.ts';
import { cancelRun } from '../../shared/steps/cancel-run.ts';
import { guardRun } from '../../shared/steps/guard-run.ts';
import { loadSlices } from '../../shared/steps/load.ts';
import { type MemoryPopulation, populationOf } from '../memory/memory-population.ts';
import type { MemorySourceOptions } from '../memory/memory-source.ts';
import { counting, type FaultPlan, kills, noFaults } from './faults.ts';
import { expectLaws } from './laws.ts';
import { newsletter, nobody, peopleOf } from './people.ts';
import { brandA, flowWorld, hour, type World } from './world.ts';

const people = peopleOf(400);
const everybody = people.population;
const { contacts } = people.truth.counts();

/** As everybody, with other profiles or fewer members. */
const changed = ({
  isMember = () => true,
  email = (value) => value,
}: {
  readonly isMember?: (customer: string) => boolean;
  readonly email?: (value: unknown) => unknown;
}): MemoryPopulation =>
  populationOf({
    columns: [...everybody.columns],
    segments: [...everybody.segments],
    members: everybody.members('').filter(({ customerId }) => isMember(customerId)),
    profiles: everybody
      .profiles('')
      .map((profile) => ({ ...profile, values: { ...profile.values, Email: email(profile.values.Email) } })),
  });
/** Of sixteen. */
const share = (of: number) =>
  changed({ isMember: (customer) => Number.parseInt(customer[0] ?? '', 16) < of });
const few = share(4);
const most = share(12);

type Guards = ExportDefinition['guards'];
const off: Guards = {
  maxLeaveShare: 1,
  maxInvalidShare: 1,
  minMembers: 0,
  maxMembers: 1_000_000,
  maxMissingShare: 1,
  maxNewContacts: null,
};

/** What makes a run the business of just one guard. */
interface Scene {
  readonly guards?: Partial<Guards>;
  /** Of the first run, which nothing holds; everybody unless given. */
  readonly first?: MemoryPopulation;
  readonly source?: MemorySourceOptions;
  /** Comes before every later run. */
  cause(world: World): void;
}

const refreshed = (population: MemoryPopulation) => (world: World) => world.source.refresh(population);

const scenes: Readonly<Record<GuardFinding['code'], () => Scene>> = {
  'source-empty': () => ({ cause: refreshed(nobody) }),
  'source-changed': () => {
    let refresh: (() => void) | undefined;
    return {
      source: {
        before: ({ operation }) => {
          if (operation !== 'read') return undefined;
          refresh?.();
          refresh = undefined;
          return undefined;
        },
      },
      cause(world) {
        refresh = () => world.source.refresh(most);
      },
    };
  },
  'members-missing': () => {
    const counts: Record<string, number> = {};
    return {
      guards: { maxMissingShare: 0.05 },
      source: { counts },
      cause(world) {
        world.source.refresh(most);
        counts.Newsletter_subscribers = 400;
      },
    };
  },
  'rows-unreadable': () => ({ source: { oddMemberships: 1 }, cause: refreshed(most) }),
  'leave-share': () => ({ guards: { maxLeaveShare: 0.2 }, cause: refreshed(most) }),
  'invalid-share': () => ({
    guards: { maxInvalidShare: 0.5 },
    cause: refreshed(changed({ email: (value) => String(value).replace(/^[a-p].*@/i, 'nowhere') })),
  }),
  'too-few-members': () => ({ guards: { minMembers: contacts - 5 }, cause: refreshed(most) }),
  'too-many-members': () => ({
    guards: { maxMembers: contacts - 5 },
    first: few,
    cause: refreshed(everybody),
  }),
  'new-contacts': () => ({
    guards: { maxNewContacts: contacts / 2 },
    first: few,
    cause: refreshed(everybody),
  }),
};

const codesOf = async ({ ports }: World, run: Run) =>
  guardRun(run, await loadSlices(ports, run.id)).map(({ code }) => code);

/** A first run that is not held, then what the guard is for. `during`: faults of what comes after. */
const open = async (
  { guards, first = everybody, source = {}, cause }: Scene,
  faults: FaultPlan = noFaults,
) => {
  let present = noFaults;
  const world = await flowWorld({
    population: first,
    definition: { ...newsletter, guards: { ...off, ...guards } },
    source,
    faults: (call) => present(call),
  });
  expect(await world.run()).toMatchObject({ state: 'succeeded' });
  present = faults;
  cause(world);
  return world;
};

/** What the brand holds, to be compared with what it holds later. */
const held = ({ destination }: World) => structuredClone(destination.contacts(brandA));

const cancel = async (world: World, { id }: Run) =>
  expect(await world.clock.during(cancelRun(world.ports, id))).toEqual({ kind: 'cancelled' });

describe.each(Object.entries(scenes))('%s', (code, scene) => {
  it('alone holds the run; sends nothing, not even when it is asked for again', async () => {
    const given = scene();
    const world = await open(given);
    const before = held(world);
    for (const kind of ['changes', 'full'] as const) {
      given.cause(world);
      const run = await world.run(kind);
      expect(run).toMatchObject({ state: 'held', reason: { code: 'guard' } });
      expect(await codesOf(world, run)).toEqual([code]);
      await cancel(world, run);
    }
    given.cause(world);
    // A retry makes no leavers, so not every guard holds it; what it may do is what nobody has to approve.
    const retry = await world.run('retry');
    expect(['held', 'succeeded']).toContain(retry.state);
    expect(held(world)).toEqual(before);
    expectLaws(world);
  });

  it.each([1, 2])('holds it too where processes die and start again (seed %i)', async (seed) => {
    const counts = new Map<string, number>();
    const calm = await open(scene(), counting(counts));
    await calm.run();
    // Fewer deaths than make a step look as if it killed its process.
    const world = await open(scene(), kills({ seed, faults: 4, counts }));
    const before = held(world);
    const run = await world.run();
    expect(world.lost()).toBeGreaterThan(0);
    expect(run).toMatchObject({ state: 'held', reason: calm.runOf(run.id).reason });
    expect(await codesOf(world, run)).toEqual([code]);
    expect(held(world)).toEqual(before);
    expectLaws(world);
  });
});

describe.each([
  ['gives nobody', nobody],
  [
    'gives one person',
    changed({ isMember: (customer) => customer === everybody.members('')[0]?.customerId }),
  ],
  ['gives three quarters', most],
])('a source that suddenly %s', (_what, population) => {
  it.each(['changes', 'full', 'retry'] as const)(
    'takes no marker from anybody by a run of kind %s that nobody approves',
    async (kind) => {
      const world = await flowWorld({ population: everybody });
      await world.run();
      const before = held(world);
      world.source.refresh(population);
      const run = await world.run(kind);
      if (kind !== 'retry') expect(run.state).toBe('held');
      await world.pass(25 * hour);
      expect(world.runOf(run.id).endedAt).not.toBeNull();
      expect(held(world)).toEqual(before);
      expectLaws(world);
    },
  );
});
