import type { TableClient, TableServiceClient } from '@azure/data-tables';
import type {
  AnonymousCredential,
  BlobServiceClient,
  ContainerClient,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import type { QueueClient } from '@azure/storage-queue';

/** The third kind of credential that the SDK takes; its package does not export the name. */
type TokenCredential = Exclude<
  BlobServiceClient['credential'],
  AnonymousCredential | StorageSharedKeyCredential
>;

export type StorageAccess =
  /** For one's own machine only: in Azure, keys of the account are switched off. */
  | { readonly kind: 'connection-string'; readonly value: string }
  | {
      readonly kind: 'identity';
      readonly blobUrl: string;
      readonly queueUrl: string;
      readonly tableUrl: string;
      readonly credential: TokenCredential;
    };

/** The SDK's clients, made at first use and kept. */
export interface StorageClients {
  container(name: string): Promise<ContainerClient>;
  queue(name: string): Promise<QueueClient>;
  table(name: string): Promise<TableClient>;
  tables(): Promise<TableServiceClient>;
}

// Few and short: they multiply with those of the queue.
const delays = { retryDelayInMs: 200, maxRetryDelayInMs: 2_000 };
const storageOptions = { retryOptions: { ...delays, maxTries: 4, tryTimeoutInMs: 60_000 } };
const tableRetries = { ...delays, maxRetries: 3 };

/** Opens nothing yet: each SDK takes some 150 ms to load, which a start without storage calls should not pay. */
export const storageClients = (access: StorageAccess): StorageClients => {
  const tableOptions = { retryOptions: tableRetries, allowInsecureConnection: isLoopback(access) };

  const blobService = once(async () => {
    const { BlobServiceClient } = await import('@azure/storage-blob');
    return access.kind === 'identity'
      ? new BlobServiceClient(access.blobUrl, access.credential, storageOptions)
      : BlobServiceClient.fromConnectionString(access.value, storageOptions);
  });
  const queueService = once(async () => {
    const { QueueServiceClient } = await import('@azure/storage-queue');
    return access.kind === 'identity'
      ? new QueueServiceClient(access.queueUrl, access.credential, storageOptions)
      : QueueServiceClient.fromConnectionString(access.value, storageOptions);
  });
  const tables = once(async () => {
    const { TableServiceClient } = await import('@azure/data-tables');
    return access.kind === 'identity'
      ? new TableServiceClient(access.tableUrl, access.credential, tableOptions)
      : TableServiceClient.fromConnectionString(access.value, tableOptions);
  });

  return {
    tables,
    container: oncePer(async (name) => (await blobService()).getContainerClient(name)),
    queue: oncePer(async (name) => (await queueService()).getQueueClient(name)),
    table: oncePer(async (name) => {
      const { TableClient } = await import('@azure/data-tables');
      return access.kind === 'identity'
        ? new TableClient(access.tableUrl, name, access.credential, tableOptions)
        : TableClient.fromConnectionString(access.value, name, tableOptions);
    }),
  };
};

/** The tables' SDK, unlike the other two, refuses plain http unless told. Only this machine may be spoken to so. */
const isLoopback = (access: StorageAccess): boolean =>
  access.kind === 'connection-string' &&
  /(?:^|;)(?:UseDevelopmentStorage=true|TableEndpoint=http:\/\/(?:127\.0\.0\.1|localhost)[:/])/i.test(
    access.value,
  );

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

const oncePer = <T>(make: (name: string) => Promise<T>): ((name: string) => Promise<T>) => {
  const made = new Map<string, Promise<T>>();
  return (name) => {
    const known = made.get(name) ?? make(name);
    made.set(name, known);
    return known;
  };
};
