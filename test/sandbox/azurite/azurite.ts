import { createRequire } from 'node:module';
import type { FastClock } from '../fast-clock.ts';
import { spawnUntilReady } from '../process.ts';

export type Azurite = {
  readonly connectionString: string;
  readonly pid: number;
  close(): Promise<void>;
};

// The account every Azurite knows, so that a folder opens again with the same key.
// https://learn.microsoft.com/azure/storage/common/storage-connect-azurite#well-known-storage-account-and-key
const accountName = 'devstoreaccount1';
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Starts the real Azurite in a process of its own on free ports of 127.0.0.1, and resolves when its three endpoints
 * listen. With `folder` (made if missing) data outlive the process; without, they are in memory.
 */
export async function startAzurite(
  options: { readonly folder?: string; readonly clock?: FastClock | undefined } = {},
): Promise<Azurite> {
  const store = options.folder === undefined ? ['--inMemoryPersistence'] : ['--location', options.folder];
  const azurite = await spawnUntilReady({
    name: 'azurite',
    clock: options.clock,
    file: createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js'),
    args: [
      ...store,
      ...['blob', 'queue', 'table'].flatMap((service) => [
        `--${service}Host`,
        '127.0.0.1',
        `--${service}Port`,
        // Port 0: the system picks a free one and Azurite prints it, so there is no port to lose to another process.
        '0',
      ]),
      // The storage SDKs ask for newer API versions than Azurite knows.
      '--skipApiVersionCheck',
      '--disableTelemetry',
      '--silent',
    ],
    // An account list of the developer's own would hide the well-known account.
    env: { AZURITE_ACCOUNTS: undefined },
    readyLine: endpointCollector(),
  });
  return {
    connectionString: connectionString(azurite.ready),
    pid: azurite.pid,
    close: async () => {
      // In memory nothing is lost by a kill; on disk Azurite writes its files at the signal.
      await azurite.stop(options.folder === undefined ? 'SIGKILL' : 'SIGTERM', 10);
    },
  };
}

type Endpoints = { readonly blob: string; readonly queue: string; readonly table: string };

/** Azurite announces its services one by one; ready when all three are there. */
export function endpointCollector(): (line: string) => Endpoints | undefined {
  const found = new Map<string, string>();
  return (line) => {
    const match = /^Azurite (Blob|Queue|Table) service is successfully listening at (http:\S+)/.exec(line);
    if (match?.[1] && match[2]) found.set(match[1], match[2]);
    const [blob, queue, table] = [found.get('Blob'), found.get('Queue'), found.get('Table')];
    return blob && queue && table ? { blob, queue, table } : undefined;
  };
}

function connectionString({ blob, queue, table }: Endpoints): string {
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${accountName}`,
    `AccountKey=${accountKey}`,
    `BlobEndpoint=${blob}/${accountName}`,
    `QueueEndpoint=${queue}/${accountName}`,
    `TableEndpoint=${table}/${accountName}`,
  ].join(';');
}
