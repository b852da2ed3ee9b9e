import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../azurite/azurite.ts';
import {
  eventually,
  functionKey,
  masterKey,
  queues,
  type RawAnswer,
  type Running,
  raw,
  readSeen,
  startFixture,
} from './fixtures/start.ts';

let azurite: Azurite;
let host: Running;
beforeAll(async () => {
  azurite = await startAzurite();
  host = await startFixture(azurite);
});
afterAll(async () => {
  await host?.stop();
  await azurite?.close();
});

type Case = {
  readonly name: string;
  readonly call: readonly [method: string, path: string];
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
  readonly expected: {
    readonly status: number;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, unknown>>;
  };
};

const cases: readonly Case[] = [
  { name: 'home page', call: ['GET', '/'], expected: { status: 200 } },
  { name: 'unknown route', call: ['GET', '/api/unknown'], expected: { status: 404, body: '' } },
  { name: 'no prefix', call: ['GET', '/seen'], expected: { status: 404, body: '' } },
  { name: 'wrong method', call: ['POST', '/api/seen'], expected: { status: 404, body: '' } },
  { name: 'HEAD not declared', call: ['HEAD', '/api/seen'], expected: { status: 404, body: '' } },
  {
    name: 'HEAD declared',
    call: ['HEAD', '/api/head'],
    expected: { status: 200, headers: { 'x-head': 'yes' } },
  },
  { name: 'double slash', call: ['GET', '/api//seen'], expected: { status: 404 } },
  { name: 'trailing slash', call: ['GET', '/api/echo/me/'], expected: { status: 200, body: 'literal' } },
  {
    name: 'literal wins, case ignored',
    call: ['GET', '/API/ECHO/ME'],
    expected: { status: 200, body: 'literal' },
  },
  { name: 'constraint met', call: ['GET', '/api/whole/12'], expected: { status: 200, body: '{"id":"12"}' } },
  { name: 'constraint not met', call: ['GET', '/api/whole/x'], expected: { status: 404, body: '' } },
  { name: 'rest', call: ['GET', '/api/rest/a/b%2Fc'], expected: { status: 200, body: '{"path":"a/b%2Fc"}' } },
  { name: 'NUL', call: ['GET', '/api/echo/a%00b'], expected: { status: 400 } },
  {
    name: 'same route: the first runs',
    call: ['GET', '/api/same'],
    expected: { status: 200, body: 'first' },
  },
  { name: 'same route, other method', call: ['PUT', '/api/same'], expected: { status: 200, body: 'put' } },
  { name: 'reserved route', call: ['GET', '/api/admin/thing'], expected: { status: 404 } },
  {
    name: 'unhandled throw',
    call: ['GET', '/api/answer/throw'],
    expected: { status: 500, body: '', headers: { 'content-length': '0', 'content-type': undefined } },
  },
  {
    name: 'bad JSON uncaught',
    call: ['POST', '/api/answer/parse'],
    body: '{',
    expected: { status: 500, body: '' },
  },
  {
    name: 'good JSON',
    call: ['POST', '/api/answer/parse'],
    body: '{"b": 2}',
    expected: { status: 200, body: '{"b":2}' },
  },
  { name: 'status 999', call: ['GET', '/api/answer/status'], expected: { status: 500, body: '' } },
  { name: 'undefined', call: ['GET', '/api/nothing'], expected: { status: 204, body: '' } },
  {
    name: 'empty object',
    call: ['GET', '/api/answer/empty'],
    expected: { status: 200, body: '', headers: { 'content-length': '0' } },
  },
  {
    name: 'jsonBody',
    call: ['GET', '/api/answer/json'],
    expected: {
      status: 200,
      body: '{"a":1}',
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked', server: 'Kestrel' },
    },
  },
  {
    name: 'string body, always chunked',
    call: ['GET', '/api/answer/body'],
    expected: {
      status: 200,
      body: 'text',
      headers: {
        'content-type': 'text/plain;charset=UTF-8',
        'content-length': undefined,
        'transfer-encoding': 'chunked',
        'x-own': 'a',
      },
    },
  },
  {
    name: 'cookie',
    call: ['GET', '/api/answer/cookie'],
    expected: { status: 200, headers: { 'set-cookie': ['a=b; max-age=5; path=/; samesite=lax; httponly'] } },
  },
  { name: 'no key', call: ['GET', '/api/guarded'], expected: { status: 401, body: '' } },
  {
    name: 'function key',
    call: ['GET', '/api/guarded'],
    headers: functionKey,
    expected: { status: 200, body: 'in' },
  },
  {
    name: 'key as ?code=',
    call: ['GET', '/api/guarded?code=sandbox-function-key'],
    expected: { status: 200 },
  },
  {
    name: 'wrong header beats right query',
    call: ['GET', '/api/guarded?code=sandbox-function-key'],
    headers: { 'x-functions-key': 'wrong' },
    expected: { status: 401 },
  },
  {
    name: 'admin level, function key',
    call: ['GET', '/api/locked'],
    headers: functionKey,
    expected: { status: 401 },
  },
  {
    name: 'admin level, master key',
    call: ['GET', '/api/locked'],
    headers: masterKey,
    expected: { status: 200 },
  },
  {
    name: 'anonymous, wrong key',
    call: ['GET', '/api/echo/me'],
    headers: { 'x-functions-key': 'wrong' },
    expected: { status: 200 },
  },
  { name: 'ping', call: ['GET', '/admin/host/ping'], expected: { status: 200 } },
  {
    name: 'status without key',
    call: ['GET', '/admin/host/status'],
    expected: { status: 401, headers: { 'www-authenticate': 'Bearer' } },
  },
  {
    name: 'status, function key',
    call: ['GET', '/admin/host/status'],
    headers: functionKey,
    expected: { status: 403 },
  },
  {
    name: 'status, master key',
    call: ['GET', '/admin/host/status'],
    headers: masterKey,
    expected: { status: 200 },
  },
  { name: 'unknown admin route', call: ['GET', '/admin/x'], headers: masterKey, expected: { status: 404 } },
  { name: 'run a timer without key', call: ['POST', '/admin/functions/yearly'], expected: { status: 401 } },
];

