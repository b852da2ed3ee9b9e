import { afterAll, beforeAll } from 'vitest';
import { z } from 'zod';
import { containerBlobs } from '../../shared/adapters/storage/blobs.ts';
import { storageClients } from '../../shared/adapters/storage/clients.ts';
import { stepQueue } from '../../shared/adapters/storage/queue.ts';
import { tableRows } from '../../shared/adapters/storage/rows.ts';
import { type Message, messages } from '../../shared/messages.ts';
import { type Azurite, startAzurite } from '../sandbox/azurite/azurite.ts';
import { describeBlobs } from './blobs.contract.ts';
import { describeQueue } from './queue.contract.ts';
import { describeRows, sample } from './rows.contract.ts';

let azurite: Azurite;
let clients: ReturnType<typeof storageClients>;

beforeAll(async () => {
  azurite = await startAzurite();
  clients = storageClients({ kind: 'connection-string', value: azurite.connectionString });
  await (await clients.table('sample')).createTable();
  for (const container of ['runs', 'snapshots']) await (await clients.container(container)).create();
  for (const step of Object.keys(messages)) await (await clients.queue(step)).create();
});
afterAll(() => azurite?.close());

describeRows('Azure Table storage', async () => {
  const client = () => clients.table('sample');
  return {
    rows: tableRows({ table: 'sample', client, schema: sample }),
    foreign: tableRows({ table: 'sample', client, schema: z.unknown() }),
  };
});

describeBlobs('Azure Blob storage', async () => containerBlobs(clients.container));

describeQueue('Azure Queue storage', async () => {
  for (const step of Object.keys(messages)) await (await clients.queue(step)).clearMessages();
  return {
    queue: stepQueue(clients.queue),
    async receive(step: Message['step']) {
      const { receivedMessageItems } = await (await clients.queue(step)).receiveMessages({
        numberOfMessages: 32,
      });
      return receivedMessageItems.map(({ messageText }) =>
        JSON.parse(Buffer.from(messageText, 'base64').toString()),
      );
    },
  };
});
