import { describe, expect, it } from 'vitest';
import { privacyStatement } from '../../shared/domain/privacy-statement.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { at } from '../../shared/steps/addresses.ts';
import { listConnectionRevisions } from '../../shared/steps/connection-revisions.ts';
import { removeConnection } from '../../shared/steps/remove-connection.ts';
import { saveConnection } from '../../shared/steps/save-connection.ts';
import { nobody } from '../flow/people.ts';
import { flowWorld } from '../flow/world.ts';
import {
  administrator,
  contributor,
  definitionOf,
  keyOf,
  made,
  named,
  seen,
  stored,
  unsaid,
  wantedOf,
} from './connections.ts';

const open = () => flowWorld({ population: nobody });
const { id } = definitionOf('brand-n');
const { wording } = privacyStatement;
const tagged = { purpose: 'omnisend-export' };
const before = { kind: 'other' } as const;

const revisionsOf = async (ports: Ports) =>
  (await listConnectionRevisions(ports, id, { before: null, limit: 50 }))?.revisions.map(
    ({ revision, what }) => `${revision} ${what}`,
  );

describe('a new connection', () => {
  it('keeps who agreed to what and when, and the key in the vault alone, under a name of its own', async () => {
    const { ports, secrets, clock } = await open();
    const answer = await saveConnection(ports, administrator, wantedOf('brand-n'), unsaid);
    const saved = await stored(ports, id);
    const now = { at: clock.now(), by: administrator.actor };
    expect(saved).toMatchObject({ consent: { ...now, wording }, created: now, updated: now, revision: 1 });
    expect(saved.secretName).toMatch(/^omnisend-brand-n-[0-9a-f]{20}$/);
    expect(secrets.values()[saved.secretName]).toBe('a1-full');
    expect(await secrets.tagsOf(saved.secretName)).not.toMatchObject({ tags: tagged });
    expect(answer).toMatchObject({
      kind: 'created',
      connection: { id, type: 'omnisend', secretName: saved.secretName, isOwnSecret: true, exports: [] },
    });
    expect(JSON.stringify([answer, saved])).not.toContain('a1-full');
    expect(await revisionsOf(ports)).toEqual(['1 created']);
  });

  it('may name a secret that is tagged for it, which stays as it is', async () => {
    const { ports, secrets } = await open();
    secrets.rotate('my-key', 'a1-full', tagged);
    const wanted = wantedOf('brand-n', { key: named('my-key') });
    expect(await saveConnection(ports, administrator, wanted, unsaid)).toMatchObject({
      kind: 'created',
      connection: { secretName: 'my-key', isOwnSecret: false },
    });
  });

  it.each([
    ['is not there', 'not-there', { kind: 'no-secret' }],
    ['is not tagged', 'untagged', { kind: 'not-for-export' }],
    ['has another purpose', 'hash-newsletter', { kind: 'not-for-export' }],
  ])('is not made with a secret that %s', async (_, secretName, expected) => {
    const { ports, secrets } = await open();
    secrets.rotate('untagged', 'a1-full');
    secrets.rotate('hash-newsletter', 'a1-full', { purpose: 'hash' });
    const wanted = wantedOf('brand-n', { key: named(secretName) });
    const answer = await saveConnection(ports, administrator, wanted, unsaid);
    expect(answer).toEqual({ ...expected, secretName });
    expect(await ports.store.connections.get(at.connection(id))).toBeUndefined();
  });

  it("is not made with another connection's own secret, which goes with that one", async () => {
    const { ports } = await open();
    const { secretName } = await made(ports, 'other');
    const wanted = wantedOf('brand-n', { key: named(secretName) });
    expect(await saveConnection(ports, administrator, wanted, unsaid)).toEqual({
      kind: 'not-for-export',
      secretName,
    });
  });

  it('is not made without consent to the present wording, nor without a key: every fault at once', async () => {
    const { ports, secrets } = await open();
    const known = secrets.values();
    const fields = async (wanted: Parameters<typeof saveConnection>[2]) => {
      const answer = await saveConnection(ports, administrator, wanted, unsaid);
      return answer.kind === 'faults' ? answer.faults.map(({ field }) => field) : answer.kind;
    };
    const { definition, key = keyOf('a1-full') } = wantedOf('brand-n');
    expect(await fields({ definition })).toEqual(['agree', 'apiKey']);
    expect(await fields({ definition, key })).toEqual(['agree']);
    expect(await fields({ definition, key, agreedTo: '2020-01-01' })).toEqual(['wording']);
    expect(await ports.store.connections.get(at.connection(id))).toBeUndefined();
    expect(secrets.values()).toEqual(known);
  });

  it.each([
    ['refuses the app', 'forbidden'],
    ['does not answer', 'unavailable'],
  ] as const)('is not made where the vault %s, and nothing of it stays', async (_, fault) => {
    const { ports, secrets } = await open();
    fault === 'forbidden' ? secrets.forbid(true) : secrets.silence(true);
    const answer = await saveConnection(ports, administrator, wantedOf('brand-n'), unsaid);
    expect(answer).toEqual({ kind: 'vault', fault });
    expect(await ports.store.connections.get(at.connection(id))).toBeUndefined();
    secrets.forbid(false);
    secrets.silence(false);
    expect((await made(ports)).revision).toBe(1);
  });

  it('is not made where somebody says that it was there', async () => {
    const { ports } = await open();
    for (const saw of [seen(1), before]) {
      expect(await saveConnection(ports, administrator, wantedOf('brand-n'), saw)).toEqual({
        kind: 'changed',
        revision: null,
      });
    }
  });

  it('is made by one of two that ask at the same moment; the other one is told, and leaves no key', async () => {
    const { ports, secrets } = await open();
    const answers = await Promise.all(
      ['a1-full', 'b2-full'].map((key) =>
        saveConnection(ports, administrator, wantedOf('brand-n', { key: keyOf(key) }), { kind: 'none' }),
      ),
    );
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['changed', 'created']);
    const { secretName } = await stored(ports, id);
    expect(Object.keys(secrets.values()).filter((name) => name.startsWith('omnisend-brand-n-'))).toEqual([
      secretName,
    ]);
  });

  it('goes on with the numbers of a removed one of its id, under another secret', async () => {
    const { ports } = await open();
    const first = await made(ports);
    await removeConnection(ports, id, administrator, null, seen(1));
    const second = await made(ports);
    expect(second.revision).toBe(3);
    expect(second.secretName).not.toBe(first.secretName);
    expect(await revisionsOf(ports)).toEqual(['3 created', '2 removed', '1 created']);
  });
});

