import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../azurite/azurite.ts';
import { eventually, masterKey, queues, type Running, raw, seenBy, startFixture } from './fixtures/start.ts';

let azurite: Azurite;
const started: Running[] = [];
const folders: string[] = [];
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(async () => {
  await Promise.all(started.map((host) => host.stop('SIGKILL')));
  await azurite?.close();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

async function start(options: Parameters<typeof startFixture>[1] = {}): Promise<Running> {
  const host = await startFixture(azurite, options);
  started.push(host);
  return host;
}

async function rootWith(hostJson: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'host-'));
  folders.push(folder);
  await writeFile(join(folder, 'host.json'), JSON.stringify({ version: '2.0', ...hostJson }));
  return folder;
}

/** A queue of the test's own: the tests run beside each other, for most of their time is waiting. */
async function workQueue(queue: string) {
  const client = queues(azurite).getQueueClient(queue);
  await client.create();
  return {
    queue,
    send: (value: object) => client.sendMessage(Buffer.from(JSON.stringify(value)).toString('base64')),
    count: async () => (await client.getProperties()).approximateMessagesCount,
    receive: async () => (await client.receiveMessages()).receivedMessageItems,
  };
}

const running = (host: Running) =>
  eventually(async () => (await seenBy(host, 'work')).find(({ end }) => end === undefined));

test.concurrent('SIGTERM: runs and requests in flight end, new connections are refused, appTerminate runs, exit 0', async () => {
  const work = await workQueue('drain');
  const host = await start({ queue: work.queue });
  await work.send({ milliseconds: 1200 });
  await running(host);
  const slow = raw(host, 'GET', '/api/answer/slow');
  await eventually(async () =>
    host.lines.some((line) => line.includes("Executing 'Functions.answer'")) ? true : undefined,
  );
  const end = host.stop();
  expect(await slow).toMatchObject({ status: 200, body: 'late' });
  await expect(raw(host, 'GET', '/api/seen')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(await end).toEqual({ code: 0, signal: null });
  expect(await work.count()).toBe(0);
  expect(host.lines.filter((line) => line.includes('appTerminate done'))).toHaveLength(1);
});

test.concurrent('SIGTERM: the queue is still fetched while the drain lasts', async () => {
  const work = await workQueue('fetched');
  const host = await start({ queue: work.queue });
  await work.send({ milliseconds: 3000 });
  await running(host);
  const end = host.stop();
  await work.send({ milliseconds: 0 });
  expect(await end).toEqual({ code: 0, signal: null });
  expect(await work.count()).toBe(0);
});

test.concurrent('what the drain cuts off is neither deleted nor released', async () => {
  const work = await workQueue('cut-off');
  const host = await start({ queue: work.queue, args: ['--drain-seconds', '0.3'] });
  await work.send({ milliseconds: 9000 });
  await running(host);
  expect(await host.stop()).toEqual({ code: 0, signal: null });
  expect(host.lines.some((line) => line.includes('did not shutdown within its allotted time'))).toBe(true);
  expect(await work.count()).toBe(1);
  expect(await work.receive()).toEqual([]);
});

test.concurrent('a lock is renewed while a run lasts; after SIGKILL the message comes back when its lock is over', async () => {
  const work = await workQueue('renewed');
  // At this speed the lock of 600 s lasts 2 s.
  const first = await start({ queue: work.queue, args: ['--speed', '300'] });
  await work.send({ milliseconds: 2600 });
  await running(first);
  await eventually(async () => ((await work.count()) === 0 ? true : undefined));
  expect(await seenBy(first, 'work')).toHaveLength(1);

  await work.send({ milliseconds: 60_000 });
  await eventually(async () => ((await seenBy(first, 'work')).length === 2 ? true : undefined));
  await first.stop('SIGKILL');
  const second = await start({ queue: work.queue, args: ['--speed', '300', '--drain-seconds', '0'] });
  expect((await running(second)).metadata).toMatchObject({ dequeueCount: 2 });
  await second.stop();
});

test.concurrent('functionTimeout ends the process with 1 and shows its message again', async () => {
  const work = await workQueue('overtime');
  const host = await start({ queue: work.queue, root: await rootWith({ functionTimeout: '00:00:01' }) });
  await work.send({ milliseconds: 9000 });
  expect(await host.exited).toEqual({ code: 1, signal: null });
  expect(host.lines.some((line) => line.includes('Timeout value of 1 s exceeded'))).toBe(true);
  expect((await work.receive()).map(({ dequeueCount }) => dequeueCount)).toEqual([2]);
});

test.concurrent('an unhandled rejection ends the process with 1 and shows every message in flight again', async () => {
  const work = await workQueue('rejected');
  const host = await start({ queue: work.queue });
  await work.send({ milliseconds: 9000 });
  await running(host);
  const broken = raw(host, 'POST', '/api/crash');
  await Promise.allSettled([broken]);
  expect(await host.exited).toEqual({ code: 1, signal: null });
  expect((await work.receive()).map(({ dequeueCount }) => dequeueCount)).toEqual([2]);
});

test.concurrent.each(['twice.ts', 'throws.ts'])(
  'an entry at fault (%s) leaves a running host without functions',
  async (entry) => {
    const host = await start({ entry });
    expect(host.ready.functions).toEqual([]);
    expect(host.lines.some((line) => line.includes('unable to load entry point'))).toBe(true);
    expect((await raw(host, 'GET', '/api/one')).status).toBe(404);
    const status = await raw(host, 'GET', '/admin/host/status', { headers: masterKey });
    expect(JSON.parse(status.body)).toMatchObject({ state: 'Running' });
    expect((await raw(host, 'GET', '/')).status).toBe(200);
  },
);

test.concurrent('a host.json at fault answers 503 everywhere', async () => {
  const host = await start({ root: await rootWith({ extensions: { queues: { batchSize: 33 } } }) });
  expect(await raw(host, 'GET', '/api/seen')).toMatchObject({
    status: 503,
    body: 'Function host is not running.',
  });
  const status = await raw(host, 'GET', '/admin/host/status', { headers: masterKey });
  expect(JSON.parse(status.body)).toMatchObject({ state: 'Error' });
});

test.concurrent('timers: runOnStartup once at start; a missed monitored slot is made up once, and its status is written', async () => {
  const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(
    'azure-webjobs-hosts',
  );
  await container.createIfNotExists();
  const blob = container.getBlockBlobClient('timers/timers/Host.Functions.yearly/status');
  const past =
    '{"Last":"2020-01-01T03:00:00+00:00","Next":"2021-01-01T03:00:00+00:00","LastUpdated":"2020-01-01T03:00:00+00:00"}';
  await blob.upload(past, past.length);
  const host = await start({ queue: 'timers' });
  const [due] = await eventually(async () => {
    const runs = await seenBy(host, 'yearly');
    return runs.length > 0 ? runs : undefined;
  });
  expect(due?.input).toMatchObject({
    isPastDue: true,
    scheduleStatus: { next: '2021-01-01T03:00:00.000+00:00' },
  });
  const startup = await seenBy(host, 'startup');
  expect(startup.map(({ input }) => input)).toEqual([
    { schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false },
  ]);
  const next = await eventually(async () => {
    const text = String(await blob.downloadToBuffer());
    return text === past ? undefined : JSON.parse(text).Next;
  });
  expect(Date.parse(next)).toBeGreaterThan(Date.now());
  await host.stop();
});
