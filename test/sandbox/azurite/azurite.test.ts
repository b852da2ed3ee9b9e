import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TableClient, TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, expect, test } from 'vitest';
import { endpointCollector, startAzurite } from './azurite.ts';

const folder = await mkdtemp(join(tmpdir(), 'azurite-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const plain = { allowInsecureConnection: true };

test('all three services answer, two instances share nothing, and memory is gone with the process', async () => {
  const [one, other] = await Promise.all([startAzurite(), startAzurite()]);
  try {
    await BlobServiceClient.fromConnectionString(one.connectionString).createContainer('one');
    await QueueServiceClient.fromConnectionString(one.connectionString).createQueue('queue');
    await TableServiceClient.fromConnectionString(one.connectionString, plain).createTable('table');
    const seen = QueueServiceClient.fromConnectionString(other.connectionString).getQueueClient('queue');
    expect(await seen.exists()).toBe(false);
    expect(one.pid).not.toBe(other.pid);
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
  expect(() => process.kill(one.pid, 0)).toThrow();
});

test('a folder keeps blobs, messages and rows over a restart', async () => {
  const before = await startAzurite({ folder });
  try {
    const blobs = BlobServiceClient.fromConnectionString(before.connectionString);
    await blobs.createContainer('kept');
    await blobs.getContainerClient('kept').getBlockBlobClient('b').upload('text', 4);
    const queues = QueueServiceClient.fromConnectionString(before.connectionString);
    await queues.createQueue('kept');
    await queues.getQueueClient('kept').sendMessage('message');
    const table = TableClient.fromConnectionString(before.connectionString, 'kept', plain);
    await table.createTable();
    await table.createEntity({ partitionKey: 'p', rowKey: 'r', value: 7 });
  } finally {
    await before.close();
  }
  const after = await startAzurite({ folder });
  try {
    const blobs = BlobServiceClient.fromConnectionString(after.connectionString).getContainerClient('kept');
    expect(String(await blobs.getBlobClient('b').downloadToBuffer())).toBe('text');
    const queue = QueueServiceClient.fromConnectionString(after.connectionString).getQueueClient('kept');
    const { receivedMessageItems } = await queue.receiveMessages();
    expect(receivedMessageItems.map((message) => message.messageText)).toEqual(['message']);
    const table = TableClient.fromConnectionString(after.connectionString, 'kept', plain);
    expect((await table.getEntity('p', 'r')).value).toBe(7);
  } finally {
    await after.close();
  }
});

test('the endpoints are complete only when all three services have announced themselves', () => {
  const collect = endpointCollector();
  const line = (service: string, port: number) =>
    `Azurite ${service} service is successfully listening at http://127.0.0.1:${port}`;
  expect(collect('Azurite Blob service is starting at http://127.0.0.1:0')).toBeUndefined();
  expect(collect(line('Blob', 1))).toBeUndefined();
  expect(collect(line('Queue', 2))).toBeUndefined();
  expect(collect(line('Table', 3))).toEqual({
    blob: 'http://127.0.0.1:1',
    queue: 'http://127.0.0.1:2',
    table: 'http://127.0.0.1:3',
  });
});
