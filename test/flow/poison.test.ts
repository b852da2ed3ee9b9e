import { describe, expect, it } from 'vitest';
import type { Run } from '../../shared/domain/run.ts';
import { at, broken, type FaultPlan } from './faults.ts';
import { expectContacts, expectLaws, lasted, snapshotOf } from './laws.ts';
import { expectedContacts, peopleOf } from './people.ts';
import { flowWorld, minute, type World, type WorldOptions } from './world.ts';

/** More than one page of them. */
const people = peopleOf(1_500);
const expected = expectedContacts([people.truth]);
const { contacts } = people.truth.counts();
const population = people.population;

const open = (options: Omit<WorldOptions, 'population'> = {}): Promise<World> =>
  flowWorld({ population, ...options });

describe('a step that throws whenever it is tried', () => {
  it.each<[string, FaultPlan, Partial<Run>]>([
    ['start-run', broken('secrets.create', 'hash-'), { state: 'failed' }],
    ['read-slice', broken('blobs.put', 'runs/spool/'), { state: 'failed' }],
    ['plan-shards', broken('blobs.put', 'runs/pages/'), { state: 'failed' }],
    ['cut-pages', broken('store.pages.insertAll', ''), { state: 'failed' }],
    ['finish', broken('blobs.put', 'snapshots/'), { state: 'failed' }],
  ])('%s: the run ends failed', async (step, faults, ending) => {
    const world = await open({ faults });
    const run = await world.run();
    expect(run).toMatchObject({
      ...ending,
      reason: { code: 'step-failed', message: expect.stringContaining(step) },
    });
    expect(lasted(run)).toBeLessThan(15 * minute);
    expectLaws(world);
  });

  it('settle: the run is settled without answers, committed, and ends failed', async () => {
    const world = await open({
      destination: {
        before: ({ operation }) => {
          if (operation === 'list-batches') throw new Error('an answer that nobody foresaw');
          return undefined;
        },
      },
    });
    const run = await world.run();
    expect(run).toMatchObject({
      state: 'failed',
      reason: { code: 'step-failed' },
      tally: { failed: contacts },
    });
    expect(await snapshotOf(world, run)).toMatchObject({ current: run.id });
    expectLaws(world);
  });

  it('a lane: just its page is given up, and the next run brings those rows', async () => {
    let isBroken = true;
    const world = await open({
      // Every page but the first lies behind the first byte of the change list.
      faults: (call) =>
        isBroken &&
        call.name === 'blobs.getRange' &&
        String(call.args[0]).startsWith('runs/pages/') &&
        call.args[1] !== 0
          ? { kind: 'throw', when: 'before' }
          : undefined,
    });
    const run = await world.run();
    expect(run).toMatchObject({ state: 'partial', tally: { accepted: 1_000, unsent: contacts - 1_000 } });
    isBroken = false;
    expect(await world.run()).toMatchObject({ state: 'succeeded', tally: { accepted: contacts - 1_000 } });
    expectContacts(world, expected);
    expectLaws(world);
  });

  it('once only: it is tried again, and nobody notices', async () => {
    const world = await open({ faults: at('store.pages.insertAll', { kind: 'throw', when: 'after' }) });
    expect(await world.run()).toMatchObject({ state: 'succeeded', tally: { accepted: contacts } });
    expect(world.errors).toHaveLength(1);
    expectLaws(world);
  });
});

it('commits what an earlier run posted but could not commit, before the next run plans', async () => {
  let isBroken = true;
  const world = await open({
    faults: (call) => (isBroken ? broken('blobs.put', 'snapshots/')(call) : undefined),
  });
  const first = await world.run();
  expect(first).toMatchObject({
    state: 'failed',
    reason: { code: 'step-failed' },
    tally: { accepted: contacts },
  });
  expect(await snapshotOf(world, first)).toBeUndefined();
  isBroken = false;
  expect(await world.run()).toMatchObject({
    state: 'succeeded',
    tally: { accepted: 0, unchanged: contacts },
  });
  expectLaws(world);
});
