import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../functions/openapi.ts';
import { steps } from '../shared/domain/turn.ts';
import { type Bundle, buildBundle, loadArguments, rightSettings } from './bundle.ts';

let bundle: Bundle;
let planted: string;
beforeAll(async () => {
  bundle = await buildBundle();
  planted = await mkdtemp(join(tmpdir(), 'planted-'));
});
afterAll(async () => {
  await bundle?.remove();
  await rm(planted, { recursive: true });
});

const binding = z.looseObject({ type: z.string() });
const report = z.strictObject({
  functions: z.array(z.object({ name: z.string(), bindings: z.record(z.string(), binding) })),
  begun: z.array(z.string()),
  fault: z.string().optional(),
});

const keepsAliveMs = 20_000;

/** Loads an app in a process of its own, with these settings for its whole environment. */
async function load(
  settings: Readonly<Record<string, string>>,
  { folder, entry }: Pick<Bundle, 'folder' | 'entry'> = bundle,
) {
  const { promise, resolve } = Promise.withResolvers<{ ended: boolean; out: string; errors: string }>();
  const options = { cwd: folder, env: settings, timeout: keepsAliveMs };
  const child = execFile(process.execPath, loadArguments(folder, entry), options, (_error, out, errors) =>
    resolve({ ended: child.exitCode === 0, out, errors }),
  );
  const { ended, out, errors } = await promise;
  return { ended, text: out + errors, ...report.parse(JSON.parse(out)) };
}

const httpTrigger = z.looseObject({
  type: z.string(),
  methods: z.array(z.string()).default([]),
  route: z.string().default(''),
});
const openApiPaths = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.object({ operationId: z.string() }))),
});

const trigger = ({ bindings }: z.infer<typeof report>['functions'][number]) =>
  Object.values(bindings).find(({ type }) => type.endsWith('Trigger'));

const http = (name: string, method: string, route: string, authLevel = 'function') => ({
  name,
  trigger: { type: 'httpTrigger', methods: [method], route, authLevel },
});
const timer = (name: string, schedule: string) => ({ name, trigger: { type: 'timerTrigger', schedule } });
const queue = (queueName: string) => ({
  name: queueName,
  trigger: { type: 'queueTrigger', queueName, connection: 'AzureWebJobsStorage' },
});

test('registers these functions and no others; with a key, all HTTP but health and the OpenAPI document needs it; every queue has its poison', async () => {
  const { functions } = await load(rightSettings);
  const expected = [
    http('health', 'GET', 'health', 'anonymous'),
    timer('scheduled-refresh', '0 * * * * *'),
    timer('supervise', '*/30 * * * * *'),
    timer('remove-old', '0 17 * * * *'),
    ...steps.map(queue),
    ...steps.map((step) => queue(`${step}-poison`)),
    http('openapi', 'GET', 'openapi.json', 'anonymous'),
    http('segments', 'GET', 'source/segments'),
    http('columns', 'GET', 'source/columns'),
    http('check-source', 'GET', 'source/check'),
    http('check-export', 'GET', 'exports/{id}/check'),
    http('preview', 'POST', 'exports/{id}/preview'),
    http('connect', 'POST', 'connections/{id}/connect'),
    http('run-export', 'POST', 'exports/{id}/run'),
    http('runs', 'GET', 'runs'),
    http('run', 'GET', 'runs/{run}'),
    http('rows', 'GET', 'runs/{run}/rows'),
    http('row-values', 'GET', 'runs/{run}/rows/values'),
    http('approve', 'POST', 'runs/{run}/approve'),
    http('cancel', 'POST', 'runs/{run}/cancel'),
    http('forget', 'POST', 'forget'),
    http('lift-forgetting', 'POST', 'forget/lift'),
    http('health-details', 'GET', 'health/details'),
    http('list-connections', 'GET', 'connections'),
    http('get-connection', 'GET', 'connections/{id}'),
    http('save-connection', 'PUT', 'connections/{id}'),
    http('rotate-key', 'PUT', 'connections/{id}/key'),
    http('remove-connection', 'DELETE', 'connections/{id}'),
    http('connection-revisions', 'GET', 'connections/{id}/revisions'),
    http('privacy-statement', 'GET', 'privacy-statement'),
    http('list-exports', 'GET', 'exports'),
    http('get-export', 'GET', 'exports/{id}'),
    http('export-revisions', 'GET', 'exports/{id}/revisions'),
    http('save-export', 'PUT', 'exports/{id}'),
    http('duplicate-export', 'POST', 'exports/{id}/duplicate'),
    http('detach-export', 'POST', 'exports/{id}/detach'),
    http('remove-export', 'DELETE', 'exports/{id}'),
    http('schedule-exports', 'POST', 'exports/schedule'),
    http('run-all', 'POST', 'exports/run'),
    http('get-schedule', 'GET', 'schedule'),
    http('save-schedule', 'PUT', 'schedule'),
    http('remove-schedule', 'DELETE', 'schedule'),
    http('get-notifications', 'GET', 'notifications'),
    http('save-notifications', 'PUT', 'notifications'),
    http('remove-notifications', 'DELETE', 'notifications'),
    http('test-notifications', 'POST', 'notifications/test'),
  ];
  const inOrder = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] =>
    all.toSorted((a, b) => a.name.localeCompare(b.name));
  expect(inOrder(functions).map(({ name }) => name)).toEqual(inOrder(expected).map(({ name }) => name));
  expect(inOrder(functions).map((one) => ({ name: one.name, trigger: trigger(one) }))).toMatchObject(
    inOrder(expected),
  );
});

