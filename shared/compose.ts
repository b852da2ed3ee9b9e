import { randomBytes } from 'node:crypto';
import { type DataOutOptions, dataOutSource } from './adapters/data-out/data-out.ts';
import { dataverseSource } from './adapters/dataverse/dataverse.ts';
import type { VerdictMemory } from './adapters/dataverse/prefix-verdict.ts';
import { appServiceIdentity } from './adapters/identity/app-service.ts';
import { appCredential } from './adapters/identity/credential.ts';
import { identityTokens } from './adapters/identity/tokens.ts';
import { keyVaultSecrets } from './adapters/key-vault/secrets.ts';
import { httpNotifier } from './adapters/notifications/notifier.ts';
import { omnisendDestination } from './adapters/omnisend/destination.ts';
import { openStorage } from './adapters/storage/storage.ts';
import { systemClock } from './adapters/system/clock.ts';
import { consoleLog } from './adapters/system/console-log.ts';
import { parseConfig } from './config.ts';
import type { Authentication } from './domain/access.ts';
import { noReaders } from './domain/slice.ts';
import type { Ports } from './ports/ports.ts';
import type { Outgoing } from './ports/queue.ts';
import type { Store } from './ports/store.ts';
import { at } from './steps/addresses.ts';
import { changeRow } from './steps/change-row.ts';

export interface App {
  readonly ports: Ports;
  /** Whom the HTTP API believes. */
  readonly authentication: Authentication;
  /** Sends what a step returns, last of all: a step that dies before is put right by the supervisor. */
  readonly perform: (step: Promise<readonly Outgoing[]> | readonly Outgoing[]) => Promise<void>;
}

/**
 * Every port with its adapter. Nothing is opened, loaded or asked before a step needs it. Throws where a setting is
 * wrong: an error that lists every fault.
 */
export function compose(
  environment: Readonly<Record<string, string | undefined>>,
  stopping: AbortSignal,
): App {
  const parsed = parseConfig(environment);
  if (parsed.kind === 'faults') {
    const lines = parsed.faults.map(({ field, message, remedy }) => `  ${field}: ${message} ${remedy}`);
    throw new Error(`The app cannot start, its settings are wrong:\n${lines.join('\n')}`);
  }
  const { config } = parsed;
  const clock = systemClock;
  const identity = config.clientId === undefined ? {} : { clientId: config.clientId };
  const credential = appCredential(identity);
  const tokens = identityTokens({
    credential,
    clock,
    identity: appServiceIdentity(environment, config.clientId),
  });
  const { store, blobs, queue } = openStorage(
    config.storage.kind === 'identity' ? { ...config.storage, credential } : config.storage,
  );
  const { storage } = config;
  const accessTo = ({ containerUrl }: { readonly containerUrl: string }): DataOutOptions['access'] =>
    storage.kind === 'identity'
      ? { kind: 'identity', containerUrl, credential }
      : { kind: 'connection-string', value: storage.value, container: containerUrl.split('/').at(-1) ?? '' };
  const ports: Ports = {
    store,
    blobs,
    queue,
    secrets: keyVaultSecrets({ vaultUrl: config.vaultUrl, credential, clock, sandbox: config.sandbox }),
    source:
      config.source.kind === 'dataverse'
        ? dataverseSource({
            url: config.source.url,
            tokens,
            clock,
            verdicts: verdictsOf(store, config.source.url),
          })
        : dataOutSource({ access: accessTo(config.source), folder: config.source.folder, clock }),
    destination: omnisendDestination({ baseUrl: config.omnisendUrl, clock }),
    notifier: httpNotifier({ hosts: config.notifyHosts, sandbox: config.sandbox }),
    clock,
    log: consoleLog,
    limits: {
      requestsPerMinute: config.requestsPerMinute,
      tagsPerMinute: config.tagsPerMinute,
      startRate: config.startRate,
      readConcurrency: config.readConcurrency,
    },
    newSecret: () => randomBytes(32).toString('base64url'),
    stopping,
  };
  return {
    ports,
    authentication: config.authentication,
    perform: async (step) => {
      for (const outgoing of await step) await queue.put(outgoing);
    },
  };
}

/** What is found out about an environment lies in its row, with the slices that are out there. */
const verdictsOf = ({ readers }: Store, url: string): VerdictMemory => {
  const address = at.readers(new URL(url).host);
  return {
    load: async () => (await readers.get(address))?.value.prefixes ?? undefined,
    save: async (prefixes) => {
      await changeRow(readers, address, (stored) => ({ ...(stored ?? noReaders), prefixes }));
    },
  };
};
