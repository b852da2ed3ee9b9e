import { expect, it } from 'vitest';
import type { Caller } from '../../shared/domain/access.ts';
import { type ExportDefinition, exportDefinition } from '../../shared/domain/definition.ts';
import { customerId, runId } from '../../shared/domain/ids.ts';
import { forget } from '../../shared/steps/forget.ts';
import { removeOld } from '../../shared/steps/remove-old.ts';
import { readRowValues, type ValuedOutcome, valuedOutcomes } from '../../shared/steps/row-values.ts';
import { flowWorld, hour, type World, type WorldOptions } from '../flow/world.ts';
import { populationOf } from '../memory/memory-population.ts';

const administrator: Caller = { actor: { id: 'object-1', name: 'Not logged' }, role: 'administrator' };
const definition: ExportDefinition = exportDefinition.parse({
  id: 'newsletter',
  displayName: 'Newsletter',
  connection: 'brand-a',
  segments: ['VIP'],
  matching: { email: 'Email', firstName: 'FirstName', phone: 'Telephone' },
  customProperties: { points: { from: 'Points', type: 'number' } },
  schedule: 'off',
  guards: { maxInvalidShare: 1 },
});

const profileOf = (id: string, values: Readonly<Record<string, unknown>>) => ({
  customerId: customerId.parse(id),
  values,
});
const profiles = [
  profileOf('good', { Email: 'good@example.com', FirstName: 'Good' }),
  profileOf('refused', { Email: 'refused@example.com', FirstName: '=1+1', Points: '7' }),
  profileOf('refused2', { Email: 'refused.2@example.com' }),
  profileOf('malformed', { Email: 'malformed at example.com', FirstName: 'Mal' }),
  profileOf('missing', { Email: null, FirstName: 'Miss' }),
  profileOf('phone', { Email: 'phone@example.com', Telephone: 'call me', Points: 'many', FirstName: 'Kept' }),
  profileOf('taken', { Email: 'taken@example.com', Telephone: '+447700900101' }),
];

const population = populationOf({
  segments: ['VIP'],
  columns: ['Email', 'FirstName', 'Telephone', 'Points'],
  members: [...profiles.map(({ customerId: id }) => id), customerId.parse('gone')].map((id) => ({
    customerId: id,
    segments: ['VIP'],
  })),
  profiles,
});

const fault = { field: 'identifiers.0.id', code: 'invalid', message: 'No.' };
const ranWorld = async (options: Partial<WorldOptions> = {}) => {
  const world = await flowWorld({
    population,
    definition,
    source: { prefixes: [''] },
    destination: {
      item: ({ email }) => (email.startsWith('refused') ? { kind: 'refused', faults: [fault] } : undefined),
    },
    ...options,
  });
  return { world, run: await world.run() };
};

const read = async (
  world: World,
  id: string,
  outcome: ValuedOutcome,
  { limit = 50, after = null }: { readonly limit?: number; readonly after?: string | null } = {},
) => {
  const answer = await readRowValues(world.ports, administrator, runId.parse(id), { outcome, limit, after });
  if (answer.kind !== 'page') throw new Error(answer.kind);
  return answer;
};
const shown = async (world: World, id: string, outcome: ValuedOutcome) =>
  (await read(world, id, outcome)).rows.map(({ customerId: who, field, values }) => [who, field, values]);

it('refused rows are shown as they were sent, invalid ones as the source has them', async () => {
  const { world, run } = await ranWorld();
  expect(run).toMatchObject({ state: 'partial', tally: { refused: 2, invalid: 3 } });
  expect(await shown(world, run.id, 'refused')).toEqual(
    expect.arrayContaining([
      [
        'refused',
        fault.field,
        { email: 'refused@example.com', firstName: '=1+1', 'customProperties.points': '7' },
      ],
      ['refused2', fault.field, { email: 'refused.2@example.com' }],
    ]),
  );
  expect(await shown(world, run.id, 'invalid')).toEqual(
    expect.arrayContaining([
      ['malformed', 'email', { email: 'malformed at example.com', firstName: 'Mal' }],
      ['missing', 'email', { firstName: 'Miss' }],
      // There is no profile, so no value.
      ['gone', 'profile', null],
    ]),
  );
  expect((await read(world, run.id, 'invalid')).fields).toEqual([
    'email',
    'firstName',
    'phone',
    'customProperties.points',
  ]);
  expect(await shown(world, run.id, 'failed')).toEqual([]);
});

it('of a value that was left out, that value, and no other of the person', async () => {
  const { world, run } = await ranWorld();
  const values = { phone: 'call me', 'customProperties.points': 'many' };
  expect(await shown(world, run.id, 'left-out')).toEqual([
    ['phone', 'phone', values],
    ['phone', 'customProperties.points', values],
  ]);
});

