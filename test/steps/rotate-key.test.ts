import { describe, expect, it } from 'vitest';
import { exportDefinition } from '../../shared/domain/definition.ts';
import type { ConnectionId } from '../../shared/domain/ids.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { at } from '../../shared/steps/addresses.ts';
import { removeLeftSecrets } from '../../shared/steps/left-secrets.ts';
import { removeOld } from '../../shared/steps/remove-old.ts';
import { noState } from '../../shared/steps/request-run.ts';
import { rotateKey } from '../../shared/steps/rotate-key.ts';
import type { GivenKey } from '../../shared/steps/store-key.ts';
import { newsletter, nobody, peopleOf } from '../flow/people.ts';
import { connection, flowWorld, hour, type World } from '../flow/world.ts';
import { savedExportOf } from '../sandbox/saved.ts';
import { administrator, definitionOf, keyOf, made, named, seen, stored, unsaid } from './connections.ts';

const { id } = definitionOf('brand-n');
const open = () => flowWorld({ population: nobody });
const rotate = (ports: Ports, given: GivenKey, revision = 1, one: ConnectionId = id) =>
  rotateKey(ports, one, administrator, given, seen(revision));

const own = ({ secrets }: Pick<World, 'secrets'>): readonly string[] =>
  Object.keys(secrets.values()).filter((name) => name.startsWith(`omnisend-${id}-`));

it('puts the new key under a new name, and removes the former secret', async () => {
  const world = await open();
  const first = await made(world.ports);
  const answer = await rotate(world.ports, keyOf('a1-second'));
  const second = await stored(world.ports, id);
  expect(answer).toMatchObject({ kind: 'rotated', isFormerLeft: false, connection: { revision: 2 } });
  expect(second).toMatchObject({ revision: 2, isOwnSecret: true, leftSecrets: [], change: 'key-rotated' });
  expect(second.secretName).not.toBe(first.secretName);
  expect(own(world)).toEqual([second.secretName]);
  expect(world.secrets.values()[second.secretName]).toBe('a1-second');
  expect(JSON.stringify(answer)).not.toContain('a1-second');
});

it('from a named secret to an own one and back leaves the named one alone', async () => {
  const world = await open();
  const tagged = { purpose: 'omnisend-export' };
  world.secrets.rotate('mine', 'a1-full', tagged);
  await made(world.ports);
  expect(await rotate(world.ports, named('mine'))).toMatchObject({
    kind: 'rotated',
    connection: { secretName: 'mine', isOwnSecret: false },
  });
  expect(own(world)).toEqual([]);
  await rotate(world.ports, keyOf('a1-second'), 2);
  expect(own(world)).toHaveLength(1);
  expect(world.secrets.values().mine).toBe('a1-full');
});

it('ends the pause of the exports of this connection alone', async () => {
  const { ports } = await open();
  await made(ports);
  const paused = { reason: 'It stopped.', remedy: 'Mend it.', at: 0 };
  const other = exportDefinition.parse({ ...newsletter, id: 'other', connection: id });
  await ports.store.exports.insert(at.export(other.id), savedExportOf(other));
  for (const one of [newsletter, other])
    await ports.store.states.insert(at.state(one.id), { ...noState, paused });
  expect(await rotate(ports, keyOf('a1-second'))).toMatchObject({ resumed: [other.id] });
  expect((await ports.store.states.get(at.state(newsletter.id)))?.value.paused).toEqual(paused);
});

describe('is refused, and leaves the vault as it was', () => {
  it.each([
    ['to who has seen nothing', unsaid, { kind: 'unseen', revision: 1 }],
    ['to who has seen something else', seen(7), { kind: 'changed', revision: 1 }],
  ])('%s', async (_, saw, expected) => {
    const world = await open();
    const first = await made(world.ports);
    expect(await rotateKey(world.ports, id, administrator, keyOf('a1-second'), saw)).toEqual(expected);
    expect(own(world)).toEqual([first.secretName]);
  });

  it('for a secret that is not there, or is not tagged', async () => {
    const world = await open();
    const first = await made(world.ports);
    world.secrets.rotate('mine', 'a1-full');
    expect(await rotate(world.ports, named('none'))).toEqual({ kind: 'no-secret', secretName: 'none' });
    expect(await rotate(world.ports, named('mine'))).toEqual({ kind: 'not-for-export', secretName: 'mine' });
    expect(await stored(world.ports, id)).toEqual(first);
  });

  it('for an unknown connection', async () => {
    const { ports } = await open();
    expect(await rotate(ports, keyOf('a1-second'))).toEqual({ kind: 'unknown-connection' });
  });

  it('to one of two who rotate at once', async () => {
    const world = await open();
    await made(world.ports);
    const answers = await Promise.all(
      ['a1-second', 'a1-third'].map((key) => rotate(world.ports, keyOf(key))),
    );
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['changed', 'rotated']);
    const { secretName, leftSecrets } = await stored(world.ports, id);
    expect(own(world)).toEqual([secretName]);
    expect(leftSecrets).toEqual([]);
  });
});

