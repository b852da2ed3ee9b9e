import { expect, test } from 'vitest';
import { guarded } from '../../functions/guarded.ts';
import type { Authorisation, Target } from '../../shared/steps/authorise.ts';
import { call } from './call.ts';
import { objectId, principalWith } from './principal.ts';

/** Calls an operation as a contributor, and gives what was asked of whom. */
async function ask({
  answer = { kind: 'allowed' },
  method = 'POST',
  route = 'exports/{id}/run',
  params = { id: 'newsletter' },
  principal = principalWith('contributor'),
}: {
  readonly answer?: Authorisation;
  readonly method?: 'POST' | 'PUT';
  readonly route?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly principal?: string;
}) {
  const asked: unknown[] = [];
  const handled: unknown[] = [];
  const handler = guarded(
    { method, route },
    { kind: 'entra', isOn: true },
    async (caller, target) => {
      asked.push([caller.role, target]);
      return answer;
    },
    async (_http, caller) => {
      handled.push(caller);
      return { status: 202 };
    },
  );
  const answered = await call(handler, { method, params, headers: { 'x-ms-client-principal': principal } });
  return { ...answered, asked, handled };
}

const caller = { actor: { id: objectId, name: null }, role: 'contributor' };

test('who may do it is handed on, and nobody else', async () => {
  expect(await ask({})).toMatchObject({ status: 202, handled: [caller] });
  expect(await ask({ principal: 'x' })).toMatchObject({ status: 401, asked: [], handled: [] });
  expect(await ask({ principal: principalWith() })).toMatchObject({ status: 403, asked: [], handled: [] });
});

test.each<[Authorisation, object]>([
  [
    { kind: 'role-missing', needed: 'administrator' },
    { status: 403, json: { title: 'Not allowed' } },
  ],
  [{ kind: 'not-shared' }, { status: 403, json: { title: 'Not allowed' } }],
  [{ kind: 'missing' }, { status: 404, json: { title: 'Unknown export' } }],
])('%j: nothing is done', async (answer, answered) => {
  expect(await ask({ answer })).toMatchObject({ ...answered, handled: [] });
});

test('what is not there may be made by who may do so at all', async () => {
  const made = await ask({ answer: { kind: 'missing' }, method: 'PUT', route: 'exports/{id}' });
  expect(made).toMatchObject({ status: 202, handled: [caller] });
});

test.each<[string, Record<string, string>, Target]>([
  ['exports/{id}/run', { id: 'a' }, { kind: 'export', id: 'a' }],
  ['exports/{id}', { id: '' }, { kind: 'export', id: '' }],
  ['connections/{id}/key', { id: 'a' }, { kind: 'connection', id: 'a' }],
  ['runs/{run}/rows', { run: 'a.1' }, { kind: 'run', id: 'a.1' }],
  ['runs', {}, { kind: 'none' }],
  ['exports/run', {}, { kind: 'none' }],
])('%s is about %j', async (route, params, target) => {
  expect((await ask({ route, params })).asked).toEqual([['contributor', target]]);
});

test('of a connection that is not shared, a contributor does not even learn that it is there', async () => {
  const route = 'connections/{id}';
  const hidden = await ask({ route, answer: { kind: 'not-shared' } });
  const absent = await ask({ route, answer: { kind: 'missing' } });
  expect([hidden.status, hidden.json]).toEqual([404, absent.json]);
});
