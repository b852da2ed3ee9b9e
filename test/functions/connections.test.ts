import { describe, expect, test } from 'vitest';
import type { ApiHandler } from '../../functions/api.ts';
import { atTheEdge } from '../../functions/at-the-edge.ts';
import {
  connectionRevisionsView,
  connectionsView,
  connectionView,
  listOfConnections,
  oneConnection,
  privacyStatementView,
  revisionsOfConnection,
  statement,
} from '../../functions/connections.ts';
import { toCursor } from '../../functions/listing.ts';
import {
  deleteConnection,
  removedConnectionView,
  removingConnectionView,
} from '../../functions/remove-connection.ts';
import { putKey, rotatedView } from '../../functions/rotate-key.ts';
import { putConnection } from '../../functions/save-connection.ts';
import { exportId, runId } from '../../shared/domain/ids.ts';
import { privacyStatement } from '../../shared/domain/privacy-statement.ts';
import { type ConnectionDetails, detailsOf } from '../../shared/steps/list-connections.ts';
import type { ConnectionRemoval } from '../../shared/steps/remove-connection.ts';
import type { Rotation } from '../../shared/steps/rotate-key.ts';
import type { SavingConnection } from '../../shared/steps/save-connection.ts';
import type { KeyFault } from '../../shared/steps/store-key.ts';
import { savedConnectionOf } from '../sandbox/saved.ts';
import { administrator, definitionOf } from '../steps/connections.ts';
import { call } from './call.ts';

type Options = NonNullable<Parameters<typeof call>[1]>;

const definition = definitionOf('brand-eu', 'Brand EU');
const details: ConnectionDetails = {
  ...detailsOf(savedConnectionOf(definition, 'secret-1'), []),
  revision: 7,
};
const key = '5f00a1-canary';

/** Calls a handler of which the step gives this answer, and tells what the step was asked. */
async function ask<A>(
  handler: (step: (...asked: readonly unknown[]) => Promise<A>) => ApiHandler,
  answer: A,
  options: Options = {},
) {
  const asked: (readonly unknown[])[] = [];
  const api = handler(async (...given) => {
    asked.push(given);
    return answer;
  });
  const answered = await call(
    atTheEdge((http) => api(http, administrator)),
    { params: { id: 'brand-eu' }, ...options },
  );
  return { ...answered, asked };
}

const problemOf = (status: number, json: object) => ({
  status,
  json: { type: 'about:blank', status, title: expect.any(String), detail: expect.any(String), ...json },
});

const save = (body: unknown, answer: SavingConnection = { kind: 'edited', connection: details }, more = {}) =>
  ask<SavingConnection>(putConnection, answer, { method: 'PUT', body: JSON.stringify(body), ...more });
const rotate = (body: unknown, answer: Rotation, more = {}) =>
  ask<Rotation>(putKey, answer, { method: 'PUT', body: JSON.stringify(body), ...more });
const remove = (answer: ConnectionRemoval, more: Options = {}) =>
  ask<ConnectionRemoval>(deleteConnection, answer, { method: 'DELETE', ...more });

describe('what the caller has seen', () => {
  test.each([
    [{}, { kind: 'unsaid' }],
    [{ 'if-match': '"7"' }, { kind: 'revision', revision: 7 }],
    [{ 'if-match': ' "12" ' }, { kind: 'revision', revision: 12 }],
    [{ 'if-none-match': '*' }, { kind: 'none' }],
    [{ 'if-none-match': '"7"' }, { kind: 'unsaid' }],
    ...['7', 'W/"7"', '*', '"7", "8"', '"0"', '"x"', '""', ''].map(
      (tag): [Record<string, string>, object] => [{ 'if-match': tag }, { kind: 'other' }],
    ),
  ])('%j → %j', async (headers, seen) => {
    const { asked } = await save({ displayName: 'A' }, undefined, { headers });
    expect(asked[0]?.[2]).toEqual(seen);
  });
});

