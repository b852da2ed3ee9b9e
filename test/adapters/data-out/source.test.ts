import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dataOutSource } from '../../../shared/adapters/data-out/data-out.ts';
import type { Source, SourceQuestion } from '../../../shared/ports/source.ts';
import { type Azurite, startAzurite } from '../../sandbox/azurite/azurite.ts';
import { datedFolder, writeDataOut, writeText } from '../../sandbox/data-out/data-out.ts';
import {
  type FaultyStorage,
  type StorageFault,
  startFaultyStorage,
} from '../../sandbox/data-out/faulty-storage.ts';
import { modelOf } from '../../sandbox/data-out/model.ts';
import type { CsvStyle } from '../../sandbox/data-out/rows.ts';
import { plainStyle } from '../../sandbox/data-out/rows.ts';
import { createPopulation } from '../../sandbox/generator/population.ts';

const folder = 'CustomerInsights_sandbox/BlobExport';
const hour = 3_600_000;
const day1 = Date.UTC(2026, 2, 1, 9, 15);
const question: SourceQuestion = { segments: ['VIP'], columns: ['Email', 'City'] };

let azurite: Azurite;
let service: BlobServiceClient;
let storage: FaultyStorage;
let containers = 0;
let container: ContainerClient;
let source: Source;

const open = (name: string, change: { readonly folder?: string; readonly timeoutMs?: number } = {}): Source =>
  dataOutSource({
    access: { kind: 'connection-string', value: storage.connectionString, container: name },
    folder,
    // Azurite dates what it is given: an hour later all of it is at rest.
    clock: { now: () => Date.now() + hour, sleepUntil: async () => {}, random: () => 0 },
    ...change,
  });

beforeAll(async () => {
  azurite = await startAzurite();
  service = BlobServiceClient.fromConnectionString(azurite.connectionString);
  storage = await startFaultyStorage(azurite.connectionString);
});
afterAll(async () => {
  await storage?.close();
  await azurite?.close();
});
beforeEach(async () => {
  containers += 1;
  container = service.getContainerClient(`exported-${containers}`);
  await container.create();
  source = open(container.containerName);
});
afterEach(() => container.delete());

const pathOf = (part: string, at = day1): string => `${folder}/VIP/${datedFolder(at)}/VIP_${part}`;
const write = (part: string, text: string, at = day1): Promise<void> =>
  writeText(container, pathOf(part, at), text);
const writeModel = (model: object): Promise<void> =>
  writeText(container, `${folder}/model.json`, JSON.stringify(model));

/** Everything that the source gives, as customer id and values. */
const readAll = async (asked = question): Promise<readonly (readonly unknown[])[]> => {
  const slices = await source.divide(asked);
  if (slices.kind !== 'ok') throw new Error(JSON.stringify(slices));
  const rows: unknown[][] = [];
  for (const slice of slices.value) {
    for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
      const page = await source.read(asked, slice, cursor);
      if (page.kind !== 'ok') throw new Error(JSON.stringify(page));
      for (const { customerId, values } of page.value.profiles) {
        rows.push([customerId, ...asked.columns.map((column) => values[column])]);
      }
      for (let odd = page.value.oddMemberships; odd > 0; odd -= 1) rows.push(['odd']);
      cursor = page.value.next;
    }
  }
  return rows;
};

const attributes = ['CustomerId', 'City', 'EMail'].map((name) => ({ name, dataType: 'string' }));
const ann = ['c1', 'ann@example.com', 'Vilnius'];

