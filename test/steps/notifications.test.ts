import { describe, expect, it } from 'vitest';
import type { Caller } from '../../shared/domain/access.ts';
import { at } from '../../shared/steps/addresses.ts';
import {
  getNotifications,
  removeNotifications,
  saveNotifications,
  testNotifications,
  type WantedNotifications,
} from '../../shared/steps/notifications.ts';
import { removeOld } from '../../shared/steps/remove-old.ts';
import { nobody } from '../flow/people.ts';
import { flowWorld, type World } from '../flow/world.ts';

const ada: Caller = {
  actor: { id: '8f9d1c1e-0000-4000-8000-00000000000a', name: null },
  role: 'administrator',
};
const other: Caller = { actor: { id: 'key', name: null }, role: 'administrator' };
const wanted = {
  url: 'https://hooks.example.com/finchling',
  secret: 'finchling-signing-secret',
  format: 'webhook',
  on: ['failed', 'held'],
  enabled: true,
} as const satisfies WantedNotifications;
const kept = { format: 'webhook', on: ['failed'], enabled: false } as const;

const open = () => flowWorld({ population: nobody });

const stored = async ({ ports }: World) => (await ports.store.notifications.get(at.notifications))?.value;

/** What the vault has, by the name that the row gives. */
const inVault = async (world: World): Promise<unknown> => {
  const name = (await stored(world))?.secretName;
  const answer = name ? await world.ports.secrets.get(name, { fresh: true }) : undefined;
  return answer?.kind === 'ok' ? JSON.parse(answer.value) : answer?.kind;
};

it('stores all but address and secret, which go to the vault and never come back', async () => {
  const world = await open();
  expect(await getNotifications(world.ports)).toBeUndefined();
  const answer = await saveNotifications(world.ports, ada, wanted, null);
  expect(answer).toMatchObject({
    kind: 'saved',
    isNew: true,
    view: {
      definition: { host: 'hooks.example.com', format: 'webhook', on: ['failed', 'held'], enabled: true },
      revision: 1,
      updated: { by: ada.actor },
      history: [{ revision: 1, what: 'created' }],
    },
  });
  expect(await inVault(world)).toEqual({ url: wanted.url, secret: wanted.secret });
  const rows = [await stored(world), await world.ports.store.revisions.list('notifications')];
  const shown = await getNotifications(world.ports);
  expect(JSON.stringify([answer, rows, shown, world.logged])).not.toContain('finchling');
  expect(world.logged).toMatchObject([{ event: 'notifications-changed', fields: { actor: ada.actor.id } }]);
  // Saving tells nobody.
  expect(world.notifier.sent).toEqual([]);
});

it('keeps what is not given; another address gets another name in the vault, and the former one goes', async () => {
  const world = await open();
  await saveNotifications(world.ports, ada, wanted, null);
  const first = (await stored(world))?.secretName ?? '';
  expect(await saveNotifications(world.ports, other, kept, 1)).toMatchObject({ kind: 'saved', isNew: false });
  expect(await stored(world)).toMatchObject({
    secretName: first,
    revision: 2,
    definition: { enabled: false },
  });
  const url = 'https://hooks.example.com/elsewhere';
  expect(await saveNotifications(world.ports, other, { ...kept, url }, 2)).toMatchObject({
    view: { revision: 3, history: [{ what: 'key-rotated' }, { what: 'edited' }, { what: 'created' }] },
  });
  expect((await stored(world))?.secretName).not.toBe(first);
  expect(await inVault(world)).toEqual({ url, secret: wanted.secret });
  expect(await world.ports.secrets.get(first, { fresh: true })).toEqual({ kind: 'absent' });
});

describe('of two who change it at once', () => {
  it('one is told to look again, and leaves nothing in the vault', async () => {
    const world = await open();
    await saveNotifications(world.ports, ada, wanted, null);
    const urls = ['https://hooks.example.com/1', 'https://hooks.example.com/2'];
    const answers = await Promise.all(
      urls.map((url) => saveNotifications(world.ports, ada, { ...wanted, url }, 1)),
    );
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['changed', 'saved']);
    const winner = urls[answers.findIndex(({ kind }) => kind === 'saved')];
    expect(await inVault(world)).toEqual({ url: winner, secret: wanted.secret });
    expect(await stored(world)).toMatchObject({ revision: 2 });
    expect(answers).toContainEqual({ kind: 'changed', revision: 2 });
  });

  it.each<[string, number | null]>([
    ['two who make it', null],
    ['one who edits and one who removes', 1],
  ])('%s', async (_what, seen) => {
    const world = await open();
    if (seen !== null) await saveNotifications(world.ports, ada, wanted, null);
    const second = () =>
      seen === null
        ? saveNotifications(world.ports, other, wanted, seen)
        : removeNotifications(world.ports, other, seen);
    const answers = await Promise.all([saveNotifications(world.ports, ada, wanted, seen), second()]);
    expect(answers.filter(({ kind }) => kind === 'changed')).toHaveLength(1);
    const revisions = (await world.ports.store.revisions.list('notifications')).map(
      ({ value }) => value.revision,
    );
    expect(revisions).toEqual(seen === null ? [1] : [1, 2]);
  });
});