describe('PUT connections/{id}', () => {
  const body = { displayName: ' Brand EU ', sharedWith: 'contributors' };
  const shared = { ...definition, sharedWith: 'contributors' };

  test.each<[object, object]>([
    [{ displayName: 'Brand EU' }, { definition }],
    [body, { definition: shared }],
    [
      { ...body, id: 'brand-eu', agree: true, wording: '1' },
      { definition: shared, agreedTo: '1' },
    ],
    [
      { ...body, apiKey: ` ${key} ` },
      { definition: shared, key: { kind: 'key', apiKey: key } },
    ],
    [
      { ...body, secretName: 'mine' },
      { definition: shared, key: { kind: 'name', secretName: 'mine' } },
    ],
  ])('%j asks for %j', async (sent, wanted) => {
    const { asked, status } = await save(sent);
    expect({ asked, status }).toEqual({ asked: [[administrator, wanted, { kind: 'unsaid' }]], status: 200 });
  });

  test.each<[unknown, readonly string[]]>([
    [{}, ['displayName']],
    [{ displayName: '', sharedWith: 'all' }, ['displayName', 'sharedWith']],
    [{ displayName: 'A', agree: false, wording: 'w' }, ['agree']],
    [{ displayName: 'A', agree: true }, ['agree']],
    [{ displayName: 'A', wording: 'w' }, ['agree']],
    [{ displayName: 'A', apiKey: 'canary' }, ['apiKey']],
    [{ displayName: 'A', apiKey: '-canary' }, ['apiKey']],
    [{ displayName: 'A', apiKey: 'a1-canary canary' }, ['apiKey']],
    [{ displayName: 'A', apiKey: `a1-${'canary'.repeat(100)}` }, ['apiKey']],
    [{ displayName: 'A', apiKey: ['canary'] }, ['apiKey']],
    [{ displayName: 'A', secretName: 'canary/a' }, ['secretName']],
    [{ displayName: 'A', secretName: 'canary', apiKey: 'a1-canary' }, ['apiKey']],
    [{ displayName: 'A', id: 'other-canary' }, ['id']],
    [{ displayName: 'A', id: '1-canary' }, ['id']],
    [{ displayName: 'A', 'a1-canary': 1 }, ['body']],
    [{ displayName: 'A', revision: 1 }, ['body']],
    [['canary'], ['body']],
  ])('400 for %j, which names %j and repeats nothing', async (sent, fields) => {
    const { status, json, text, asked } = await save(sent);
    expect({ status, json }).toMatchObject(problemOf(400, { errors: fields.map((field) => ({ field })) }));
    expect(text).not.toContain('canary');
    expect(asked).toEqual([]);
  });

  test.each(['1st', 'Brand', 'a'.repeat(41)])('400 for the id %j', async (id) => {
    const { status, json } = await save({ displayName: 'A' }, undefined, { params: { id } });
    expect({ status, json }).toMatchObject(problemOf(400, { title: 'The id is wrong' }));
  });

  test.each([
    ['created', 201],
    ['edited', 200],
  ] as const)('%s: %i with the document and its ETag', async (kind, status) => {
    const answer = await save({ displayName: 'A' }, { kind, connection: details });
    expect(answer).toMatchObject({ status, json: details });
    expect(answer.headers.get('etag')).toBe('"7"');
    expect(connectionView.safeParse(answer.json).success).toBe(true);
  });
});

const keyFaults: readonly [KeyFault, number, object, string | null][] = [
  [{ kind: 'no-secret', secretName: 'mine' }, 422, { code: 'key-missing' }, null],
  [{ kind: 'not-for-export', secretName: 'mine' }, 422, { code: 'secret-untagged' }, null],
  [{ kind: 'vault', fault: 'forbidden' }, 422, { code: 'vault-forbidden' }, null],
  [{ kind: 'vault', fault: 'unavailable' }, 503, { code: 'unreachable' }, '15'],
];
const conflicts: readonly [
  Extract<SavingConnection, { kind: 'unseen' | 'changed' | 'being-removed' }>,
  number,
  object,
  string | null,
][] = [
  [{ kind: 'unseen', revision: 7 }, 428, { title: 'Precondition Required' }, null],
  [{ kind: 'changed', revision: 7 }, 412, { revision: 7 }, null],
  [{ kind: 'changed', revision: null }, 412, { revision: null }, null],
  [{ kind: 'being-removed' }, 409, {}, null],
];

