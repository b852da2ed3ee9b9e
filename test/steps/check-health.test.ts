import { describe, expect, it } from 'vitest';
import type { DestinationAnswer } from '../../shared/domain/answers.ts';
import { connectionDefinition } from '../../shared/domain/definition.ts';
import { newSlots } from '../../shared/domain/slots.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { at } from '../../shared/steps/addresses.ts';
import { type Health, rememberedHealth } from '../../shared/steps/check-health.ts';
import { nobody } from '../flow/people.ts';
import { apiKey, brandA, connection, flowWorld, type World } from '../flow/world.ts';
import { savedConnectionOf } from '../sandbox/saved.ts';

const open = (): Promise<World> => flowWorld({ population: nobody });
const look = (world: World, ports: Ports = world.ports): Promise<Health> =>
  world.clock.during(rememberedHealth(ports)());
const requests = ({ destination }: World) => destination.arrivals.map(({ operation }) => operation);

/** What is not in order, by what it is about. */
const troubles = ({ checks }: Health) =>
  Object.fromEntries(
    checks.filter(({ verdict }) => verdict !== 'ok').map(({ name, verdict }) => [name, verdict]),
  );

it('finds all in order, and leaves nothing behind', async () => {
  const world = await open();
  const health = await look(world);
  expect(health).toMatchObject({ ok: true, checkedAt: world.clock.now() });
  expect(health.checks.map(({ name, connection: of, verdict }) => [name, of, verdict])).toEqual([
    ['storage', null, 'ok'],
    ['vault', null, 'ok'],
    ['source', null, 'ok'],
    ['omnisend', connection.definition.id, 'ok'],
  ]);
  expect(requests(world)).toEqual(['brand']);
  expect(await world.ports.blobs.list('runs/')).toEqual([]);
  expect(world.queue.puts).toEqual([]);
  expect(world.logged).toEqual([{ event: 'health-checked', fields: { ok: true, failed: '' } }]);
});

it('looks once a minute at most, and once for all who ask at the same time', async () => {
  const world = await open();
  const ask = rememberedHealth(world.ports);
  const [one, other] = await world.clock.during(Promise.all([ask(), ask()]));
  expect(other).toBe(one);
  world.destination.revoke(apiKey);
  await world.clock.advance(59_999);
  expect(await ask()).toBe(one);
  expect(requests(world)).toEqual(['brand']);
  await world.clock.advance(1);
  expect(await world.clock.during(ask())).toMatchObject({ ok: false });
  expect(requests(world)).toEqual(['brand', 'brand']);
});

/** As the SDKs throw: with a code, and a text that may quote what was sent. */
const refused = (code: unknown) => async () => {
  throw Object.assign(new Error('canary@example.com'), { code });
};

describe('storage', () => {
  const mismatch = refused('AuthorizationPermissionMismatch');
  it.each<[string, (ports: Ports) => Partial<Ports>, RegExp]>([
    [
      'tables refuse',
      ({ store }) => ({ store: { ...store, schedule: { ...store.schedule, get: mismatch } } }),
      /\(tables: AuthorizationPermissionMismatch\)/,
    ],
    [
      'blobs refuse',
      ({ blobs }) => ({ blobs: { ...blobs, put: refused('canary@example.com') } }),
      /\(blobs: no code\)/,
    ],
    [
      'a blob is gone when it is read',
      ({ blobs }) => ({ blobs: { ...blobs, get: async () => undefined } }),
      /\(blobs: no code\)/,
    ],
    [
      'queues refuse, and blobs too',
      ({ blobs, queue }) => ({
        blobs: { ...blobs, put: mismatch },
        queue: { ...queue, probe: refused('QueueNotFound') },
      }),
      /\(blobs: AuthorizationPermissionMismatch, queues: QueueNotFound\)/,
    ],
  ])('%s', async (_what, instead, message) => {
    const world = await open();
    const health = await look(world, { ...world.ports, ...instead(world.ports) });
    expect(troubles(health)).toEqual({ storage: 'failed' });
    expect(health.checks[0]).toMatchObject({
      message: expect.stringMatching(message),
      remedy: expect.stringContaining('Storage Table Data Contributor'),
    });
    expect(JSON.stringify([health, world.logged])).not.toContain('canary');
    expect(await world.ports.blobs.list('runs/')).toEqual([]);
  });

  it('whose connections cannot be read leaves Omnisend out', async () => {
    const world = await open();
    const { store } = world.ports;
    const connections = { ...store.connections, list: refused('TableNotFound') };
    const health = await look(world, { ...world.ports, store: { ...store, connections } });
    expect(troubles(health)).toEqual({ omnisend: 'skipped' });
    expect(requests(world)).toEqual([]);
  });
});

