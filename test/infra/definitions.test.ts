import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HttpRequest } from '@azure/functions';
import { afterEach, beforeEach, expect, it, test } from 'vitest';
import type { ApiHandler } from '../../functions/api.ts';
import { exportList, oneExport } from '../../functions/exports.ts';
import { exportSaving } from '../../functions/save-export.ts';
import { scheduleRead, scheduleSaving } from '../../functions/schedule.ts';
import { run } from '../../infra/definitions/commands.ts';
import { writeDefinition } from '../../infra/definitions/folder.ts';
import { describeExport } from '../../shared/steps/export-view.ts';
import { listExports } from '../../shared/steps/list-exports.ts';
import { loadRefresh, saveRefresh } from '../../shared/steps/refresh-schedule.ts';
import { saveExport } from '../../shared/steps/save-export.ts';
import { newsletter, peopleOf } from '../flow/people.ts';
import { flowWorld, type World } from '../flow/world.ts';
import { administrator, bodyOf, save } from '../steps/documents.ts';

const key = 'function-key';
let world: World;
let server: Server;
let url: string;
let folder: string;
/** Called before the app sees a request. */
let before: (method: string, path: string) => Promise<void>;

/** The app's own handlers behind a real server, as far as the command calls them. */
const handlerFor = (method: string, path: string): ApiHandler | undefined => {
  const { ports } = world;
  if (path === 'exports') return exportList((...asked) => listExports(ports, ...asked));
  if (path === 'schedule')
    return method === 'GET'
      ? scheduleRead(() => loadRefresh(ports))
      : scheduleSaving((...asked) => saveRefresh(ports, ...asked));
  return method === 'GET'
    ? oneExport((...asked) => describeExport(ports, ...asked))
    : exportSaving((...asked) => saveExport(ports, ...asked));
};

beforeEach(async () => {
  world = await flowWorld({ population: peopleOf(100).population });
  folder = await mkdtemp(join(tmpdir(), 'definitions-'));
  before = async () => {};
  server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const [, , ...path] = pathname.split('/');
    const chunks: string[] = [];
    for await (const chunk of request) chunks.push(String(chunk));
    if (request.headers['x-functions-key'] !== key) {
      response.writeHead(401).end();
      return;
    }
    const method = request.method ?? '';
    await before(method, path.join('/'));
    const asked = new HttpRequest({
      method: method === 'PUT' ? 'PUT' : 'GET',
      url: `http://localhost${request.url}`,
      query: Object.fromEntries(searchParams),
      params: { id: path[1] ?? '' },
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      ...(chunks.length > 0 && { body: { string: chunks.join('') } }),
    });
    const answer = await handlerFor(method, path.join('/'))?.(asked, administrator);
    const body =
      answer?.jsonBody === undefined ? String(answer?.body ?? '') : JSON.stringify(answer.jsonBody);
    const headers = Object.entries(answer?.headers ?? {}).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    response.writeHead(answer?.status ?? 200, Object.fromEntries(headers)).end(body);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const command = async (name: string, given: { url?: string | undefined; key?: string } = {}) => {
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const environment = { EXPORT_API_KEY: given.key ?? key };
  const around = { environment, print: note, fail: note };
  const code = await run({ command: name, folder, url: 'url' in given ? given.url : url }, around);
  return { code, lines };
};

const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(folder, path), 'utf8'));

const daily = { timeZone: 'Etc/UTC', times: ['06:00'] };

it('writes what is stored; applied again it changes nothing', async () => {
  await save(world);
  await saveRefresh(world.ports, daily, administrator, 'new');
  expect(await command('export')).toMatchObject({ code: 0 });
  expect((await readdir(join(folder, 'exports'))).sort()).toEqual(['newsletter.json', 'second.json']);
  expect(await read('exports/newsletter.json')).toEqual(newsletter);
  expect(await read('schedule.json')).toEqual(daily);
  expect(await command('apply')).toEqual({
    code: 0,
    lines: expect.arrayContaining([
      'exports/newsletter.json: unchanged',
      'exports/second.json: unchanged',
      'schedule.json: unchanged',
    ]),
  });
  expect(await world.ports.store.revisions.list('export-second')).toHaveLength(1);
});

it('makes and edits what the files say, removes nothing, and runs nothing', async () => {
  await writeDefinition(folder, 'exports/second.json', {
    $schema: '../export.schema.json',
    ...bodyOf(),
    id: 'second',
  });
  await writeDefinition(folder, 'exports/newsletter.json', { ...newsletter, displayName: 'Renamed' });
  await writeDefinition(folder, 'schedule.json', daily);
  expect(await command('validate')).toEqual({ code: 0, lines: ['3 files, no fault'] });
  await expect(world.ports.store.exports.list('exports')).resolves.toHaveLength(1);
  const applied = await command('apply');
  expect(applied.code).toBe(0);
  expect(applied.lines.slice(1)).toEqual([
    'schedule.json: created',
    'exports/second.json: created',
    'exports/newsletter.json: changed',
  ]);
  expect((await command('apply')).lines.filter((line) => line.endsWith('unchanged'))).toHaveLength(3);
  await rm(join(folder, 'exports/second.json'));
  expect((await command('apply')).code).toBe(0);
  expect(await world.ports.store.exports.list('exports')).toHaveLength(2);
  expect(world.runs.size).toBe(0);
});