const faults = [{ field: 'agree', message: 'It is so.', remedy: 'Mend it.' }];
test.each<[SavingConnection, number, object, string | null]>([
  ...keyFaults,
  ...conflicts,
  [{ kind: 'faults', faults }, 422, { faults }, null],
])('saving: %j → %i', async (answer, status, json, retryAfter) => {
  const answered = await save({ displayName: 'A' }, answer);
  expect(answered).toMatchObject(problemOf(status, json));
  expect(answered.headers.get('content-type')).toBe('application/problem+json');
  expect(answered.headers.get('retry-after')).toBe(retryAfter);
});

describe('PUT connections/{id}/key', () => {
  const rotated: Rotation = { kind: 'rotated', connection: details, resumed: [], isFormerLeft: false };

  test.each([
    [{ apiKey: key }, { kind: 'key', apiKey: key }],
    [{ secretName: 'mine' }, { kind: 'name', secretName: 'mine' }],
  ])('%j', async (sent, given) => {
    const { asked, json, headers, text } = await rotate(sent, rotated, { headers: { 'if-match': '"7"' } });
    expect(asked).toEqual([['brand-eu', administrator, given, { kind: 'revision', revision: 7 }]]);
    expect(json).toEqual({ connection: details, resumed: [], isFormerLeft: false });
    expect(rotatedView.safeParse(json).success).toBe(true);
    expect(headers.get('etag')).toBe('"7"');
    expect(text).not.toContain('canary');
  });

  test.each([{}, { apiKey: key, secretName: 'mine' }, { apiKey: 'canary' }, { key: 'canary' }, 'canary'])(
    '400 for %j, which is not repeated',
    async (sent) => {
      const { status, json, text, asked } = await rotate(sent, rotated);
      expect({ status, json }).toMatchObject(problemOf(400, {}));
      expect(text).not.toContain('canary');
      expect(asked).toEqual([]);
    },
  );

  test.each<[Rotation, number, object, string | null]>([
    ...keyFaults,
    ...conflicts,
    [{ kind: 'unknown-connection' }, 404, { title: 'Unknown connection' }, null],
  ])('%j → %i', async (answer, status, json, retryAfter) => {
    const answered = await rotate({ apiKey: key }, answer);
    expect(answered).toMatchObject(problemOf(status, json));
    expect(answered.headers.get('retry-after')).toBe(retryAfter);
  });
});

describe('DELETE connections/{id}', () => {
  const removed: ConnectionRemoval = { kind: 'removed', secret: 'removed' };
  const each = { exports: { one: 'remove', two: 'detach' } };

  test.each<[string, Options, unknown]>([
    ['nothing', {}, null],
    ['the query', { path: '?exports=detach&code=function-key' }, 'detach'],
    ['the body', { body: JSON.stringify(each) }, new Map(Object.entries(each.exports))],
  ])('by %s', async (_, options, fates) => {
    const { asked, status, json } = await remove(removed, { ...options, headers: { 'if-match': '"7"' } });
    expect(asked).toEqual([['brand-eu', administrator, fates, { kind: 'revision', revision: 7 }]]);
    expect(status ?? 200).toBe(200);
    expect(json).toEqual({ connection: 'brand-eu', state: 'removed', secret: 'removed' });
    expect(removedConnectionView.safeParse(json).success).toBe(true);
  });

  test.each<[Options, string]>([
    [{ path: '?exports=remove' }, 'exports'],
    [{ body: '{"exports":{"one":"canary"}}' }, 'exports'],
    [{ body: '{"exports":{"a1-canary@":"detach"}}' }, 'exports'],
    [{ body: '{"exports":["canary"]}' }, 'exports'],
    [{ body: '{"canary":{}}' }, 'body'],
  ])('400 for %j', async (options, field) => {
    const { status, json, text, asked } = await remove(removed, options);
    expect({ status, json }).toMatchObject(problemOf(400, { errors: [{ field }] }));
    expect(text).not.toContain('canary');
    expect(asked).toEqual([]);
  });

  test('202 with the runs that end first, to be asked again', async () => {
    const run = runId.parse('one.1');
    const { status, json, headers } = await remove({ kind: 'ending', runs: [run], messages: [] });
    expect({ status, json }).toEqual({
      status: 202,
      json: {
        connection: 'brand-eu',
        state: 'removing',
        runs: [{ run, url: 'https://app.example.com/api/runs/one.1' }],
      },
    });
    expect(removingConnectionView.safeParse(json).success).toBe(true);
    expect(headers.get('retry-after')).toBe('15');
  });

  const exports = [{ id: exportId.parse('one'), displayName: 'One' }];
  test.each<[ConnectionRemoval, number, object]>([
    [
      { kind: 'in-use', exports },
      409,
      { code: 'in-use', exports, detail: expect.stringContaining('?exports=') },
    ],
    [{ kind: 'vault', fault: 'forbidden' }, 422, { code: 'vault-forbidden' }],
    [{ kind: 'vault', fault: 'unavailable' }, 503, { code: 'unreachable' }],
    [{ kind: 'unknown-connection' }, 404, { title: 'Unknown connection' }],
    ...conflicts.map(([answer, status, json]): [ConnectionRemoval, number, object] => [answer, status, json]),
  ])('%j → %i', async (answer, status, json) => {
    expect(await remove(answer)).toMatchObject(problemOf(status, json));
  });
});