it('only who has seen it may change it', async () => {
  const world = await open();
  expect(await saveNotifications(world.ports, ada, wanted, 1)).toEqual({ kind: 'changed', revision: null });
  await saveNotifications(world.ports, ada, wanted, null);
  expect(await saveNotifications(world.ports, ada, wanted, null)).toEqual({ kind: 'precondition-required' });
  expect(await saveNotifications(world.ports, ada, wanted, 7)).toEqual({ kind: 'changed', revision: 1 });
  expect(await removeNotifications(world.ports, ada, null)).toEqual({ kind: 'precondition-required' });
  expect(await removeNotifications(world.ports, ada, 7)).toEqual({ kind: 'changed', revision: 1 });
});

it('removed, nothing of it is in the vault; made anew, its revisions go on', async () => {
  const world = await open();
  expect(await removeNotifications(world.ports, ada, null)).toEqual({ kind: 'none' });
  await saveNotifications(world.ports, ada, wanted, null);
  const name = (await stored(world))?.secretName ?? '';
  expect(await removeNotifications(world.ports, ada, 1)).toEqual({ kind: 'removed' });
  expect(await getNotifications(world.ports)).toBeUndefined();
  expect(await testNotifications(world.ports)).toEqual({ kind: 'none' });
  expect(await world.ports.secrets.get(name, { fresh: true })).toEqual({ kind: 'absent' });
  expect(await saveNotifications(world.ports, ada, kept, null)).toMatchObject({
    kind: 'refused',
    field: 'url',
  });
  expect(await saveNotifications(world.ports, ada, wanted, null)).toMatchObject({
    isNew: true,
    view: { revision: 3, history: [{ what: 'created' }, { what: 'removed' }, { what: 'created' }] },
  });
});

it.each<[string, (world: World) => Promise<{ readonly kind: string }>]>([
  ['removed', ({ ports }) => removeNotifications(ports, ada, 1)],
  ['sent elsewhere', ({ ports }) => saveNotifications(ports, ada, { ...wanted, url: `${wanted.url}/2` }, 1)],
])('%s while the vault removes nothing, the former secret goes when it does', async (_what, change) => {
  const world = await open();
  await saveNotifications(world.ports, ada, wanted, null);
  const name = (await stored(world))?.secretName ?? '';
  const { secrets } = world;
  const keeping = { ...secrets, remove: async () => ({ kind: 'unavailable' }) as const };
  await change({ ...world, ports: { ...world.ports, secrets: keeping } });
  expect(await secrets.get(name, { fresh: true })).toMatchObject({ kind: 'ok' });
  const { revision } = (await stored(world)) ?? {};

  await removeOld(world.ports);
  expect(await secrets.get(name, { fresh: true })).toEqual({ kind: 'absent' });
  expect(await stored(world)).toMatchObject({ revision, leftSecrets: [] });
});

it('a clean-up of secrets at the same moment is no change of the document', async () => {
  const world = await open();
  await saveNotifications(world.ports, ada, wanted, null);
  const { notifications } = world.ports.store;
  let isFirst = true;
  const meeting = {
    ...notifications,
    replace: async (...asked: Parameters<typeof notifications.replace>) => {
      const row = await notifications.get(at.notifications);
      if (isFirst && row !== undefined) await notifications.replace(row, { ...row.value, leftSecrets: [] });
      isFirst = false;
      return notifications.replace(...asked);
    },
  };
  const ports = { ...world.ports, store: { ...world.ports.store, notifications: meeting } };
  expect(await saveNotifications(ports, ada, kept, 1)).toMatchObject({
    kind: 'saved',
    view: { revision: 2 },
  });
});

it.each<[string, WantedNotifications, object]>([
  ['no address', kept, { kind: 'refused', field: 'url' }],
  ['plain http', { ...wanted, url: 'http://hooks.example.com/' }, { kind: 'refused', field: 'url' }],
  ['another host', { ...wanted, url: 'https://example.org/' }, { kind: 'refused', field: 'url' }],
  ['no secret for a webhook', { ...wanted, secret: undefined }, { kind: 'refused', field: 'secret' }],
])('%s is refused, and nothing is stored', async (_what, given, expected) => {
  const world = await open();
  expect(await saveNotifications(world.ports, ada, given, null)).toMatchObject(expected);
  expect(await stored(world)).toBeUndefined();
});

it('a vault that does not answer, or refuses, changes nothing', async () => {
  const world = await open();
  world.secrets.silence(true);
  expect(await saveNotifications(world.ports, ada, wanted, null)).toEqual({ kind: 'vault-unavailable' });
  world.secrets.silence(false);
  world.secrets.forbid(true);
  expect(await saveNotifications(world.ports, ada, wanted, null)).toEqual({ kind: 'vault-forbidden' });
  expect(await stored(world)).toBeUndefined();
});

it('a test is sent now, whatever is enabled, and says how it went', async () => {
  const world = await open();
  expect(await testNotifications(world.ports)).toEqual({ kind: 'none' });
  await saveNotifications(world.ports, ada, { ...wanted, enabled: false }, null);
  expect(await testNotifications(world.ports)).toEqual({ kind: 'delivered' });
  expect(world.notifier.sent).toMatchObject([{ url: wanted.url }]);
  expect(Object.keys(world.notifier.sent[0]?.headers ?? {})).toContain('x-export-signature');
  world.notifier.answer({ kind: 'failed', code: 'redirect' });
  expect(await testNotifications(world.ports)).toEqual({ kind: 'failed', code: 'redirect' });
});
