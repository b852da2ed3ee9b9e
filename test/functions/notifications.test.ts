import { expect, test } from 'vitest';
import type { ApiHandler } from '../../functions/api.ts';
import { atTheEdge } from '../../functions/at-the-edge.ts';
import {
  deleteNotifications,
  notificationsView,
  putNotifications,
  showNotifications,
  tryNotifications,
} from '../../functions/notifications.ts';
import type { Caller } from '../../shared/domain/access.ts';
import type {
  NotificationsRemoved,
  NotificationsSaved,
  NotificationsTested,
  NotificationsView,
} from '../../shared/steps/notifications.ts';
import { call } from './call.ts';

const caller: Caller = { actor: { id: 'key', name: null }, role: 'administrator' };
const touch = { at: Date.UTC(2026, 0, 5), by: caller.actor };
const definition = {
  host: 'hooks.example.com',
  format: 'webhook',
  on: ['failed', 'held'],
  enabled: true,
} as const;
const view: NotificationsView = {
  definition: { ...definition, on: [...definition.on] },
  revision: 3,
  created: touch,
  updated: touch,
  history: [{ ...touch, revision: 3, what: 'edited', definition: { ...definition, on: [...definition.on] } }],
};
const url = 'https://hooks.example.com/finchling';
const secret = 'finchling-signing-secret';
const body = { url, secret, format: 'webhook', on: ['failed', 'held'] };

const ask = (handler: ApiHandler, options: Parameters<typeof call>[1] = {}) =>
  call(
    atTheEdge((http) => handler(http, caller)),
    options,
  );

test('shows the document with its ETag', async () => {
  const { status, headers, json } = await ask(showNotifications(async () => view));
  expect({ status, etag: headers.get('etag') }).toEqual({ status: undefined, etag: '"3"' });
  expect(json).toEqual({
    ...definition,
    revision: 3,
    created: { at: '2026-01-05T00:00:00.000Z', by: caller.actor },
    updated: { at: '2026-01-05T00:00:00.000Z', by: caller.actor },
    history: [{ at: '2026-01-05T00:00:00.000Z', by: caller.actor, revision: 3, what: 'edited' }],
  });
  expect(notificationsView.parse(json)).toEqual(json);
  expect(await ask(showNotifications(async () => undefined))).toMatchObject({ status: 404 });
});

const put = async (
  given: unknown,
  headers: Record<string, string> = {},
  answer: NotificationsSaved = { kind: 'saved', isNew: false, view },
) => {
  const asked: unknown[] = [];
  const handler = putNotifications(async (...all) => {
    asked.push(all);
    return answer;
  });
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  return { ...(await ask(handler, { method: 'PUT', headers, body: text })), asked };
};

test.each<[Record<string, string>, number | null]>([
  [{}, null],
  [{ 'if-match': '"3"' }, 3],
  // Of no revision: they never match.
  [{ 'if-match': '*' }, 0],
  [{ 'if-match': '3' }, 0],
  [{ 'if-match': 'W/"3"' }, 0],
])('the header %j says that revision %j was seen', async (headers, seen) => {
  const { asked } = await put(body, headers);
  expect(asked).toEqual([[caller, { ...body, enabled: true }, seen]]);
});

test('what is left out is left to the step, and every event is told unless said', async () => {
  const { asked } = await put({ format: 'teams', enabled: false });
  const on = ['failed', 'partial', 'held', 'recovered'];
  expect(asked).toEqual([[caller, { format: 'teams', on, enabled: false }, null]]);
});

test.each<[unknown, readonly string[]]>([
  [{}, ['format']],
  [{ format: 'mail', secret: 'short', on: [], more: 1 }, ['secret', 'format', 'on', 'body']],
  [{ ...body, on: ['failed', 'failed'] }, ['on']],
  [{ ...body, on: ['succeeded'] }, ['on.0']],
  [{ ...body, url: '' }, ['url']],
  [{ ...body, secret: `${secret} with a space` }, ['secret']],
  [{ ...body, enabled: 'yes' }, ['enabled']],
  ['{', ['body']],
])('400 for the body %j, which names %j and repeats nothing', async (given, fields) => {
  const { status, json, text, asked } = await put(given);
  expect({ status, asked }).toEqual({ status: 400, asked: [] });
  expect(json).toMatchObject({ errors: fields.map((field) => ({ field })) });
  expect(text).not.toContain('finchling');
});

test.each<[NotificationsSaved, number, object]>([
  [{ kind: 'saved', isNew: true, view }, 201, { revision: 3 }],
  [{ kind: 'saved', isNew: false, view }, 200, { revision: 3 }],
  [{ kind: 'changed', revision: 4 }, 412, { revision: 4 }],
  [{ kind: 'precondition-required' }, 428, {}],
  [{ kind: 'off' }, 409, { title: 'Notifications are off' }],
  [{ kind: 'refused', field: 'url', reason: 'It is not https.' }, 422, { errors: [{ field: 'url' }] }],
  [{ kind: 'vault-forbidden' }, 422, { code: 'vault-forbidden' }],
  [{ kind: 'vault-unavailable' }, 503, { code: 'unreachable' }],
])('saving: %j is %i', async (answer, status, json) => {
  const given = await put(body, {}, answer);
  expect(given).toMatchObject({ status, json });
  expect(given.text).not.toContain('finchling');
});

test.each<[NotificationsRemoved, number]>([
  [{ kind: 'removed' }, 204],
  [{ kind: 'none' }, 404],
  [{ kind: 'changed', revision: 4 }, 412],
  [{ kind: 'precondition-required' }, 428],
])('removing: %j is %i', async (answer, status) => {
  const asked: unknown[] = [];
  const handler = deleteNotifications(async (...given) => {
    asked.push(given);
    return answer;
  });
  const headers = { 'if-match': '"3"' };
  expect(await ask(handler, { method: 'DELETE', headers })).toMatchObject({ status });
  expect(asked).toEqual([[caller, 3]]);
});

test.each<[NotificationsTested, number | undefined, object]>([
  [{ kind: 'delivered' }, undefined, { state: 'delivered' }],
  [{ kind: 'none' }, 404, {}],
  [{ kind: 'failed', code: 'redirect' }, 422, { code: 'redirect' }],
  [{ kind: 'failed', code: 'status-500' }, 422, { code: 'status-500' }],
  [{ kind: 'vault-forbidden' }, 422, {}],
  [{ kind: 'vault-unavailable' }, 503, {}],
])('a test: %j is %j', async (answer, status, json) => {
  const handler = tryNotifications(async () => answer);
  expect(await ask(handler, { method: 'POST' })).toMatchObject({ status, json });
});