it.each([
  ['refuses the app', 'forbid', { vault: 'failed', omnisend: 'failed' }],
  ['does not answer', 'silence', { vault: 'failed', omnisend: 'skipped' }],
] as const)('a vault that %s', async (_what, what, expected) => {
  const world = await open();
  // A key that is still known from before shows nothing.
  await world.secrets.get(connection.secretName);
  world.secrets[what](true);
  const health = await look(world);
  expect(troubles(health)).toEqual(expected);
  expect(health.ok).toBe(false);
  expect(requests(world)).toEqual([]);
});

describe('the source', () => {
  const bad = (name: 'role' | 'row') => ({ name, ok: false, message: 'It is so.', remedy: `Mend ${name}.` });

  it('tells what is wrong and all that is to be done', async () => {
    const world = await open();
    const source = { ...world.ports.source, check: async () => [bad('role'), bad('row')] };
    const health = await look(world, { ...world.ports, source });
    expect(troubles(health)).toEqual({ source: 'failed' });
    expect(health.checks[2]).toMatchObject({ message: 'It is so.', remedy: 'Mend role. Mend row.' });
  });

  it('that throws has failed, without its words', async () => {
    const world = await open();
    const source = { ...world.ports.source, check: refused('ECONNRESET') };
    const health = await look(world, { ...world.ports, source });
    expect(health.checks[2]).toMatchObject({ verdict: 'failed', message: 'It failed: ECONNRESET.' });
  });

  it('that never answers has failed after a while', async () => {
    const world = await open();
    const before = world.clock.now();
    const source = { ...world.ports.source, check: () => new Promise<never>(() => undefined) };
    const health = await look(world, { ...world.ports, source });
    expect(troubles(health)).toEqual({ source: 'failed' });
    expect(health.checks[2]?.milliseconds).toBe(world.clock.now() - before);
    expect(world.clock.now() - before).toBeLessThanOrEqual(30_000);
  });
});

describe('Omnisend', () => {
  const answers: readonly [DestinationAnswer<never>, object][] = [
    [{ kind: 'unauthorised' }, { omnisend: 'failed' }],
    [{ kind: 'retired' }, { omnisend: 'failed' }],
    [{ kind: 'ambiguous', message: '502' }, { omnisend: 'failed' }],
    [{ kind: 'throttled', retryAfterSeconds: 30 }, { omnisend: 'skipped' }],
    // It may export all the same.
    [{ kind: 'forbidden' }, {}],
  ];
  it.each(answers)('that answers %j', async (answer, expected) => {
    const world = await open();
    const destination = { ...world.ports.destination, brand: async () => answer };
    expect(troubles(await look(world, { ...world.ports, destination }))).toEqual(expected);
  });

  it('is not asked where no request is to spare, and that is no fault', async () => {
    const world = await open();
    const frozenUntil = world.clock.now() + 60_000;
    await world.ports.store.slots.insert(at.slots(brandA), { ...newSlots(388), frozenUntil });
    const health = await look(world);
    expect(health.ok).toBe(true);
    expect(troubles(health)).toEqual({ omnisend: 'skipped' });
    expect(requests(world)).toEqual([]);
  });

  it('is tried with the key of every connection, each with its own verdict', async () => {
    const world = await open();
    const other = connectionDefinition.parse({ ...connection.definition, id: 'brand-z' });
    const saved = savedConnectionOf(other, 'not-there');
    await world.ports.store.connections.insert(at.connection(other.id), saved);
    const { checks } = await look(world);
    expect(checks.slice(3)).toMatchObject([
      { connection: 'brand-a', verdict: 'ok' },
      { connection: 'brand-z', verdict: 'failed', message: expect.stringContaining('not-there') },
    ]);
  });

  it('is left out where there is no connection', async () => {
    const world = await open();
    await world.ports.store.connections.remove(at.connection(connection.definition.id));
    expect(troubles(await look(world))).toEqual({ omnisend: 'skipped' });
  });
});