describe('files of an export', () => {
  it.each<[name: string, text: string, model: object | null]>([
    ['a header', 'City,CustomerId,EMAIL\nVilnius,c1,ann@example.com\n', null],
    ['a byte order mark', '\uFEFF"CustomerId","Email","City"\r\n"c1","ann@example.com","Vilnius"\r\n', null],
    [
      'a header that the model has in another order',
      'Email,City,CustomerId\nann@example.com,Vilnius,c1\n',
      { attributes, partitions: [{ hasHeader: true }] },
    ],
    [
      'a header that the model denies',
      'Email,City,CustomerId\nann@example.com,Vilnius,c1\n',
      { attributes, partitions: [{ hasHeader: false }] },
    ],
    [
      'no header, by the model',
      'c1,Vilnius,ann@example.com\n',
      { attributes, partitions: [{ hasHeader: false }] },
    ],
    ['no header and a model that does not say', '\uFEFFc1,Vilnius,ann@example.com\n', { attributes }],
    [
      'separators by the model',
      "c1;'Vilnius';ann@example.com\n",
      { attributes, partitions: [{ fileFormatSettings: { columnDelimiter: ';', quoteCharacter: "'" } }] },
    ],
    [
      'a prefix as in Dataverse',
      'msdynci_customerid,msdynci_email,msdynci_city\nc1,ann@example.com,Vilnius\n',
      null,
    ],
  ])('are read with %s', async (_, text, model) => {
    await write('1.csv', text);
    if (model !== null) await writeModel({ entities: [{ name: 'VIP', ...model }] });
    expect(await readAll()).toEqual([ann]);
  });

  it('keep the rest where some rows are odd', async () => {
    const rows = [
      'c2,b@example.com',
      ',c@example.com,Kaunas',
      'c4,"d"@example.com,Riga',
      `${'c'.repeat(101)},e,f`,
    ];
    await write('1.csv', ['CustomerId,Email,City', ...rows, ann.join()].join('\n'));
    expect(await readAll()).toEqual(
      [['odd'], ['odd'], ['odd'], ['odd'], ann].toSorted((a, b) => a.length - b.length).reverse(),
    );
  });

  it.each<[name: string, field: string | RegExp, prepare: () => Promise<unknown>, asked?: SourceQuestion]>([
    ['there is no export', 'folder', async () => {}],
    [
      'the table is missing',
      'VIP',
      () => writeText(container, `${folder}/Other/2026/03/01/0915/Other_1.csv`, 'CustomerId\n'),
    ],
    [
      'the case of its name differs',
      'vip',
      () => write('1.csv', 'CustomerId,Email,City\n'),
      { ...question, segments: ['vip'] },
    ],
    ['no folder is complete', 'VIP', () => write('2.csv', 'CustomerId,Email,City\n')],
    ['columns are missing', 'City', () => write('1.csv', 'CustomerId,Email\n')],
    [
      'a column has a name that is none',
      '__proto__',
      () => write('1.csv', 'CustomerId,Email,City,__proto__\n'),
      { ...question, columns: ['__proto__'] },
    ],
    [
      'one part lacks a column',
      'City',
      async () => {
        await write('1.csv', 'CustomerId,Email,City\n');
        await write('2.csv', 'CustomerId,Email\n');
      },
    ],
    ['nothing names the columns', /VIP_1\.csv$/, () => write('1.csv', 'c1,ann@example.com,Vilnius\n')],
    [
      'the model names others than there are',
      /VIP_1\.csv$/,
      async () => {
        await write('1.csv', 'c1,ann@example.com\n');
        await writeModel({ entities: [{ name: 'VIP', attributes }] });
      },
    ],
    [
      'there is no customer id',
      /VIP_1\.csv$/,
      async () => {
        await write('1.csv', 'Email,City\n');
        await writeModel({ entities: [{ name: 'VIP', partitions: [{ hasHeader: true }] }] });
      },
    ],
    [
      'the model cannot be read',
      /model\.json$/,
      async () => {
        await write('1.csv', 'CustomerId,Email,City\n');
        await writeText(container, `${folder}/model.json`, '{"entities":');
      },
    ],
    [
      'the encoding cannot be read',
      'VIP',
      async () => {
        await write('1.csv', 'CustomerId,Email,City\n');
        await writeModel({
          entities: [{ name: 'VIP', partitions: [{ fileFormatSettings: { encoding: 'UTF-16' } }] }],
        });
      },
    ],
    [
      'a part is in UTF-16',
      /VIP_1\.csv$/,
      async () => {
        const text = Buffer.from('\uFEFFCustomerId,Email\n', 'utf16le');
        await container.getBlockBlobClient(pathOf('1.csv')).upload(text, text.length);
      },
    ],
    ['a part is no gzip file', /VIP/, () => write('1.csv.gz', 'CustomerId,Email,City\n')],
  ])('are a fault for a person where %s', async (_, field, prepare, asked = question) => {
    await prepare();
    const answer = await source.divide(asked);
    const expected = typeof field === 'string' ? field : expect.stringMatching(field);
    expect(answer).toMatchObject({ kind: 'configuration', faults: [{ field: expected }] });
    expect(answer.kind === 'configuration' && answer.faults.every(({ remedy }) => remedy !== '')).toBe(true);
  });

  it('are those of the newest complete folder', async () => {
    const header = 'CustomerId,Email,City\n';
    await write('1.csv', `${header}old,o@example.com,Riga\n`, day1 - 48 * hour);
    await write('1.csv', `${header}${ann.join()}\n`, day1);
    await write('2.csv', `${header}c9,torn@example.com,Riga\n`, day1 + hour);
    expect(await readAll()).toEqual([ann]);
    await write('1.csv', header, day1 + hour);
    expect(await readAll()).toEqual([['c9', 'torn@example.com', 'Riga']]);
  });

  it('are waited for while the only folder may still be written', async () => {
    const now = { now: () => Date.now(), sleepUntil: async () => {}, random: () => 0 };
    const access = {
      kind: 'connection-string',
      value: storage.connectionString,
      container: container.containerName,
    } as const;
    await write('1.csv', 'CustomerId,Email,City\n');
    const answer = await dataOutSource({ access, folder, clock: now }).divide(question);
    expect(answer.kind === 'throttled' && answer.retryAfterSeconds > 600).toBe(true);
  });

  it('give no customer and no fault where the segment is empty', async () => {
    await write('1.csv', 'CustomerId,Email,City\n');
    await write('2.csv', '');
    expect(await readAll()).toEqual([]);
  });

  it('are not mixed when a newer export or another part appears in mid-read', async () => {
    const header = 'CustomerId,Email,City\n';
    await write('1.csv', `${header}${ann.join()}\n`);
    await write('2.csv', `${header}c2,b@example.com,Kaunas\n`);
    const slices = await source.divide(question);
    const [first, second] = slices.kind === 'ok' ? slices.value : [];
    if (first === undefined || second === undefined) throw new Error('no slices');
    const before = await source.mark(question);
    expect(await source.mark(question)).toEqual(before);
    await write('1.csv', `${header}new,n@example.com,Riga\n`, day1 + hour);
    const page = await source.read(question, first, null);
    expect(page).toMatchObject({ kind: 'ok', value: { profiles: [{ customerId: 'c1' }], next: null } });
    expect(await source.mark(question)).not.toEqual(before);
    await write('2.csv', `${header}x,x@example.com,Riga\n`);
    expect(await source.read(question, second, null)).toMatchObject({
      kind: 'configuration',
      faults: [{ field: pathOf('2.csv'), message: expect.stringContaining('source changed') }],
    });
    await container.getBlobClient(pathOf('1.csv')).delete();
    expect((await source.read(question, first, null)).kind).toBe('configuration');
  });

  it('begin anew where a link was written by another version', async () => {
    await write('1.csv', 'CustomerId,Email,City\n');
    const slices = await source.divide(question);
    const [slice] = slices.kind === 'ok' ? slices.value : [];
    if (slice === undefined) throw new Error('no slice');
    expect(await source.read(question, slice, 'x')).toEqual({ kind: 'link-dead' });
    expect(await source.read(question, { ...slice, spec: '{}' }, null)).toEqual({ kind: 'link-dead' });
  });

  it.each<[name: string, style: Partial<CsvStyle>, gzip: boolean, model: 'last' | 'first' | 'absent']>([
    ['a header, no model', { header: true }, false, 'absent'],
    [
      'line breaks and a byte order mark',
      { lineBreaks: true, byteOrderMark: true, lineEnd: '\n' },
      false,
      'first',
    ],
    ['no header, compressed', { header: false, lineBreaks: true }, true, 'last'],
    ['semicolons and few quotes', { delimiter: ';', quotes: 'where-needed' }, false, 'last'],
  ])('give the same people with %s', async (_, style, gzip, model) => {
    const population = createPopulation({ seed: 3, rows: 3_000, day: 1 });
    const tables = { VIP: 'Newsletter_subscribers' };
    const columns = ['Email', 'City', 'ModifiedOn'];
    await writeDataOut(container, { population, tables, folder, at: day1 - hour, parts: 1, model: 'absent' });
    const plain = await readAll({ ...question, columns });
    await writeDataOut(container, { population, tables, folder, at: day1, parts: 3, gzip, style, model });
    const styled = await readAll({ ...question, columns });
    expect(plain.length).toBeGreaterThan(1_500);
    expect(styled).toEqual(plain);
  });
});

