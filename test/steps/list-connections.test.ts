import { beforeEach, describe, expect, it } from 'vitest';
import { exportDefinition } from '../../shared/domain/definition.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { at } from '../../shared/steps/addresses.ts';
import { listConnectionRevisions } from '../../shared/steps/connection-revisions.ts';
import { describeConnection, listConnections } from '../../shared/steps/list-connections.ts';
import { saveConnection } from '../../shared/steps/save-connection.ts';
import { newsletter, nobody } from '../flow/people.ts';
import { flowWorld } from '../flow/world.ts';
import { memoryStore } from '../memory/store.ts';
import { savedConnectionOf, savedExportOf } from '../sandbox/saved.ts';
import { administrator, contributor, definitionOf, made, seen, viewer } from './connections.ts';

let ports: Ports;
const shared = definitionOf('shared', 'Shared', 'contributors');
const closed = definitionOf('closed', 'Closed');

beforeEach(async () => {
  ({ ports } = await flowWorld({ population: nobody }));
  ports = { ...ports, store: memoryStore() };
  for (const one of [shared, closed])
    await ports.store.connections.insert(
      at.connection(one.id),
      savedConnectionOf(one, `secret-of-${one.id}`),
    );
  const used = exportDefinition.parse({ ...newsletter, connection: 'closed' });
  await ports.store.exports.insert(at.export(used.id), savedExportOf(used));
  const gone = exportDefinition.parse({ ...newsletter, id: 'gone', connection: 'closed' });
  await ports.store.exports.insert(at.export(gone.id), { ...savedExportOf(gone), isDetached: true });
});

const all = { after: null, limit: 50 };
const name = { id: 'shared', displayName: 'Shared', type: 'omnisend' };

describe('who sees what', () => {
  it('administrators: all of it but the key, with the exports that use it', async () => {
    const { connections, next } = await listConnections(ports, administrator, all);
    expect(next).toBeNull();
    expect(connections).toMatchObject([{ id: 'closed' }, { ...name, secretName: 'secret-of-shared' }]);
    expect(await describeConnection(ports, closed.id, administrator)).toEqual({
      id: 'closed',
      displayName: 'Closed',
      type: 'omnisend',
      sharedWith: 'administrators',
      secretName: 'secret-of-closed',
      isOwnSecret: false,
      consent: { at: '1970-01-01T00:00:00.000Z', by: { id: 'sandbox', name: null }, wording: 'sandbox' },
      revision: 1,
      created: { at: '1970-01-01T00:00:00.000Z', by: { id: 'sandbox', name: null } },
      updated: { at: '1970-01-01T00:00:00.000Z', by: { id: 'sandbox', name: null } },
      removing: null,
      exports: [{ id: newsletter.id, displayName: newsletter.displayName }],
    });
  });

  it('contributors: name and type of those that are shared, and no sign of others', async () => {
    expect(await listConnections(ports, contributor, all)).toEqual({ connections: [name], next: null });
    expect(await describeConnection(ports, shared.id, contributor)).toEqual(name);
    expect(await describeConnection(ports, closed.id, contributor)).toBeUndefined();
  });

  it('viewers: none', async () => {
    expect(await listConnections(ports, viewer, all)).toEqual({ connections: [], next: null });
    expect(await describeConnection(ports, shared.id, viewer)).toBeUndefined();
  });
});

it('lists by id, part by part, each once', async () => {
  for (const id of ['a', 'b', 'c']) await made(ports, id);
  const seenIds: string[] = [];
  let after: string | null = null;
  do {
    const part = await listConnections(ports, administrator, { after, limit: 2 });
    expect(part.connections.length).toBeLessThanOrEqual(2);
    seenIds.push(...part.connections.map(({ id }) => id));
    after = part.next;
  } while (after !== null);
  expect(seenIds).toEqual(['a', 'b', 'c', 'closed', 'shared']);
});

it('lists revisions, the newest first, part by part', async () => {
  const { definition } = await made(ports, 'brand-n');
  for (const revision of [1, 2, 3]) {
    const edit = { definition: { ...definition, displayName: `Name ${revision}` } };
    await saveConnection(ports, administrator, edit, seen(revision));
  }
  const first = await listConnectionRevisions(ports, definition.id, { before: null, limit: 3 });
  expect(first).toMatchObject({ revisions: [{ revision: 4 }, { revision: 3 }, { revision: 2 }], next: 2 });
  expect(first?.revisions[0]).toMatchObject({
    what: 'edited',
    by: administrator.actor,
    definition: { displayName: 'Name 3' },
  });
  expect(await listConnectionRevisions(ports, definition.id, { before: 2, limit: 3 })).toMatchObject({
    revisions: [{ revision: 1, what: 'created' }],
    next: null,
  });
  expect(
    await listConnectionRevisions(ports, definitionOf('never').id, { before: null, limit: 3 }),
  ).toBeUndefined();
});
