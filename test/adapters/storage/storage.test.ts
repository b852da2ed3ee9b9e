import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storageClients } from '../../../shared/adapters/storage/clients.ts';
import { inParallel } from '../../../shared/adapters/storage/in-parallel.ts';
import { openStorage, type Storage } from '../../../shared/adapters/storage/storage.ts';
import { exportId, runId } from '../../../shared/domain/ids.ts';
import { noNews } from '../../../shared/domain/news.ts';
import { type Message, messages } from '../../../shared/messages.ts';
import { type Azurite, startAzurite } from '../../sandbox/azurite/azurite.ts';

let azurite: Azurite;
let storage: Storage;

beforeAll(async () => {
  azurite = await startAzurite();
  storage = openStorage({ kind: 'connection-string', value: azurite.connectionString });
});
afterAll(() => azurite?.close());

test('a missing table or container is an error, not an empty answer', async () => {
  const none = storageClients({ kind: 'connection-string', value: azurite.connectionString });
  expect(await (await none.container('runs')).exists()).toBe(false);
  await expect(storage.store.runs.list('newsletter')).rejects.toMatchObject({ statusCode: 404 });
  await expect(storage.store.runs.get({ partition: 'a', key: 'b' })).rejects.toMatchObject({
    statusCode: 404,
  });
  await expect(storage.store.runs.remove({ partition: 'a', key: 'b' })).rejects.toMatchObject({
    statusCode: 404,
  });
  await expect(storage.blobs.get('runs/a')).rejects.toMatchObject({ statusCode: 404 });
  await expect(storage.blobs.getRange('runs/a', 0, 1)).rejects.toMatchObject({ statusCode: 404 });
  await expect(storage.blobs.list('runs/a')).rejects.toMatchObject({ statusCode: 404 });
});

test('what is missing is created, twice without complaint, and every part then works', async () => {
  await storage.ensure();
  await storage.ensure();

  for (const rows of Object.values(storage.store)) expect(await rows.list('none')).toEqual([]);
  const state = {
    active: null,
    paused: null,
    brand: null,
    uncommitted: null,
    taggedAt: null,
    scheduledUntil: null,
    news: noNews,
  };
  await storage.store.states.insert({ partition: 'exports', key: exportId.parse('newsletter') }, state);
  expect((await storage.store.states.list('exports')).map((row) => row.value)).toEqual([state]);

  for (const path of ['runs/a', 'snapshots/a']) {
    await storage.blobs.put(path, new Uint8Array([1]));
    expect(await storage.blobs.list(path)).toEqual([path]);
  }
  const clients = storageClients({ kind: 'connection-string', value: azurite.connectionString });
  for (const step of Object.keys(messages)) {
    expect(await (await clients.queue(step)).exists()).toBe(true);
    expect(await (await clients.queue(`${step}-poison`)).exists()).toBe(true);
  }
});

test('a message never expires, however long its delay', async () => {
  await storage.ensure();
  const message: Message = {
    step: 'finish',
    run: runId.parse('newsletter.1'),
    version: 1,
    epoch: 0,
    sequence: 0,
  };
  await storage.queue.put({ message, delaySeconds: 0 });
  const clients = storageClients({ kind: 'connection-string', value: azurite.connectionString });
  const { receivedMessageItems } = await (await clients.queue('finish')).receiveMessages();
  expect(receivedMessageItems.map(({ expiresOn }) => expiresOn.getUTCFullYear())).toEqual([9999]);
});

test('opening loads none of the SDKs', async () => {
  const script = `
    const { registerHooks } = await import('node:module');
    const loaded = [];
    registerHooks({ resolve(name, context, next) { if (name.startsWith('@azure/')) loaded.push(name); return next(name, context); } });
    const { openStorage } = await import('./shared/adapters/storage/storage.ts');
    const { keyVaultSecrets } = await import('./shared/adapters/key-vault/secrets.ts');
    const { appCredential } = await import('./shared/adapters/identity/credential.ts');
    const credential = appCredential();
    const { store } = openStorage({ kind: 'connection-string', value: 'UseDevelopmentStorage=true' });
    keyVaultSecrets({ vaultUrl: 'https://x.vault.azure.net', credential, clock: Date, sandbox: false });
    const before = [...loaded];
    await store.runs.get({ partition: 'a', key: 'b' }).catch(() => undefined);
    console.log(JSON.stringify({ before, after: loaded.includes('@azure/data-tables') }));
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(JSON.parse(stdout)).toEqual({ before: [], after: true });
});

test('work in parallel keeps to its bound, does everything once, and begins nothing after a failure', async () => {
  let out = 0;
  let most = 0;
  const done: number[] = [];
  const elements = Array.from({ length: 20 }, (_, n) => n);
  await inParallel(elements, 4, async (n) => {
    out += 1;
    most = Math.max(most, out);
    await Promise.resolve();
    done.push(n);
    out -= 1;
  });
  expect(most).toBe(4);
  expect(done.sort((a, b) => a - b)).toEqual(elements);

  const begun: number[] = [];
  const failing = inParallel(elements, 2, async (n) => {
    begun.push(n);
    await Promise.resolve();
    if (n === 3) throw new Error('the third');
  });
  await expect(failing).rejects.toThrow('the third');
  await new Promise((later) => setImmediate(later));
  expect(begun.length).toBeLessThanOrEqual(5);
});