describe('a look around', () => {
  it('lists tables and the columns they have in common', async () => {
    await write('1.csv', 'CustomerId,EMail,FirstName,Points,Two Words\n');
    await writeText(
      container,
      `${folder}/High/2026/02/28/1000/High_1.csv`,
      'CustomerId,Points,EMail,FirstName,Other\n',
    );
    const points = { name: 'Points', dataType: 'int64' };
    await writeModel({
      entities: [{ name: 'VIP', attributes: [points], annotations: [{ name: 'rowCount', value: '12' }] }],
    });
    expect(await source.segments()).toEqual({
      kind: 'ok',
      value: [
        {
          name: 'High',
          friendlyName: 'High',
          members: null,
          state: 'unknown',
          evaluatedAt: Date.UTC(2026, 1, 28, 10),
        },
        { name: 'VIP', friendlyName: 'VIP', members: 12, state: 'unknown', evaluatedAt: day1 },
      ],
    });
    expect(await source.columns()).toEqual({
      kind: 'ok',
      value: [
        { name: 'EMail', displayName: 'EMail', type: 'string', guess: 'email' },
        { name: 'FirstName', displayName: 'FirstName', type: 'string', guess: 'firstName' },
        { name: 'Points', displayName: 'Points', type: 'number', guess: null },
      ],
    });
    expect(await source.mark(question)).toMatchObject({ kind: 'ok', value: { members: { VIP: 12 } } });
    const checks = await source.check();
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['container', true],
      ['role', true],
      ['folder', true],
      ['row', true],
    ]);
  });

  const denied = (status: number, code: string): StorageFault => ({ kind: 'status', status, code });
  it.each<[name: string, check: string, prepare: () => Source]>([
    ['the container is missing', 'container', () => open('nowhere')],
    [
      'the folder is wrong',
      'folder',
      () => open(container.containerName, { folder: 'CustomerInsights_x/Other' }),
    ],
    [
      'the role is missing',
      'role',
      () => {
        storage.fail(denied(403, 'AuthorizationPermissionMismatch'));
        return source;
      },
    ],
    [
      'the token is refused',
      'token',
      () => {
        storage.fail(denied(401, 'InvalidAuthenticationInfo'));
        return source;
      },
    ],
    [
      'the service does not answer',
      'container',
      () => {
        storage.fail(denied(503, 'ServerBusy'));
        return source;
      },
    ],
    ['an export is torn', 'row', () => source],
  ])('checks, and says what to do where %s', async (_, name, prepare) => {
    await write('2.csv', 'CustomerId,Email,City\n');
    const checks = await prepare().check();
    expect(checks.at(-1)).toMatchObject({ name, ok: false, remedy: expect.stringMatching(/\w/) });
    expect(checks.slice(0, -1).every(({ ok, remedy }) => ok && remedy === '')).toBe(true);
  });
});