describe('one request, one answer', () => {
  test.each(cases)('$name', async ({ call, headers, body, expected }) => {
    const answer = await raw(host, ...call, { ...(headers && { headers }), ...(body && { body }) });
    expect(answer.status).toBe(expected.status);
    if (expected.body !== undefined) expect(answer.body).toBe(expected.body);
    for (const [name, value] of Object.entries(expected.headers ?? {}))
      expect(answer.headers[name]).toEqual(value);
  });
});

const echoed = (answer: RawAnswer): unknown => JSON.parse(answer.body);
const parameters: readonly (readonly [sent: string, seen: string])[] = [
  ['a%20b', 'a b'],
  ['%C3%B1', 'ñ'],
  ['a%25b', 'a%b'],
  ['a%5Cb', 'a\\b'],
  ['a+b', 'a+b'],
  ['a;b=1', 'a;b=1'],
  ['a%zzb', 'a%zzb'],
  ['a%2Fb', 'a%2Fb'],
  ['a%252Fb', 'a%2Fb'],
];
test.each(parameters)('route parameter %s arrives as %s', async (sent, seen) => {
  expect(echoed(await raw(host, 'GET', `/api/echo/${sent}`))).toMatchObject({ params: { id: seen } });
});

test('repeated query keys and headers are joined, the body arrives, a missing optional parameter is absent', async () => {
  const answer = await raw(host, 'POST', '/api/echo/1?a=1&a=2&A=3&d=%20x+y&c', {
    headers: { 'x-many': ['p', 'q'], 'x-forwarded-for': '192.0.2.1' },
    body: 'hello',
  });
  expect(echoed(answer)).toMatchObject({
    method: 'POST',
    params: { id: '1' },
    query: { a: '1,2,3', d: ' x y', c: '' },
    headers: { 'x-many': 'p,q', 'x-forwarded-for': '192.0.2.1' },
    body: 'hello',
  });
  expect(echoed(answer)).not.toHaveProperty('params.part');
});

test('hooks run in order, and a postInvocation hook turns a failure into an answer', async () => {
  expect(await raw(host, 'GET', '/api/hooked')).toMatchObject({ status: 200, body: 'mended' });
  expect((await readSeen(host)).hooks).toEqual(['appStart', 'pre', 'handler', 'post after pre']);
});

test('what cannot run is disabled with its reason, the rest runs', () => {
  expect(host.ready.functions).toEqual(expect.arrayContaining(['work', 'second', 'twice', 'twicePut']));
  for (const name of ['unconnected', 'misnamed', 'unresolved', 'badcron', 'twice2', 'reserved']) {
    expect(host.ready.functions).not.toContain(name);
    expect(host.lines.filter((line) => line.includes(`The '${name}' function is in error`))).toHaveLength(1);
  }
});

test('the memory report holds a peak that can start anew', async () => {
  const { body } = await raw(host, 'GET', '/admin/host/memory', { headers: masterKey });
  const report = JSON.parse(body);
  expect(report.peakRssBytes).toBeGreaterThanOrEqual(report.usage.rss);
  expect(report.maxRssBytes).toBeGreaterThan(20_000_000);
  expect(await raw(host, 'POST', '/admin/host/memory', { headers: masterKey })).toMatchObject({
    status: 200,
  });
});

test('an output binding makes its queue and sends indented JSON, one message for each element', async () => {
  const sent = await raw(host, 'POST', '/api/out', { body: '[{"a":1,"$type":"x"},"text",2]' });
  expect(sent.status).toBe(202);
  const { receivedMessageItems } = await queues(azurite)
    .getQueueClient('out')
    .receiveMessages({ numberOfMessages: 5 });
  expect(
    receivedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString()),
  ).toEqual(['{\n  "a": 1\n}', 'text', '2']);
});

test('an output over the limit fails the call', async () => {
  const fits = 'x'.repeat(49_152);
  expect((await raw(host, 'POST', '/api/out', { body: JSON.stringify(fits) })).status).toBe(202);
  expect(await raw(host, 'POST', '/api/out', { body: JSON.stringify(`${fits}x`) })).toMatchObject({
    status: 500,
    body: '',
  });
});

test('a timer and a queue function run at request', async () => {
  const run = (name: string, body?: string) =>
    raw(host, 'POST', `/admin/functions/${name}`, { headers: masterKey, ...(body && { body }) });
  expect((await run('yearly')).status).toBe(202);
  expect((await run('late', '{"input":"{\\"by\\":\\"hand\\"}"}')).status).toBe(202);
  expect((await run('echo')).status).toBe(501);
  expect((await run('none')).status).toBe(404);
  const seen = await eventually(async () => {
    const all = (await readSeen(host)).seen;
    const timer = all.find(({ functionName }) => functionName === 'yearly');
    const message = all.find(({ functionName }) => functionName === 'late');
    return timer && message && { timer, message };
  });
  expect(seen.timer.input).toMatchObject({ isPastDue: false, schedule: { adjustForDST: true } });
  expect(seen.message.input).toEqual({ by: 'hand' });
});
