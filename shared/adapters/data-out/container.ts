import type {
  AnonymousCredential,
  BlobServiceClient,
  ContainerClient,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';

/** The third kind of credential that the SDK takes; its package does not export the name. */
type TokenCredential = Exclude<
  BlobServiceClient['credential'],
  AnonymousCredential | StorageSharedKeyCredential
>;

export type ContainerAccess =
  /** For one's own machine only: in Azure, keys of the account are switched off. */
  | { readonly kind: 'connection-string'; readonly value: string; readonly container: string }
  | { readonly kind: 'identity'; readonly containerUrl: string; readonly credential: TokenCredential };

export interface File {
  readonly path: string;
  readonly etag: string;
  readonly bytes: number;
  /** Ms since 1970. */
  readonly modifiedAt: number;
}

/** The container to which Customer Insights exports, of which nothing is ever written. Every call may throw. */
export interface Container {
  /** Names of the folders just below `folder`, in order. */
  folders(folder: string): Promise<readonly string[]>;
  /** Files just in `folder`, by path. */
  files(folder: string): Promise<readonly File[]>;
  /** Bytes of just this state of the file. */
  range(file: Pick<File, 'path' | 'etag'>, from: number, to: number): Promise<Buffer>;
}

export interface ContainerOptions {
  readonly access: ContainerAccess;
  readonly timeoutMs?: number;
}

const unquoted = (etag: string): string => etag.replace(/^"|"$/g, '');

export const openContainer = ({ access, timeoutMs = 60_000 }: ContainerOptions): Container => {
  let opened: Promise<ContainerClient> | undefined;
  // The SDK takes 150 ms to load, which a start without a read should not pay.
  const client = (): Promise<ContainerClient> => {
    opened ??= open(access);
    return opened;
  };
  const patience = (): { readonly abortSignal: AbortSignal } => ({
    abortSignal: AbortSignal.timeout(timeoutMs),
  });

  return {
    async folders(folder) {
      const names: string[] = [];
      const prefix = `${folder}/`;
      const pages = (await client()).listBlobsByHierarchy('/', { prefix, ...patience() });
      for await (const found of pages) {
        if (found.kind === 'prefix') names.push(found.name.slice(prefix.length, -1));
      }
      return names.sort();
    },

    async files(folder) {
      const files: File[] = [];
      const pages = (await client()).listBlobsByHierarchy('/', { prefix: `${folder}/`, ...patience() });
      for await (const found of pages) {
        if (found.kind === 'prefix') continue;
        const { etag, contentLength = 0, lastModified } = found.properties;
        files.push({
          path: found.name,
          etag: unquoted(etag),
          bytes: contentLength,
          modifiedAt: lastModified.getTime(),
        });
      }
      return files.sort((a, b) => (a.path < b.path ? -1 : 1));
    },

    async range({ path, etag }, from, to) {
      const conditions = { ifMatch: `"${etag}"` };
      const found = await (await client())
        .getBlobClient(path)
        .download(from, to - from, { conditions, maxRetryRequests: 0, ...patience() });
      const parts: Buffer[] = [];
      for await (const part of found.readableStreamBody ?? []) parts.push(Buffer.from(part));
      const bytes = Buffer.concat(parts);
      if (bytes.length !== to - from) throw Object.assign(new Error('A short answer.'), { code: 'ESHORT' });
      return bytes;
    },
  };
};

const open = async (access: ContainerAccess): Promise<ContainerClient> => {
  const { BlobServiceClient, ContainerClient } = await import('@azure/storage-blob');
  // Whoever reads waits as told and tries again: tries below that would hide the service's own word, and multiply.
  const options = { retryOptions: { maxTries: 1 } };
  return access.kind === 'identity'
    ? new ContainerClient(access.containerUrl, access.credential, options)
    : BlobServiceClient.fromConnectionString(access.value, options).getContainerClient(access.container);
};
