import { describe, expect, it } from 'vitest';
import type { Ports } from '../../shared/ports/ports.ts';
import { at } from '../../shared/steps/addresses.ts';
import { listConnectionRevisions } from '../../shared/steps/connection-revisions.ts';
import { removeConnection } from '../../shared/steps/remove-connection.ts';
import { removeOld } from '../../shared/steps/remove-old.ts';
import { rotateKey } from '../../shared/steps/rotate-key.ts';
import { saveConnection } from '../../shared/steps/save-connection.ts';
import { nobody } from '../flow/people.ts';
import { flowWorld, hour, type World } from '../flow/world.ts';
import { administrator, definitionOf, keyOf, made, seen, unsaid, wantedOf } from './connections.ts';

const { id } = definitionOf('brand-n');
const maxCalls = 60;

/** Ports of a process that dies at its `dieAt`th call of a table or the vault, before or after that takes effect. */
const dying = (ports: Ports, dieAt: number, when: 'before' | 'after'): Ports => {
  let calls = 0;
  const around = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return async (...args: readonly unknown[]) => {
          calls += 1;
          if (calls > dieAt || (calls === dieAt && when === 'before')) throw new Error('died');
          const result: unknown = await Reflect.apply(value, target, args);
          if (calls === dieAt) throw new Error('died');
          return result;
        };
      },
    });
  const { connections, revisions, exports, states, runs } = ports.store;
  const store = {
    ...ports.store,
    connections: around(connections),
    revisions: around(revisions),
    exports: around(exports),
    states: around(states),
    runs: around(runs),
  };
  return { ...ports, store, secrets: around(ports.secrets) };
};

const own = ({ secrets }: World): readonly string[] =>
  Object.keys(secrets.values()).filter((name) => name.startsWith(`omnisend-${id}-`));
const stored = async ({ ports }: World) => (await ports.store.connections.get(at.connection(id)))?.value;

/** Nothing is kept from whoever looks: each secret of the app's has a row that names it, at the latest after an hour. */
const expectInOrder = async (world: World) => {
  await world.clock.advance(hour);
  await removeOld(world.ports);
  const saved = await stored(world);
  const allowed = saved?.isOwnSecret ? [saved.secretName] : [];
  expect(allowed).toEqual(expect.arrayContaining([...own(world)]));
  expect(saved?.leftSecrets ?? []).toEqual([]);
  const page = { before: null, limit: 500 };
  const revisions = (await listConnectionRevisions(world.ports, id, page))?.revisions ?? [];
  expect(revisions.map(({ revision }) => revision)).toEqual(
    revisions.map((_, place) => revisions.length - place),
  );
};

/** Plays `act` dying at each of its calls, then looks at what is left. Answers how many calls there are. */
const atEveryCall = async (
  prepare: (world: World) => Promise<unknown>,
  act: (ports: Ports) => Promise<unknown>,
  after: (world: World) => Promise<void>,
): Promise<number> => {
  for (let call = 1; call <= maxCalls; call += 1) {
    let hasDied = false;
    for (const when of ['before', 'after'] as const) {
      const world = await flowWorld({ population: nobody });
      await prepare(world);
      await act(dying(world.ports, call, when)).catch((error: unknown) => {
        if (!(error instanceof Error) || error.message !== 'died') throw error;
        hasDied = true;
      });
      await after(world);
    }
    if (!hasDied) return call - 1;
  }
  throw new Error(`It makes more than ${maxCalls} calls.`);
};

describe('a process that dies at any call', () => {
  it('of making a connection leaves one that can be given a key, or none', async () => {
    const calls = await atEveryCall(
      async () => undefined,
      (ports) => saveConnection(ports, administrator, wantedOf('brand-n'), unsaid),
      async (world) => {
        await expectInOrder(world);
        const saved = await stored(world);
        if (saved === undefined) await made(world.ports);
        else await rotateKey(world.ports, id, administrator, keyOf('a1-second'), seen(saved.revision));
        await expectInOrder(world);
        expect(own(world)).toHaveLength(1);
      },
    );
    expect(calls).toBeGreaterThan(4);
  });

  it('of a rotation leaves a connection with a key that is there, and one secret', async () => {
    const calls = await atEveryCall(
      ({ ports }) => made(ports),
      (ports) => rotateKey(ports, id, administrator, keyOf('a1-second'), seen(1)),
      async (world) => {
        await expectInOrder(world);
        expect(own(world)).toEqual([(await stored(world))?.secretName]);
      },
    );
    expect(calls).toBeGreaterThan(8);
  });

  it('of a removal leaves what the same call removes', async () => {
    const calls = await atEveryCall(
      ({ ports }) => made(ports),
      (ports) => removeConnection(ports, id, administrator, null, seen(1)),
      async (world) => {
        const again = await removeConnection(world.ports, id, administrator, null, seen(1));
        expect(['removed', 'unknown-connection']).toContain(again.kind);
        expect(await stored(world)).toBeUndefined();
        await expectInOrder(world);
      },
    );
    expect(calls).toBeGreaterThan(5);
  });
});