describe('what a rotation could not finish is finished within hours', () => {
  it('where the vault does not remove the former secret', async () => {
    const world = await open();
    const first = await made(world.ports);
    const remove = async () => ({ kind: 'unavailable' }) as const;
    const stubborn = { ...world.ports, secrets: { ...world.ports.secrets, remove } };
    expect(await rotate(stubborn, keyOf('a1-second'))).toMatchObject({ kind: 'rotated', isFormerLeft: true });
    await removeOld(world.ports);
    expect(own(world)).toContain(first.secretName);
    await world.clock.advance(hour);
    await removeOld(world.ports);
    expect(own(world)).toEqual([(await stored(world.ports, id)).secretName]);
  });

  it('where it died with a new secret that nobody will ever name', async () => {
    const world = await open();
    const first = await made(world.ports);
    const replace = world.ports.store.connections.replace;
    let writes = 0;
    const dying: typeof replace = async (...given) => {
      writes += 1;
      if (writes > 1) throw new Error('crash');
      return replace(...given);
    };
    const connections = { ...world.ports.store.connections, replace: dying };
    const ports = { ...world.ports, store: { ...world.ports.store, connections } };
    await expect(rotate(ports, keyOf('a1-second'))).rejects.toThrow('crash');
    expect(own(world)).toHaveLength(2);
    await world.clock.advance(hour);
    await removeOld(world.ports);
    expect(own(world)).toEqual([first.secretName]);
  });
});

describe('a former secret stays for as long as a run may need it:', () => {
  /** The newsletter goes over a connection with a secret of its own, and a run of it is asked for. */
  const withRun = async () => {
    const world = await flowWorld({ population: peopleOf(300).population });
    const { secretName } = await made(world.ports);
    const exported = exportDefinition.parse({ ...newsletter, connection: id });
    const row = await world.ports.store.exports.get(at.export(exported.id));
    if (row === undefined) throw new Error('There is no export.');
    await world.ports.store.exports.replace(row, savedExportOf(exported));
    const asked = await world.ask();
    if (asked.kind !== 'accepted') throw new Error(asked.kind);
    return { world, run: asked.run, secretName };
  };
  const removeAllLeft = ({ ports }: World) => removeLeftSecrets(ports, id, () => true);

  it('one that a crash kept from hearing of the new one', async () => {
    const { world, run, secretName } = await withRun();
    const replace = async () => {
      throw new Error('crash');
    };
    const runs = { ...world.ports.store.runs, replace };
    const ports = { ...world.ports, store: { ...world.ports.store, runs } };
    await expect(rotate(ports, keyOf('a1-second'))).rejects.toThrow('crash');
    await removeAllLeft(world);
    expect(own(world)).toContain(secretName);
    await world.until(() => world.runOf(run).endedAt !== null);
    expect(world.runOf(run).state).toBe('succeeded');
    await removeAllLeft(world);
    expect(own(world)).not.toContain(secretName);
  });

  it('one that is asked for and not stored yet', async () => {
    const { world, run, secretName } = await withRun();
    await world.ports.store.runs.remove(at.run(run));
    expect(await rotate(world.ports, keyOf('a1-second'))).toMatchObject({ isFormerLeft: true });
    expect(own(world)).toContain(secretName);
    await world.ports.store.states.remove(at.state(newsletter.id));
    await removeAllLeft(world);
    expect(own(world)).not.toContain(secretName);
  });
});

it.each(['queued', 'sending', 'settling'])('a run that is %s goes on with the new key', async (state) => {
  const world = await flowWorld({ population: peopleOf(2_000).population, requestsPerMinute: 20 });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  const past = () => world.destination.posts.length >= 5;
  await world.until(() => world.runOf(asked.run).state === state && (state !== 'sending' || past()));
  const brand = connection.definition.id;
  expect(await rotate(world.ports, keyOf('a1-second'), 1, brand)).toMatchObject({ kind: 'rotated' });
  world.destination.revoke('a1-full');
  await world.until(() => world.runOf(asked.run).endedAt !== null);
  expect(world.runOf(asked.run)).toMatchObject({ state: 'succeeded', tally: { failed: 0, unsent: 0 } });
});
