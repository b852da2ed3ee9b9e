import { describe, expect, it } from 'vitest';
import { exportDefinition } from '../../shared/domain/definition.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { at } from '../../shared/steps/addresses.ts';
import { listConnectionRevisions } from '../../shared/steps/connection-revisions.ts';
import { type Fates, removeConnection } from '../../shared/steps/remove-connection.ts';
import { rotateKey } from '../../shared/steps/rotate-key.ts';
import { saveConnection } from '../../shared/steps/save-connection.ts';
import { newsletter, nobody, peopleOf } from '../flow/people.ts';
import { connection, flowWorld } from '../flow/world.ts';
import { savedExportOf } from '../sandbox/saved.ts';
import { administrator, definitionOf, keyOf, made, named, seen, stored, unsaid } from './connections.ts';

const { id } = definitionOf('brand-n');
const open = () => flowWorld({ population: nobody });
const remove = (ports: Ports, fates: Fates | null = null, revision = 1) =>
  removeConnection(ports, id, administrator, fates, seen(revision));

const one = exportDefinition.parse({ ...newsletter, id: 'one', displayName: 'One', connection: id });
const two = exportDefinition.parse({ ...newsletter, id: 'two', displayName: 'Two', connection: id });

const withExports = async () => {
  const world = await open();
  await made(world.ports);
  for (const definition of [one, two])
    await world.ports.store.exports.insert(at.export(definition.id), savedExportOf(definition));
  return world;
};

it('that nothing uses goes with its secret, and its history stays', async () => {
  const { ports, secrets } = await open();
  const { secretName } = await made(ports);
  expect(await remove(ports)).toEqual({ kind: 'removed', secret: 'removed' });
  expect(await ports.store.connections.get(at.connection(id))).toBeUndefined();
  expect(await secrets.get(secretName, { fresh: true })).toEqual({ kind: 'absent' });
  expect(await listConnectionRevisions(ports, id, { before: null, limit: 50 })).toMatchObject({
    revisions: [{ what: 'removed', revision: 2 }, { what: 'created' }],
  });
  expect(await remove(ports)).toEqual({ kind: 'unknown-connection' });
});

it('leaves a secret that it only named', async () => {
  const { ports, secrets } = await open();
  secrets.rotate('mine', 'a1-full', { purpose: 'omnisend-export' });
  await made(ports);
  await rotateKey(ports, id, administrator, named('mine'), seen(1));
  expect(await remove(ports, null, 2)).toEqual({ kind: 'removed', secret: 'kept' });
  expect(secrets.values().mine).toBe('a1-full');
});

it.each([
  [unsaid, { kind: 'unseen', revision: 1 }],
  [seen(3), { kind: 'changed', revision: 1 }],
])('by who has seen %j is refused', async (saw, expected) => {
  const { ports } = await open();
  const first = await made(ports);
  expect(await removeConnection(ports, id, administrator, null, saw)).toEqual(expected);
  expect(await stored(ports, id)).toEqual(first);
});

describe('with exports', () => {
  it.each<[string, Fates | null, readonly string[]]>([
    ['nothing is said', null, ['one', 'two']],
    ['one is left out', new Map([[one.id, 'detach']]), ['two']],
  ])('is refused where %s, and lists them', async (_, fates, missing) => {
    const { ports } = await withExports();
    const first = await stored(ports, id);
    expect(await remove(ports, fates)).toMatchObject({
      kind: 'in-use',
      exports: missing.map((name) => ({ id: name })),
    });
    expect(await stored(ports, id)).toEqual(first);
    expect((await ports.store.exports.get(at.export(one.id)))?.value.isDetached).toBe(false);
  });

  it('says that the vault keeps the secret of an export, and goes on when asked again', async () => {
    const { ports, secrets } = await withExports();
    secrets.silence(true);
    expect(await remove(ports, 'remove')).toEqual({ kind: 'vault', fault: 'unavailable' });
    expect(await stored(ports, id)).toMatchObject({ removing: { by: administrator.actor } });
    secrets.silence(false);
    expect(await remove(ports, 'remove')).toEqual({ kind: 'removed', secret: 'removed' });
    expect(await ports.store.exports.get(at.export(one.id))).toBeUndefined();
  });

  it('does with each as is said of it', async () => {
    const { ports } = await withExports();
    const fates = new Map([
      [one.id, 'detach'],
      [two.id, 'remove'],
    ] as const);
    expect(await remove(ports, fates)).toEqual({ kind: 'removed', secret: 'removed' });
    expect((await ports.store.exports.get(at.export(one.id)))?.value.isDetached).toBe(true);
    expect(await ports.store.exports.get(at.export(two.id))).toBeUndefined();
    const other = await ports.store.exports.get(at.export(newsletter.id));
    expect(other?.value.isDetached).toBe(false);
  });
});

it('that has begun is changed by nobody, and goes on by the same call', async () => {
  const world = await withExports();
  const { ports, secrets } = world;
  secrets.silence(true);
  expect(await remove(ports, 'detach')).toEqual({ kind: 'vault', fault: 'unavailable' });
  secrets.silence(false);
  const edit = { definition: definitionOf('brand-n', 'Another name') };
  expect(await saveConnection(ports, administrator, edit, seen(1))).toEqual({ kind: 'being-removed' });
  expect(await rotateKey(ports, id, administrator, keyOf('a1-second'), seen(1))).toEqual({
    kind: 'being-removed',
  });
  expect(await remove(ports)).toEqual({ kind: 'removed', secret: 'removed' });
});

it('against an edit of the same moment: one of them is told', async () => {
  const { ports } = await open();
  await made(ports);
  const edit = { definition: definitionOf('brand-n', 'Another name') };
  const [edited, removed] = await Promise.all([
    saveConnection(ports, administrator, edit, seen(1)),
    remove(ports),
  ]);
  if (removed.kind === 'removed') expect(['changed', 'being-removed']).toContain(edited.kind);
  else {
    expect(removed).toEqual({ kind: 'changed', revision: 2 });
    expect((await stored(ports, id)).definition.displayName).toBe('Another name');
  }
});

it.each(['detach', 'remove'] as const)(
  'while a run sends (%s): what is posted is settled first, with the key; then the rest goes',
  async (fate) => {
    const world = await flowWorld({ population: peopleOf(2_000).population, requestsPerMinute: 20 });
    const { ports } = world;
    const brand = connection.definition.id;
    const asked = await world.ask();
    if (asked.kind !== 'accepted') throw new Error(asked.kind);
    await world.until(() => world.destination.posts.length >= 5);
    const again = () => removeConnection(ports, brand, administrator, fate, seen(1));
    const ending = await again();
    expect(ending).toMatchObject({ kind: 'ending', runs: [asked.run] });
    expect(await ports.store.connections.get(at.connection(brand))).toBeDefined();
    for (const outgoing of ending.kind === 'ending' ? ending.messages : []) await world.queue.put(outgoing);
    await world.until(() => world.runOf(asked.run).endedAt !== null);
    await world.pass(60_000);
    expect(world.runOf(asked.run)).toMatchObject({ state: 'cancelled', tally: { failed: 0 } });
    expect(await again()).toEqual({ kind: 'removed', secret: 'kept' });
    const kept = await ports.store.exports.get(at.export(newsletter.id));
    expect(kept?.value.isDetached).toBe(fate === 'detach' ? true : undefined);
    expect(await world.ask()).toMatchObject({ kind: fate === 'detach' ? 'detached' : 'unknown-export' });
  },
);
