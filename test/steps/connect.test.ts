import { describe, expect, it } from 'vitest';
import type { DestinationAnswer } from '../../shared/domain/answers.ts';
import { connectionDefinition, exportDefinition } from '../../shared/domain/definition.ts';
import { type BrandId, brandId } from '../../shared/domain/ids.ts';
import type { ExportState } from '../../shared/domain/run.ts';
import { newSlots } from '../../shared/domain/slots.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { at } from '../../shared/steps/addresses.ts';
import { changeRow } from '../../shared/steps/change-row.ts';
import { type Connected, connect } from '../../shared/steps/connect.ts';
import { noState } from '../../shared/steps/request-run.ts';
import { newsletter, nobody, peopleOf } from '../flow/people.ts';
import { apiKey, brandA, connection, flowWorld, minute, type World } from '../flow/world.ts';
import { savedConnectionOf, savedExportOf } from '../sandbox/saved.ts';

const brandB = brandId.parse('b2');
const paused = { reason: 'It stopped.', remedy: 'Mend it.', at: 0 };
const granted = { read: 'granted', write: 'granted', brand: 'granted' } as const;
const connected: Connected = {
  kind: 'connected',
  brand: { id: brandA, name: 'Brand a1' },
  permissions: granted,
  exportUser: {
    ok: true,
    identity: null,
    checks: [{ name: 'environment', ok: true, message: 'The source is in memory.', remedy: '' }],
  },
  resumed: [],
};

const open = (): Promise<World> => flowWorld({ population: nobody });

type Answers = Partial<Record<'brand' | 'listBatches' | 'changeTags', DestinationAnswer<never>>>;

/** Ports on which Omnisend gives these answers in place of its own. */
const answering = ({ ports }: World, answers: Answers): Ports => {
  const instead = Object.fromEntries(
    Object.entries(answers).map(([method, answer]) => [method, async () => answer]),
  );
  return { ...ports, destination: { ...ports.destination, ...instead } };
};

const check = (world: World, ports = world.ports, confirmBrand?: BrandId): Promise<Connected> =>
  world.clock.during(
    connect(ports, connection.definition.id, confirmBrand === undefined ? {} : { confirmBrand }),
  );

const putState = async ({ ports }: World, state: Partial<ExportState>): Promise<void> => {
  await ports.store.states.insert(at.state(newsletter.id), { ...noState, ...state });
};
const stateOf = async ({ ports }: World, id = newsletter.id) =>
  (await ports.store.states.get(at.state(id)))?.value;

const operations = ({ destination }: World) => destination.arrivals.map(({ operation }) => operation);

it('asks for the brand, for reading and for writing, and changes nothing at Omnisend', async () => {
  const world = await flowWorld({ population: peopleOf(300).population });
  await world.run();
  const before = structuredClone(world.destination.contacts(brandA));
  const asked = operations(world).length;
  expect(await check(world)).toEqual(connected);
  expect(operations(world).slice(asked)).toEqual(['brand', 'list-batches', 'change-tags']);
  // Tags are applied some seconds after the answer.
  await world.pass(minute);
  expect(before.size).toBeGreaterThan(100);
  expect(world.destination.contacts(brandA)).toEqual(before);
});

const forbidden = { kind: 'forbidden' } as const;
const refused = { kind: 'refused', faults: [] } as const;
const nameless = { id: brandA, name: brandA };

