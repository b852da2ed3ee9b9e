import { expect, test } from 'vitest';
import type { Operation, Role } from '../../shared/domain/access.ts';
import { at } from '../../shared/steps/addresses.ts';
import { authorise, type Target } from '../../shared/steps/authorise.ts';
import { changeRow } from '../../shared/steps/change-row.ts';
import { apiWorld, targets } from '../functions/api-world.ts';

const by = (role: Role) => ({ actor: { id: 'somebody', name: null }, role });
const world = await apiWorld();
const { shared, unshared, missing } = targets;

const cases: readonly (readonly [Role, Operation, Target, object])[] = [
  ['viewer', 'runs', { kind: 'none' }, { kind: 'allowed' }],
  ['viewer', 'run', { kind: 'run', id: unshared.run }, { kind: 'allowed' }],
  ['viewer', 'run', { kind: 'run', id: missing.run }, { kind: 'allowed' }],
  ['viewer', 'cancel', { kind: 'run', id: shared.run }, { kind: 'role-missing', needed: 'contributor' }],
  ['viewer', 'forget', { kind: 'none' }, { kind: 'role-missing', needed: 'administrator' }],
  ['contributor', 'segments', { kind: 'none' }, { kind: 'allowed' }],
  ['contributor', 'forget', { kind: 'none' }, { kind: 'role-missing', needed: 'administrator' }],
  ['contributor', 'run-export', { kind: 'export', id: shared.export }, { kind: 'allowed' }],
  ['contributor', 'run-export', { kind: 'export', id: unshared.export }, { kind: 'not-shared' }],
  ['contributor', 'run-export', { kind: 'export', id: missing.export }, { kind: 'missing' }],
  ['contributor', 'run-export', { kind: 'export', id: '../shared' }, { kind: 'missing' }],
  ['contributor', 'cancel', { kind: 'run', id: shared.run }, { kind: 'allowed' }],
  ['contributor', 'cancel', { kind: 'run', id: unshared.run }, { kind: 'not-shared' }],
  ['contributor', 'cancel', { kind: 'run', id: missing.run }, { kind: 'missing' }],
  ['contributor', 'cancel', { kind: 'run', id: 'no id' }, { kind: 'missing' }],
  ['contributor', 'get-connection', { kind: 'connection', id: shared.connection }, { kind: 'allowed' }],
  ['contributor', 'get-connection', { kind: 'connection', id: unshared.connection }, { kind: 'not-shared' }],
  ['contributor', 'get-connection', { kind: 'connection', id: missing.connection }, { kind: 'missing' }],
  ['contributor', 'get-connection', { kind: 'connection', id: 'A/B' }, { kind: 'missing' }],
  ['administrator', 'cancel', { kind: 'run', id: unshared.run }, { kind: 'allowed' }],
];

test.each(cases)('%s, %s, %j → %j', async (role, operation, target, answer) => {
  expect(await authorise(world.ports, by(role), operation, target)).toEqual(answer);
});

test('nothing is read where the role alone decides', async () => {
  const store = new Proxy(world.ports.store, { get: () => expect.unreachable() });
  const ports = { ...world.ports, store };
  const target = { kind: 'run', id: shared.run } as const;
  expect(await authorise(ports, by('viewer'), 'cancel', target)).toMatchObject({ kind: 'role-missing' });
  expect(await authorise(ports, by('administrator'), 'cancel', target)).toEqual({ kind: 'allowed' });
});

test('what went over a connection that is removed is for administrators', async () => {
  const { ports } = await apiWorld();
  await ports.store.connections.remove(at.connection(shared.connection));
  for (const target of [
    { kind: 'export', id: shared.export },
    { kind: 'run', id: shared.run },
  ] as const) {
    expect(await authorise(ports, by('contributor'), 'cancel', target)).toEqual({ kind: 'not-shared' });
    expect(await authorise(ports, by('administrator'), 'cancel', target)).toEqual({ kind: 'allowed' });
  }
});

test('a run counts by the connection that it was asked for with, not by that of its export now', async () => {
  const { ports } = await apiWorld();
  await changeRow(
    ports.store.exports,
    at.export(unshared.export),
    (stored) => stored && { ...stored, definition: { ...stored.definition, connection: shared.connection } },
  );
  const run = { kind: 'run', id: unshared.run } as const;
  expect(await authorise(ports, by('contributor'), 'approve', run)).toEqual({ kind: 'not-shared' });
  const changed = { kind: 'export', id: unshared.export } as const;
  expect(await authorise(ports, by('contributor'), 'run-export', changed)).toEqual({ kind: 'allowed' });
});