it('a phone that another contact has is left out by Omnisend’s word, and shown as it was sent', async () => {
  const { world, run } = await ranWorld({
    destination: {
      item: ({ email }, seen) =>
        email === 'taken@example.com' && seen === 0 ? { kind: 'conflict' } : undefined,
    },
  });
  expect(run.tally?.leftOut).toMatchObject({ 'phone:phone-in-use': 1 });
  const rows = await shown(world, run.id, 'left-out');
  expect(rows).toContainEqual(['taken', 'phone', { email: 'taken@example.com', phone: '+447700900101' }]);
});

it('each call is logged, with who, which run, what and how many, and no value', async () => {
  const { world, run } = await ranWorld();
  const before = world.logged.length;
  for (const outcome of valuedOutcomes) await read(world, run.id, outcome);
  expect(world.logged.slice(before)).toEqual(
    [2, 0, 3, 2].map((count, place) => ({
      event: 'row-values-read',
      fields: { run: run.id, outcome: valuedOutcomes[place], count, actor: 'object-1' },
    })),
  );
});

it.each([1, 2, 3])('page by page of %i, each row comes once', async (limit) => {
  const { world, run } = await ranWorld();
  for (const outcome of valuedOutcomes) {
    const all = await read(world, run.id, outcome);
    const paged = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof read>> = await read(world, run.id, outcome, { limit, after });
      expect(page.rows.length).toBeLessThanOrEqual(limit);
      paged.push(...page.rows);
      after = page.next;
    } while (after !== null);
    expect(paged).toEqual(all.rows);
  }
});

it('for administrators only, of runs that are there, for seven days', async () => {
  const { world, run } = await ranWorld();
  const asked = { outcome: 'refused', limit: 50, after: null } as const;
  for (const role of ['viewer', 'contributor'] as const) {
    const caller = { ...administrator, role };
    expect(await readRowValues(world.ports, caller, run.id, asked)).toEqual({ kind: 'forbidden' });
  }
  const unknown = runId.parse('newsletter.nothing');
  const kinds = async (after: string | null) =>
    (await readRowValues(world.ports, administrator, run.id, { ...asked, after })).kind;
  expect(await readRowValues(world.ports, administrator, unknown, asked)).toEqual({ kind: 'unknown-run' });
  for (const cursor of ['', 'x', Buffer.from('0 runs/rows/other').toString('base64url')]) {
    expect(await kinds(cursor)).toBe('wrong-cursor');
  }
  await world.clock.advance(7 * 24 * hour - hour);
  expect(await kinds(null)).toBe('page');
  await world.clock.advance(2 * hour);
  // Whether or not the timer that removes them has come by.
  expect(await kinds(null)).toBe('removed');
  await removeOld(world.ports);
  expect(await kinds(null)).toBe('removed');
  expect(await world.ports.blobs.list('runs/spool/')).toEqual([]);
});

it.each([
  ['refused', 'refused@example.com', 'refused'],
  ['left-out', 'phone@example.com', 'phone'],
] as const)('a forgotten person is not among the %s, nor in any blob', async (outcome, email, who) => {
  const { world, run } = await ranWorld();
  expect((await read(world, run.id, outcome)).rows.map((row) => row.customerId)).toContain(who);
  await forget(world.ports, email);
  expect((await read(world, run.id, outcome)).rows.map((row) => row.customerId)).not.toContain(who);
  for (const path of await world.ports.blobs.list('runs/')) {
    const text = Buffer.from((await world.ports.blobs.get(path)) ?? []).toString();
    expect(text).not.toContain(email);
    expect(text).not.toContain('call me'.repeat(who === 'phone' ? 1 : 9));
  }
});

it('a person who is being forgotten is not shown before that is done', async () => {
  const { world, run } = await ranWorld();
  const blobs = { ...world.ports.blobs, put: async () => Promise.reject(new Error('The storage is away.')) };
  const cut = { ...world.ports, blobs };
  await expect(forget(cut, 'refused@example.com')).rejects.toThrow('The storage is away.');
  await expect(forget(cut, 'phone@example.com')).rejects.toThrow('The storage is away.');
  expect(await shown(world, run.id, 'refused')).toEqual([
    ['refused2', fault.field, { email: 'refused.2@example.com' }],
  ]);
  expect(await shown(world, run.id, 'left-out')).toEqual([]);
});

it('tags that Omnisend refuses are shown with the address that they were meant for', async () => {
  const { world, run } = await ranWorld({
    definition: { ...definition, marker: 'tag' },
    destination: {
      before: ({ operation, tags }) =>
        operation === 'change-tags' && tags?.emails.includes('good@example.com')
          ? { kind: 'refused', faults: [fault] }
          : undefined,
    },
  });
  expect(run.state).toBe('partial');
  expect(await shown(world, run.id, 'refused')).toEqual([
    ['good', expect.any(String), { email: 'good@example.com' }],
  ]);
});