it.each<[string, Answers, object]>([
  [
    'brand forbidden',
    { brand: forbidden },
    { brand: nameless, permissions: { ...granted, brand: 'missing' } },
  ],
  ['reading forbidden', { listBatches: forbidden }, { permissions: { ...granted, read: 'missing' } }],
  ['writing forbidden', { changeTags: forbidden }, { permissions: { ...granted, write: 'missing' } }],
  [
    'all but the brand forbidden',
    { listBatches: forbidden, changeTags: forbidden },
    { permissions: { read: 'missing', write: 'missing', brand: 'granted' } },
  ],
  [
    'both questions refused for what is in them',
    { listBatches: refused, changeTags: refused },
    { permissions: granted },
  ],
  [
    'all forbidden',
    { brand: forbidden, listBatches: forbidden, changeTags: forbidden },
    { kind: 'stop', reason: { code: 'permission-missing' }, remedy: expect.stringContaining('permissions') },
  ],
  ...(['brand', 'listBatches', 'changeTags'] as const).flatMap((method): [string, Answers, object][] => [
    [`${method}: 401`, { [method]: { kind: 'unauthorised' } }, { reason: { code: 'key-refused' } }],
    [`${method}: 410`, { [method]: { kind: 'retired' } }, { reason: { code: 'version-retired' } }],
    [
      `${method}: no answer`,
      { [method]: { kind: 'ambiguous', message: '502' } },
      { kind: 'unreachable', what: 'omnisend' },
    ],
    [`${method}: 429`, { [method]: { kind: 'throttled', retryAfterSeconds: 30 } }, { kind: 'busy' }],
  ]),
])('%s; a paused export stays so unless it may read and write', async (_, answers, expected) => {
  const world = await open();
  await putState(world, { paused, brand: brandA });
  const answer = await check(world, answering(world, answers));
  expect(answer).toMatchObject(expected);
  const mayExport =
    answer.kind === 'connected' &&
    answer.permissions.read === 'granted' &&
    answer.permissions.write === 'granted';
  expect((await stateOf(world))?.paused).toEqual(mayExport ? null : paused);
});

it('a key that Omnisend has forgotten', async () => {
  const world = await open();
  world.destination.revoke(apiKey);
  expect(await check(world)).toMatchObject({
    kind: 'stop',
    reason: { code: 'key-refused', message: expect.stringContaining(connection.secretName) },
  });
});

it.each(['sandboxKeyWithoutBrand', '-sandboxKey', 'a1-'])(
  'a secret that is no key of Omnisend (%j) is refused, and nothing is asked or stored of it',
  async (value) => {
    const world = await open();
    world.secrets.rotate(connection.secretName, value);
    expect(await check(world)).toMatchObject({ kind: 'stop', reason: { code: 'key-refused' } });
    expect(operations(world)).toEqual([]);
    expect(await world.ports.store.slots.list(value)).toEqual([]);
  },
);

it('an unknown connection', async () => {
  const world = await open();
  const other = connectionDefinition.shape.id.parse('brand-z');
  expect(await connect(world.ports, other)).toEqual({ kind: 'unknown-connection' });
});

describe('the vault', () => {
  it('has no such secret', async () => {
    const world = await open();
    const other = connectionDefinition.parse({ ...connection.definition, id: 'brand-z' });
    const saved = savedConnectionOf(other, 'not-there');
    await world.ports.store.connections.insert(at.connection(other.id), saved);
    expect(await connect(world.ports, other.id)).toMatchObject({
      kind: 'stop',
      reason: { code: 'key-missing', message: expect.stringContaining('not-there') },
    });
  });

  it('refuses the app', async () => {
    const world = await open();
    world.secrets.forbid(true);
    expect(await check(world)).toMatchObject({ kind: 'stop', reason: { code: 'vault-forbidden' } });
  });

  it('does not answer: a cached key proves nothing', async () => {
    const world = await open();
    await world.secrets.get(connection.secretName);
    world.secrets.silence(true);
    expect(await check(world)).toEqual({ kind: 'unreachable', what: 'vault' });
  });

  it('has another key than the cached one', async () => {
    const world = await open();
    await world.secrets.get(connection.secretName);
    world.secrets.rotate(connection.secretName, 'b2-full');
    expect(await check(world)).toMatchObject({ kind: 'connected', brand: { id: 'b2' } });
  });
});