test('with Entra no function needs a key: the platform has looked at the token', async () => {
  const { functions } = await load({ ...rightSettings, API_ACCESS: 'entra' });
  const levels = functions.flatMap((one) => trigger(one)?.authLevel ?? []);
  expect(levels.length).toBeGreaterThan(10);
  expect(new Set(levels)).toEqual(new Set(['anonymous']));
});

test('the OpenAPI document has every HTTP function, and nothing else', async () => {
  const { functions } = await load(rightSettings);
  const registered = functions.flatMap((one) => {
    const { type, methods, route } = httpTrigger.parse(trigger(one));
    return type === 'httpTrigger' ? [`${one.name}: ${methods} /${route}`] : [];
  });
  const { paths } = openApiPaths.parse(openApiDocument('0.0.0'));
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { operationId }]) => `${operationId}: ${method.toUpperCase()} ${path}`,
    ),
  );
  expect(registered.length).toBeGreaterThan(10);
  expect(described.sort()).toEqual(registered.sort());
});

test('does no work at import: no connection, no timer, no file but its own, and the process ends by itself', async () => {
  const { begun, fault, ended } = await load(rightSettings);
  expect({ begun, fault, ended }).toEqual({ begun: [], fault: undefined, ended: true });
});

test.each([
  [
    'a connection',
    "import net from 'node:net'; net.connect(9, '127.0.0.1').on('error', () => 0);",
    'TCPWRAP',
  ],
  ['a request', "await fetch('http://127.0.0.1:59999').catch(() => 0);", 'TCPWRAP'],
  ['a look-up', "import dns from 'node:dns'; dns.lookup('localhost', () => 0);", 'GETADDRINFOREQWRAP'],
  ['a timer', 'setTimeout(() => 0, 1);', 'Timeout'],
  ['a timer that keeps nothing alive', 'setInterval(() => 0, 1000).unref();', 'Timeout'],
])('%s at import would be seen', async (_name, text, kind) => {
  const entry = join(planted, 'main.mjs');
  await writeFile(entry, `${text}\nawait new Promise(setImmediate);`);
  expect((await load({}, { folder: planted, entry })).begun).toContain(kind);
});

test('a file outside the folder would be refused', async () => {
  const entry = join(planted, 'main.mjs');
  await writeFile(entry, "import fs from 'node:fs'; fs.readFileSync('/etc/hostname');");
  expect((await load({}, { folder: planted, entry })).fault).toContain(
    'Access to this API has been restricted',
  );
});

test('no development code: no module of test/, and no package that is not a runtime dependency or one of theirs', async () => {
  // npm marks in the lock file what only development needs, packages of packages included.
  const lock = z
    .object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) })
    .parse(JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8')));
  const packages = new Set(
    bundle.modules.flatMap((module) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(module)?.[1] ?? []),
  );
  expect([...packages]).toEqual(expect.arrayContaining(['@azure/functions', 'zod', 'croner']));
  const isForDevelopment = (name: string): boolean => lock.packages[`node_modules/${name}`]?.dev === true;
  expect(isForDevelopment('vitest')).toBe(true);
  expect([...packages].filter(isForDevelopment)).toEqual([]);
  const own = bundle.modules.filter((module) => !module.startsWith('node_modules/'));
  expect(own).toContain('functions/main.ts');
  expect(own.filter((module) => !/^(functions|shared)\//.test(module))).toEqual([]);
});

test('with wrong settings the load fails after health, with every fault and no secret', async () => {
  const secret = 'c2VjcmV0LWNhbmFyeQ==';
  const { functions, fault, text, begun } = await load({
    AzureWebJobsStorage: `DefaultEndpointsProtocol=https;AccountName=app;AccountKey=${secret}`,
    KEY_VAULT_URL: `https://user:${secret}@vault.vault.azure.net`,
    OMNISEND_URL: `https://example.com/?key=${secret}`,
    READ_CONCURRENCY: secret,
  });
  expect(functions.map(({ name }) => name)).toEqual(['health']);
  for (const name of [
    'AzureWebJobsStorage',
    'DATAVERSE_URL',
    'KEY_VAULT_URL',
    'OMNISEND_URL',
    'READ_CONCURRENCY',
  ]) {
    expect(fault).toContain(`${name}: `);
  }
  expect(text).not.toContain(secret);
  expect(begun).toEqual([]);
});