describe('answers of the storage account', () => {
  const status = (code: number, name: string, headers = {}): StorageFault => ({
    kind: 'status',
    status: code,
    code: name,
    headers,
  });
  const role = {
    kind: 'configuration',
    faults: [{ field: 'role', remedy: expect.stringContaining('Storage Blob Data Reader') }],
  };
  it.each<[fault: StorageFault, answer: object]>([
    [status(403, 'AuthorizationPermissionMismatch'), role],
    [status(403, 'AuthorizationFailure'), role],
    [status(403, 'AuthenticationFailed'), role],
    [status(403, 'KeyBasedAuthenticationNotPermitted'), role],
    [status(401, 'NoAuthenticationInformation'), { kind: 'configuration', faults: [{ field: 'token' }] }],
    [status(404, 'ContainerNotFound'), { kind: 'configuration', faults: [{ field: 'container' }] }],
    [status(409, 'BlobArchived'), { kind: 'configuration', faults: [{ field: pathOf('1.csv') }] }],
    [status(412, 'ConditionNotMet'), { kind: 'configuration', faults: [{ field: pathOf('1.csv') }] }],
    [status(404, 'BlobNotFound'), { kind: 'configuration', faults: [{ field: pathOf('1.csv') }] }],
    [status(503, 'ServerBusy', { 'retry-after': '7' }), { kind: 'throttled', retryAfterSeconds: 7 }],
    [status(503, 'ServerBusy', { 'retry-after': '99999' }), { kind: 'throttled', retryAfterSeconds: 3_600 }],
    [status(429, 'TooManyRequests'), { kind: 'throttled', retryAfterSeconds: 5 }],
    [status(500, 'InternalError'), { kind: 'transient' }],
    [status(503, 'ServerBusy'), { kind: 'transient' }],
    [status(500, 'OperationTimedOut'), { kind: 'transient' }],
    [{ kind: 'cut' }, { kind: 'transient' }],
    [{ kind: 'silence' }, { kind: 'transient' }],
  ])('%o comes to %o, and the read goes on at the same place', async (fault, expected) => {
    await write('1.csv', `CustomerId,Email,City\n${ann.join()}\n`);
    const impatient = open(container.containerName, { timeoutMs: 500 });
    const slices = await source.divide(question);
    const [slice] = slices.kind === 'ok' ? slices.value : [];
    if (slice === undefined) throw new Error('no slice');
    storage.fail(fault);
    expect(await impatient.read(question, slice, null)).toMatchObject(expected);
    expect(await impatient.read(question, slice, null)).toMatchObject({
      kind: 'ok',
      value: { profiles: [{ customerId: 'c1' }] },
    });
  });

  it('asks nobody but the configured account, whatever the model says', async () => {
    await write('1.csv', `CustomerId,Email,City\n${ann.join()}\n`);
    const parts = [`http://127.0.0.1:1/elsewhere/VIP/${datedFolder(day1)}/VIP_1.csv`];
    await writeText(container, `${folder}/model.json`, modelOf([{ name: 'VIP', parts, style: plainStyle }]));
    const slices = await source.divide(question);
    expect(slices).toMatchObject({ kind: 'ok', value: [{}] });
    storage.fail({
      kind: 'status',
      status: 302,
      code: '',
      headers: { location: 'http://127.0.0.1:1/elsewhere' },
    });
    await expect(source.mark(question)).rejects.toThrow();
  });
});
