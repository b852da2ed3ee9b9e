import { describe, expect, it, test } from 'vitest';
import type { Ports } from '../../shared/ports/ports.ts';
import { at, paths } from '../../shared/steps/addresses.ts';
import { detachExport } from '../../shared/steps/detach-export.ts';
import { loadHashSecret } from '../../shared/steps/load.ts';
import { removeExport } from '../../shared/steps/remove-export.ts';
import { removeOld } from '../../shared/steps/remove-old.ts';
import { newsletter, peopleOf } from '../flow/people.ts';
import { brandA, flowWorld, hour, minute, type World } from '../flow/world.ts';
import { memorySecrets } from '../memory/secrets.ts';
import {
  addShared,
  administrator,
  bodyOf,
  contributor,
  definitionOf,
  otherAdministrator,
  revisionsOf,
  save,
  second,
  viewer,
} from './documents.ts';

const { population } = peopleOf(600);
const { id } = newsletter;

const remove = async (world: World, options: { freeMarkers?: boolean } = {}, revision: number | null = 1) => {
  const answer = await removeExport(world.ports, id, administrator, revision, options);
  if (answer.kind === 'ending') for (const one of answer.messages) await world.queue.put(one);
  return answer;
};

const detach = async (world: World, revision: number | null = 1) => {
  const answer = await detachExport(world.ports, id, administrator, revision);
  if (answer.kind === 'ending') for (const one of answer.messages) await world.queue.put(one);
  return answer;
};

/** All that is stored of the export, beside its history and the names of its markers. */
const stored = async ({ secrets, ports: { store, blobs } }: World) => {
  const runs = (await store.runs.list(id)).map(({ key }) => key);
  const prefixes = [paths.snapshotsOfExport(id), ...paths.ofRunsOf(id)];
  const counts = {
    export: (await store.exports.get(at.export(id))) === undefined ? 0 : 1,
    state: (await store.states.get(at.state(id))) === undefined ? 0 : 1,
    runs: runs.length,
    skipped: (await store.skipped.list(id)).length,
    snapshots: (await store.snapshots.list(id)).length,
    blobs: (await Promise.all(prefixes.map((prefix) => blobs.list(prefix)))).flat().length,
    secret: Object.keys(secrets.values()).filter((name) => name.startsWith(`hash-${id}-`)).length,
  };
  return counts;
};
const nothing = { export: 0, state: 0, runs: 0, skipped: 0, snapshots: 0, blobs: 0, secret: 0 };

/** Ports whose call of this number fails, as where the process dies. */
const cutAt = (ports: Ports, place: number): Ports => {
  let calls = 0;
  const cut = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return async (...args: readonly unknown[]) => {
          calls += 1;
          if (calls - 1 === place) throw new Error('cut off');
          return Reflect.apply(value, target, args);
        };
      },
    });
  const { store } = ports;
  return {
    ...ports,
    store: {
      ...store,
      exports: cut(store.exports),
      revisions: cut(store.revisions),
      states: cut(store.states),
      runs: cut(store.runs),
      pages: cut(store.pages),
      slices: cut(store.slices),
      skipped: cut(store.skipped),
      snapshots: cut(store.snapshots),
    },
    blobs: cut(ports.blobs),
    secrets: cut(ports.secrets),
  };
};