describe('the budget', () => {
  const frozenFor = async (world: World, ms: number): Promise<number> => {
    const frozenUntil = world.clock.now() + ms;
    await world.ports.store.slots.insert(at.slots(brandA), { ...newSlots(388), frozenUntil });
    return frozenUntil;
  };

  it('is waited for where a slot is near', async () => {
    const world = await open();
    const until = await frozenFor(world, 3_000);
    expect(await check(world)).toEqual(connected);
    expect(world.destination.arrivals[0]?.at).toBeGreaterThanOrEqual(until);
  });

  it('is not waited for where none is: it says when', async () => {
    const world = await open();
    const before = world.clock.now();
    const until = await frozenFor(world, 30_000);
    const answer = await check(world);
    expect(answer).toMatchObject({ kind: 'busy' });
    const again = answer.kind === 'busy' ? answer.at : 0;
    expect(again).toBeGreaterThan(before + 20_000);
    expect(again).toBeLessThanOrEqual(until);
    expect(world.clock.now()).toBe(before);
    expect(operations(world)).toEqual([]);
  });

  it('of tags is asked for a few seconds, then left to those who have it', async () => {
    const world = await open();
    const before = world.clock.now();
    await world.ports.store.slots.insert(at.slots(brandA), newSlots(388));
    const nextFreeAt = before + 60_000;
    await world.ports.store.slots.insert(at.tagSlots(brandA), { ...newSlots(58), nextFreeAt });
    const answer = await check(world);
    expect(answer).toMatchObject({ kind: 'busy' });
    expect(world.clock.now()).toBeLessThan(before + 15_000);
    expect(operations(world)).toEqual(['brand', 'list-batches']);
  });
});

describe('exports that went to another brand before', () => {
  const moved = {
    kind: 'other-brand',
    brand: connected.brand,
    exports: [{ export: newsletter.id, brand: brandB }],
  };

  it.each([
    ['nobody confirms it', undefined],
    ['another brand is confirmed', brandB],
  ])('are named and left as they are where %s', async (_, confirmed) => {
    const world = await open();
    await putState(world, { paused, brand: brandB });
    expect(await check(world, world.ports, confirmed)).toEqual(moved);
    expect(await stateOf(world)).toMatchObject({ paused, brand: brandB });
  });

  it('are not asked about, nor moved, where they are detached', async () => {
    const world = await open();
    await putState(world, { paused, brand: brandB });
    await changeRow(world.ports.store.exports, at.export(newsletter.id), (stored) =>
      stored ? { ...stored, isDetached: true } : undefined,
    );
    expect(await check(world)).toEqual(connected);
    expect(await check(world, world.ports, brandA)).toEqual(connected);
    expect(await stateOf(world)).toMatchObject({ paused, brand: brandB });
  });

  it('change where this brand is confirmed: their next run goes there without a word', async () => {
    const world = await flowWorld({ population: peopleOf(300).population });
    await putState(world, { paused, brand: brandB });
    expect(await check(world, world.ports, brandA)).toEqual({ ...connected, resumed: [newsletter.id] });
    expect(await stateOf(world)).toMatchObject({ paused: null, brand: brandA });
    expect(await world.run()).toMatchObject({ state: 'succeeded', brand: { id: brandA } });
  });

  it('stay paused where the confirmed key may not write', async () => {
    const world = await open();
    await putState(world, { paused, brand: brandB });
    const answer = await check(world, answering(world, { changeTags: forbidden }), brandA);
    expect(answer).toMatchObject({ kind: 'connected', resumed: [] });
    expect(await stateOf(world)).toMatchObject({ paused, brand: brandA });
  });
});

it('tells who the export user is, and what to do where it cannot read; the key is good all the same', async () => {
  const world = await open();
  const identity = { clientId: '00000000-0000-4000-8000-00000000000c', objectId: null };
  const checks = [
    { name: 'token', ok: true, message: 'It has one.', remedy: '', identity },
    { name: 'role', ok: false, message: 'It may not read.', remedy: 'Give it the role.' },
  ] as const;
  const source = { ...world.ports.source, check: async () => checks };
  await putState(world, { paused });
  expect(await check(world, { ...world.ports, source })).toEqual({
    ...connected,
    exportUser: { ok: false, identity, checks },
    resumed: [newsletter.id],
  });
});

it('ends the pause of the exports of this connection alone', async () => {
  const world = await open();
  const other = exportDefinition.parse({ ...newsletter, id: 'other', connection: 'brand-z' });
  await world.ports.store.exports.insert(at.export(other.id), savedExportOf(other));
  await world.ports.store.states.insert(at.state(other.id), { ...noState, paused, brand: brandB });
  await putState(world, { paused });
  expect(await check(world)).toEqual({ ...connected, resumed: [newsletter.id] });
  expect((await stateOf(world))?.paused).toBeNull();
  expect(await stateOf(world, other.id)).toMatchObject({ paused, brand: brandB });
});
