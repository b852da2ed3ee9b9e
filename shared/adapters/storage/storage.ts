import { messages } from '../../messages.ts';
import type { Blobs } from '../../ports/blobs.ts';
import type { Queue } from '../../ports/queue.ts';
import type { Store } from '../../ports/store.ts';
import { containerBlobs } from './blobs.ts';
import { type StorageAccess, storageClients } from './clients.ts';
import { inParallel } from './in-parallel.ts';
import { stepQueue } from './queue.ts';
import { tableRows } from './rows.ts';
import { storeOf } from './store.ts';

const containers = ['runs', 'snapshots'];
const creationsAtOnce = 8;

export interface Storage {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly queue: Queue;
  /** Creates what is missing of tables, containers and queues. In Azure the template has done so. */
  ensure(): Promise<void>;
}

/** The storage account of the app. Makes no call and loads no SDK until something is asked of it. */
export const openStorage = (access: StorageAccess): Storage => {
  const clients = storageClients(access);
  const tables: string[] = [];
  return {
    store: storeOf((table, schema) => {
      tables.push(table);
      return tableRows({ table, client: () => clients.table(table), schema });
    }),
    blobs: containerBlobs(clients.container),
    queue: stepQueue(clients.queue),

    async ensure() {
      const queues = Object.keys(messages).flatMap((step) => [step, `${step}-poison`]);
      const service = await clients.tables();
      await inParallel(
        [
          ...tables.map((name) => () => service.createTable(name)),
          ...containers.map((name) => async () => (await clients.container(name)).createIfNotExists()),
          ...queues.map((name) => async () => (await clients.queue(name)).createIfNotExists()),
        ],
        creationsAtOnce,
        (create) => create(),
      );
    },
  };
};