describe('what is read', () => {
  test('a list, part by part', async () => {
    const list = { connections: [details], next: definition.id };
    const { json, asked } = await ask(listOfConnections, list, { path: '?limit=1' });
    expect(asked).toEqual([[administrator, { kind: 'ok', limit: 1, after: null }]]);
    expect(json).toEqual({ connections: [details], next: toCursor('brand-eu') });
    expect(connectionsView.safeParse(json).success).toBe(true);
    const next = await ask(
      listOfConnections,
      { connections: [], next: null },
      {
        path: `?after=${toCursor('brand-eu')}`,
      },
    );
    expect(next.asked).toEqual([[administrator, { kind: 'ok', limit: 50, after: 'brand-eu' }]]);
    expect(next.json).toEqual({ connections: [], next: null });
  });

  test.each(['?limit=0', '?limit=501', '?limit=x', '?after=ä', `?after=${'a'.repeat(1_001)}`])(
    '400 for %s',
    async (path) => {
      const { status, json } = await ask(listOfConnections, { connections: [], next: null }, { path });
      expect({ status, json }).toMatchObject(problemOf(400, { title: 'The query is wrong' }));
    },
  );

  test('one in full, with its ETag; a name has none', async () => {
    const full = await ask(oneConnection, details);
    expect(full.json).toEqual(details);
    expect(full.headers.get('etag')).toBe('"7"');
    const { id, displayName, type } = details;
    const name = await ask(oneConnection, { id, displayName, type });
    expect(name.json).toEqual({ id, displayName, type });
    expect(name.headers.get('etag')).toBeNull();
  });

  test('404 where there is none for the caller', async () => {
    expect(await ask(oneConnection, undefined)).toMatchObject(problemOf(404, {}));
    expect(await ask(oneConnection, details, { params: { id: 'A b' } })).toMatchObject(problemOf(404, {}));
    expect(await ask(revisionsOfConnection, undefined)).toMatchObject(problemOf(404, {}));
  });

  test('revisions, part by part', async () => {
    const by = { id: 'someone', name: null };
    const revisions = [{ at: details.created.at, by, revision: 2, what: 'edited', definition } as const];
    const { json, asked } = await ask(
      revisionsOfConnection,
      { revisions, next: 2 },
      {
        path: `?limit=1&after=${toCursor(3)}`,
      },
    );
    expect(asked).toEqual([['brand-eu', { before: 3, limit: 1 }]]);
    expect(json).toEqual({ revisions, next: toCursor(2) });
    expect(connectionRevisionsView.safeParse(json).success).toBe(true);
  });

  test('the data-privacy statement in full, with its wording', async () => {
    const { json } = await call(atTheEdge((http) => statement(http, administrator)));
    expect(json).toEqual(privacyStatement);
    expect(privacyStatementView.safeParse(json).success).toBe(true);
  });
});