describe('removing', () => {
  it('leaves nothing but the history and what Omnisend has, and lists the markers that stay its own', async () => {
    const world = await flowWorld({ population });
    const run = await world.run();
    await world.run('dry-run');
    const before = structuredClone(world.destination.contacts(brandA));
    const full = await stored(world);
    for (const count of [full.export, full.state, full.runs, full.snapshots, full.blobs, full.secret])
      expect(count).toBeGreaterThan(0);
    const rows = (await world.ports.store.pages.list(run.id)).length;
    expect(rows).toBeGreaterThan(0);

    const names = newsletter.segments.map((segment) => `segment_${segment}`).toSorted();
    expect(await remove(world)).toEqual({
      kind: 'removed',
      markers: names.map((name) => ({ brand: brandA, name })),
    });
    expect(await stored(world)).toEqual(nothing);
    expect(await world.ports.store.pages.list(run.id)).toEqual([]);
    expect(await world.ports.store.slices.list(run.id)).toEqual([]);
    expect(world.destination.contacts(brandA)).toEqual(before);
    expect(await revisionsOf(world, id)).toEqual(['2 removed administrator-1']);
  });

  it('of another export touches nothing of one whose id begins alike', async () => {
    const world = await flowWorld({ population });
    await world.run();
    const before = await stored(world);
    await save(world, bodyOf(), { id: second });
    expect(await removeExport(world.ports, second, administrator, 1)).toEqual({
      kind: 'removed',
      markers: [],
    });
    expect(await stored(world)).toEqual(before);
  });

  it('frees the markers for others where an administrator says so, at once or later', async () => {
    const world = await flowWorld({ population });
    await world.run();
    const body = bodyOf({ markerPrefix: newsletter.markerPrefix });
    await remove(world);
    // Nobody else's run may claim them yet.
    expect((await world.ports.store.markers.list(brandA)).length).toBe(2);
    expect(await remove(world, { freeMarkers: true }, null)).toMatchObject({ kind: 'removed' });
    expect(await world.ports.store.markers.list(brandA)).toEqual([]);
    expect(await remove(world, { freeMarkers: true }, null)).toEqual({ kind: 'unknown-export' });
    expect(await save(world, body)).toMatchObject({ kind: 'created' });
  });

  it('cancels a run first, settles what it posted, and goes on when asked again', async () => {
    const world = await flowWorld({ population, requestsPerMinute: 12 });
    const asked = await world.ask();
    if (asked.kind !== 'accepted') throw new Error(asked.kind);
    await world.until(() => world.destination.posts.length > 0);
    expect(await remove(world)).toMatchObject({ kind: 'ending', run: asked.run });
    // Meanwhile nobody edits, runs or detaches it.
    expect(await save(world, { ...newsletter }, { id, basis: 1 })).toEqual({ kind: 'removing' });
    expect(await world.ask()).toEqual({ kind: 'unknown-export' });
    expect(await detach(world)).toEqual({ kind: 'unknown-export' });
    await world.until(() => world.runOf(asked.run).endedAt !== null);
    await world.pass(minute);
    expect(world.runOf(asked.run).state).toBe('cancelled');
    expect(await remove(world)).toMatchObject({ kind: 'removed' });
    expect(await stored(world)).toEqual(nothing);
  });

  it('is finished by the timer where nobody asks again', async () => {
    const world = await flowWorld({ population, requestsPerMinute: 12 });
    const asked = await world.ask();
    if (asked.kind !== 'accepted') throw new Error(asked.kind);
    await world.until(() => world.destination.posts.length > 0);
    expect(await remove(world)).toMatchObject({ kind: 'ending' });
    await world.pass(hour);
    await removeOld(world.ports);
    expect(await stored(world)).toEqual(nothing);
  });

  it('with the vault silent is begun again from where it stood', async () => {
    const world = await flowWorld({ population });
    await world.run();
    world.secrets.silence(true);
    expect(await remove(world)).toEqual({ kind: 'vault', fault: 'unavailable' });
    await removeOld(world.ports);
    expect(world.logged.some(({ event }) => event === 'supervision-failed')).toBe(true);
    world.secrets.silence(false);
    expect(await remove(world)).toMatchObject({ kind: 'removed' });
    expect(await stored(world)).toEqual(nothing);
  });

  it('cut off at any call leaves nothing once it is asked for again', async () => {
    const small = peopleOf(100).population;
    let isCut = true;
    for (let place = 0; isCut; place += 4) {
      const world = await flowWorld({ population: small });
      await world.run();
      const cut = cutAt(world.ports, place);
      const answer = await removeExport(cut, id, administrator, 1).catch(() => null);
      isCut = answer === null;
      if (isCut)
        expect(await removeExport(world.ports, id, administrator, 1)).toMatchObject({ kind: 'removed' });
      expect(await stored(world)).toEqual(nothing);
      expect(await revisionsOf(world, id)).toEqual(['2 removed administrator-1']);
    }
  });

  it('and making anew under the same id begins at a new revision, with nobody known', async () => {
    const world = await flowWorld({ population });
    await world.run();
    await remove(world);
    const again = await save(world, { ...newsletter }, { id });
    expect(again).toMatchObject({ kind: 'created', saved: { revision: 3 } });
    const run = await world.run();
    expect(run).toMatchObject({ state: 'succeeded', tally: { unchanged: 0 } });
  });

  it('and making anew has another hash secret: other processes still cache the former one', async () => {
    const world = await flowWorld({ population });
    const hashSecret = () => loadHashSecret(world.ports, id);
    await world.run();
    const former = await hashSecret();
    const caching = memorySecrets({ clock: world.ports.clock, seed: world.secrets.values() });
    const other = { ...world.ports, secrets: caching };
    expect(await loadHashSecret(other, id)).toBe(former);
    await remove(world);
    await world.pass(minute);
    await save(world, { ...newsletter }, { id });
    await world.run();
    const present = await hashSecret();
    expect(present).not.toBe(former);
    for (const [name, value] of Object.entries(world.secrets.values())) caching.rotate(name, value);
    expect(await loadHashSecret(other, id)).toBe(present);
  });

  it('or editing: of two at once, one is told', async () => {
    const world = await flowWorld({ population });
    const [removal, edit] = await Promise.all([
      remove(world),
      save(world, { ...newsletter, displayName: 'Edited' }, { id, basis: 1, caller: otherAdministrator }),
    ]);
    const outcome = `${removal.kind} ${edit.kind}`;
    expect(['removed changed', 'changed saved', 'removed removing']).toContain(outcome);
    const left = await definitionOf(world, id);
    expect(left?.displayName).toBe(removal.kind === 'removed' ? undefined : 'Edited');
  });
});

