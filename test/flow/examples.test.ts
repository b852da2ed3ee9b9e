import { expect, it } from 'vitest';
import { type ExportDefinition, exportDefinition } from '../../shared/domain/definition.ts';
import { describeRun } from '../../shared/steps/describe-run.ts';
import { newsletter, nobody, peopleOf } from './people.ts';
import { flowWorld, type World } from './world.ts';

const [day1, day2] = [peopleOf(1_000), peopleOf(1_000, 2)];
const { contacts, customers } = day1.truth.counts();

const described = async (world: World, kind: 'changes' | 'dry-run') => {
  const { id } = await world.run(kind);
  const description = await describeRun(world.ports, id);
  if (description === undefined) throw new Error(`There is no run ${id}.`);
  expect(JSON.stringify(description), 'no values').not.toContain('@');
  return description;
};

const guarded = (guards: object): ExportDefinition => exportDefinition.parse({ ...newsletter, guards });

it('a held run shows a few of those who would leave, by customer id', async () => {
  const world = await flowWorld({ population: day1.population });
  await world.run();
  const ids = new Set(day1.population.members('').map(({ customerId }) => customerId));
  world.source.refresh(nobody);
  const { state, examples, wouldHold } = await described(world, 'changes');
  expect({ state, wouldHold }).toEqual({ state: 'held', wouldHold: null });
  expect(examples).toMatchObject({ invalid: [], changes: [] });
  expect(new Set(examples?.leavers).size).toBe(5);
  expect(examples?.leavers.filter((id) => ids.has(id))).toHaveLength(5);
});

it('a held run shows a few invalid rows, with field and reason', async () => {
  const definition = guarded({ maxInvalidShare: 0 });
  const world = await flowWorld({ population: day1.population, definition });
  const { state, examples } = await described(world, 'changes');
  expect(state).toBe('held');
  expect(examples).toMatchObject({ leavers: [], changes: [] });
  expect(examples?.invalid).toHaveLength(5);
  for (const { field, reason } of examples?.invalid ?? []) {
    expect(field).toBe('email');
    expect(reason).toMatch(/^[a-z-]+$/);
  }
});

it('a dry run gives the figures of the real run, and up to 50 changes by the names of their fields', async () => {
  const world = await flowWorld({ population: day1.population });
  const first = await described(world, 'dry-run');
  expect(first).toMatchObject({ wouldHold: [], tally: { read: customers, unsent: contacts } });
  expect(first.examples?.changes).toHaveLength(50);
  const names = first.examples?.changes.flatMap(({ fields }) => fields) ?? [];
  expect(names).toContain('firstName');
  expect(names).toContain('segment_High_value');
  expect(names).not.toContain('email');
  await world.run();

  world.source.refresh(day2.population);
  const dry = await described(world, 'dry-run');
  const real = await described(world, 'changes');
  expect(dry.changes).toEqual(real.changes);
  const { read, duplicate, invalid, unchanged, invalidByReason, leftOut, leaves } = dry.tally ?? {};
  expect(real.tally).toMatchObject({ read, duplicate, invalid, unchanged, invalidByReason, leftOut });
  expect(real.tally?.accepted).toBe(dry.tally?.unsent);
  expect(real.tally?.leaves.accepted).toBe(leaves?.unsent);
  expect(dry.examples?.changes.filter(({ kind }) => kind === 'leave').length).toBeGreaterThan(0);
  expect(real.examples).toMatchObject({ changes: [], leavers: dry.examples?.leavers });
});

it('a dry run says which guards would hold the real one', async () => {
  const definition = guarded({ maxInvalidShare: 0, maxMembers: 10 });
  const world = await flowWorld({ population: day1.population, definition });
  const { state, wouldHold } = await described(world, 'dry-run');
  expect(state).toBe('succeeded');
  expect(wouldHold?.map(({ code }) => code)).toEqual(['invalid-share', 'too-many-members']);
  const { reason } = await described(world, 'changes');
  expect(reason).toEqual({ code: 'guard', message: wouldHold?.map(({ message }) => message).join(' ') });
});