it('names every fault of every file, with and without the app, and then applies none of them', async () => {
  await writeDefinition(folder, 'exports/second.json', { ...bodyOf({ connection: 'nobody' }), id: 'second' });
  await writeDefinition(folder, 'exports/third.json', { ...bodyOf({ marker: 'label' }), id: 'fourth' });
  await writeFile(join(folder, 'exports/fifth.json'), '{');
  await writeDefinition(folder, 'schedule.json', { ...daily, timeZone: 'Europe/Vilna' });
  const local = await command('validate', { url: undefined });
  expect(local.code).toBe(1);
  expect(local.lines).toEqual([
    'exports/fifth.json: It is no JSON.',
    'exports/third.json: id: The file of the export fourth has another name.',
    expect.stringMatching(/^exports\/third\.json: marker: /),
    expect.stringMatching(/^schedule\.json: timeZone: "Europe\/Vilna" is not a known time zone\./),
  ]);
  for (const name of ['validate', 'apply']) {
    const checked = await command(name);
    expect(checked.code).toBe(1);
    expect(checked.lines).toEqual(
      expect.arrayContaining([
        ...local.lines,
        expect.stringMatching(/^exports\/second\.json: connection: There is no connection nobody\./),
      ]),
    );
  }
  expect(await loadRefresh(world.ports)).toBeNull();
});

it('undoes no change that somebody makes at the same time', async () => {
  await writeDefinition(folder, 'exports/newsletter.json', { ...newsletter, displayName: 'From git' });
  before = async (method, path) => {
    if (method !== 'PUT' || path !== 'exports/newsletter') return;
    // Once it was checked and read.
    puts += 1;
    if (puts === 2)
      await save(world, { ...newsletter, displayName: 'By hand' }, { id: newsletter.id, basis: 1 });
  };
  let puts = 0;
  const applied = await command('apply');
  expect(applied).toMatchObject({ code: 1 });
  expect(applied.lines.at(-1)).toBe(
    'exports/newsletter.json: Somebody changed it at the same time. Apply again.',
  );
  const stored = await world.ports.store.exports.list('exports');
  expect(stored[0]?.value.definition.displayName).toBe('By hand');
});

it('attaches an export that is detached', async () => {
  await save(world);
  await command('export');
  const row = (await world.ports.store.exports.list('exports')).find((one) => one.key === 'second');
  if (row === undefined) throw new Error('It is not stored.');
  await world.ports.store.exports.replace(row, { ...row.value, isDetached: true });
  expect((await command('apply')).lines).toContain('exports/second.json: changed');
});

it('writes JSON Schema files that name what is required', async () => {
  expect(await command('schema', { url: undefined })).toMatchObject({ code: 0 });
  expect(await read('export.schema.json')).toMatchObject({
    type: 'object',
    required: ['id', 'displayName', 'connection', 'segments', 'matching'],
    additionalProperties: false,
  });
  expect(await read('schedule.schema.json')).toMatchObject({ required: ['timeZone', 'times'] });
  expect(await read('connection.schema.json')).toMatchObject({ required: ['id', 'displayName'] });
});

test.each<[string, { url?: string | undefined; key?: string }, RegExp]>([
  ['everything', {}, /^npm run definitions/],
  ['apply', { url: undefined }, /--url/],
  ['apply', { url: 'http://app.example.com' }, /must be https/],
  ['export', { key: '' }, /EXPORT_API_TOKEN/],
])('exit code 2 for %s with %j', async (name, given, like) => {
  const { code, lines } = await command(name, given);
  expect(code).toBe(2);
  expect(lines).toEqual([expect.stringMatching(like)]);
});

it('says what the app says where it lets nobody in, and never the key', async () => {
  const { code, lines } = await command('export', { key: 'wrong-key' });
  expect(code).toBe(1);
  expect(lines.join('\n')).toContain('401');
  expect(lines.join('\n')).not.toContain('wrong-key');
});

it('says where nothing answers', async () => {
  const nowhere = 'http://127.0.0.1:1';
  const { code, lines } = await command('export', { url: nowhere });
  expect(code).toBe(1);
  expect(lines).toContainEqual(expect.stringContaining(`${nowhere}: Nothing answers there`));
});

test.each([
  [['--dry'], /^npm run definitions/],
  [['apply', 'folder', '--url'], /^npm run definitions/],
])('exit code 2 for the arguments %j', async (args, like) => {
  const file = new URL('../../infra/definitions.ts', import.meta.url).pathname;
  const failed = promisify(execFile)(process.execPath, [file, ...args]);
  await expect(failed).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(like) });
});