describe('detaching', () => {
  it('keeps the definition and the snapshot, and runs no more until it is saved with a connection', async () => {
    const definition = { ...newsletter, schedule: { cron: '0 * * * *', timeZone: 'Etc/UTC' } };
    const world = await flowWorld({ population, definition });
    const first = await world.run();
    expect(await detach(world)).toEqual({ kind: 'detached' });
    expect(await detach(world)).toEqual({ kind: 'detached' });
    expect(await world.ask()).toEqual({ kind: 'detached' });
    const runs = world.runs.size;
    await world.pass(3 * hour);
    expect(world.runs.size).toBe(runs);
    expect(await definitionOf(world, id)).toEqual(definition);

    expect(await save(world, { ...definition }, { id, basis: 2 })).toMatchObject({
      kind: 'saved',
      saved: { isDetached: false },
    });
    const again = await world.run();
    expect(again.tally).toMatchObject({ accepted: 0, unchanged: first.tally?.accepted });
    expect(await revisionsOf(world, id)).toEqual([
      '1 created sandbox',
      '2 detached administrator-1',
      '3 attached administrator-1',
    ]);
  });

  it('cancels a run first; asked again with the same revision, it goes on', async () => {
    const world = await flowWorld({ population, requestsPerMinute: 12 });
    const asked = await world.ask();
    if (asked.kind !== 'accepted') throw new Error(asked.kind);
    await world.until(() => world.destination.posts.length > 0);
    expect(await detach(world)).toMatchObject({ kind: 'ending', run: asked.run });
    await world.until(() => world.runOf(asked.run).endedAt !== null);
    await world.pass(minute);
    expect(await detach(world)).toEqual({ kind: 'detached' });
  });
});

describe('who may', () => {
  test.each([
    ['a viewer', viewer, { kind: 'forbidden' }, 'forbidden'],
    ['a contributor', contributor, { kind: 'forbidden' }, 'removed'],
    ['an administrator', administrator, { kind: 'detached' }, 'removed'],
  ])('%s: of the export that is not shared, and the one that is', async (_name, caller, own, shared) => {
    const world = await flowWorld({ population });
    await addShared(world);
    await save(world, bodyOf({ connection: 'brand-shared' }));
    expect(await detachExport(world.ports, id, caller, 1)).toEqual(own);
    expect(await removeExport(world.ports, second, caller, 1)).toMatchObject({ kind: shared });
  });

  it('only an administrator frees markers', async () => {
    const world = await flowWorld({ population });
    await addShared(world);
    await save(world, bodyOf({ connection: 'brand-shared' }));
    const free = { freeMarkers: true };
    expect(await removeExport(world.ports, second, contributor, 1, free)).toEqual({ kind: 'forbidden' });
  });

  test.each([removeExport, detachExport])(
    '%O: another revision is told, and what is not there',
    async (step) => {
      const world = await flowWorld({ population });
      expect(await step(world.ports, id, administrator, 7)).toEqual({ kind: 'changed', revision: 1 });
      expect(await step(world.ports, second, administrator, 1)).toEqual({ kind: 'unknown-export' });
    },
  );
});