describe('an edit', () => {
  const edited = wantedOf('brand-n');
  const edit = { definition: definitionOf('brand-n', 'Another name', 'contributors') };

  it('changes name and who may use it, and notes who did', async () => {
    const { ports, clock } = await open();
    const first = await made(ports);
    await clock.advance(1_000);
    const answer = await saveConnection(ports, { ...contributor, role: 'administrator' }, edit, seen(1));
    expect(answer).toMatchObject({
      kind: 'edited',
      connection: { displayName: 'Another name', sharedWith: 'contributors', revision: 2 },
    });
    expect(await stored(ports, id)).toEqual({
      ...first,
      definition: edit.definition,
      revision: 2,
      updated: { at: clock.now(), by: contributor.actor },
      change: 'edited',
    });
    expect(await revisionsOf(ports)).toEqual(['2 edited', '1 created']);
  });

  it('that changes nothing is no revision', async () => {
    const { ports } = await open();
    const first = await made(ports);
    const same = { definition: edited.definition };
    expect(await saveConnection(ports, administrator, same, seen(1))).toMatchObject({ kind: 'edited' });
    expect(await stored(ports, id)).toEqual(first);
  });

  it('may renew the consent', async () => {
    const { ports, clock } = await open();
    await made(ports);
    await clock.advance(1_000);
    const renewed = { definition: edited.definition, agreedTo: wording };
    await saveConnection(ports, administrator, renewed, seen(1));
    expect((await stored(ports, id)).consent.at).toBe(clock.now());
  });

  it.each([
    ['nothing', unsaid, { kind: 'unseen', revision: 1 }],
    ['another revision', seen(2), { kind: 'changed', revision: 1 }],
    ['no revision', { kind: 'other' } as const, { kind: 'changed', revision: 1 }],
    ['that it is not there', { kind: 'none' } as const, { kind: 'changed', revision: 1 }],
  ])('of who has seen %s is refused', async (_, saw, expected) => {
    const { ports } = await open();
    const first = await made(ports);
    expect(await saveConnection(ports, administrator, edit, saw)).toEqual(expected);
    expect(await stored(ports, id)).toEqual(first);
  });

  it('brings no key, and no consent to another wording', async () => {
    const { ports } = await open();
    await made(ports);
    const wanted = { ...edit, key: keyOf('a1-full'), agreedTo: '2020-01-01' };
    expect(await saveConnection(ports, administrator, wanted, seen(1))).toMatchObject({
      kind: 'faults',
      faults: [{ field: 'wording' }, { field: 'apiKey' }],
    });
  });

  it('of two administrators at once: one is told, and no change is lost', async () => {
    const { ports } = await open();
    await made(ports);
    const names = ['One', 'Two', 'Three'];
    const answers = await Promise.all(
      names.map((name) =>
        saveConnection(ports, administrator, { definition: definitionOf('brand-n', name) }, seen(1)),
      ),
    );
    const won = names.filter((_, place) => answers[place]?.kind === 'edited');
    expect(won).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === 'changed')).toEqual(
      Array(2).fill({ kind: 'changed', revision: 2 }),
    );
    expect((await stored(ports, id)).definition.displayName).toBe(won[0]);
    expect(await revisionsOf(ports)).toEqual(['2 edited', '1 created']);
  });

  it('notes a revision that a crash kept from being noted', async () => {
    const { ports } = await open();
    await made(ports);
    const insert = async () => {
      throw new Error('crash');
    };
    const crashing = {
      ...ports,
      store: { ...ports.store, revisions: { ...ports.store.revisions, insert } },
    };
    await ports.store.revisions.remove(at.connectionRevision(id, 1));
    await expect(saveConnection(crashing, administrator, edit, seen(1))).rejects.toThrow('crash');
    await saveConnection(ports, administrator, edit, seen(1));
    expect(await revisionsOf(ports)).toEqual(['2 edited', '1 created']);
  });
});
