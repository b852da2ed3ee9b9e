import { z } from 'zod';
import type { Authentication } from './domain/access.ts';
import type { ConfigurationFault } from './domain/answers.ts';

interface Config {
  readonly sandbox: boolean;
  readonly storage:
    | { readonly kind: 'connection-string'; readonly value: string }
    | {
        readonly kind: 'identity';
        readonly blobUrl: string;
        readonly queueUrl: string;
        readonly tableUrl: string;
      };
  /** Client id of a user-assigned identity; absent: the system-assigned one. */
  readonly clientId?: string;
  readonly source:
    | { readonly kind: 'dataverse'; readonly url: string }
    /** `folder`: `CustomerInsights_<instance>/<export>` in the container. */
    | { readonly kind: 'data-out'; readonly containerUrl: string; readonly folder: string };
  readonly vaultUrl: string;
  readonly omnisendUrl: string;
  readonly requestsPerMinute: number;
  readonly tagsPerMinute: number;
  readonly startRate: number;
  readonly readConcurrency: number;
  readonly authentication: Authentication;
  /** Hosts to which notifications may go; none: they are off. */
  readonly notifyHosts: readonly string[];
}

export type ParsedConfig =
  | { readonly kind: 'ok'; readonly config: Config }
  | { readonly kind: 'faults'; readonly faults: readonly ConfigurationFault[] };

type Environment = Readonly<Record<string, string | undefined>>;

/** Outside addresses must be these hosts, whatever a setting says: the app carries tokens and personal data there. */
const hosts = {
  DATAVERSE_URL: { pattern: /\.dynamics\.com$/, example: 'https://yourorg.crm.dynamics.com' },
  DATA_OUT_URL: {
    pattern: /\.blob\.core\.windows\.net$/,
    example: 'https://youraccount.blob.core.windows.net/yourcontainer',
  },
  KEY_VAULT_URL: { pattern: /\.vault\.azure\.net$/, example: 'https://yourvault.vault.azure.net' },
  OMNISEND_URL: { pattern: /^api\.omnisend\.com$/, example: 'https://api.omnisend.com/api' },
  AzureWebJobsStorage__blobServiceUri: {
    pattern: /\.blob\.core\.windows\.net$/,
    example: 'https://youraccount.blob.core.windows.net',
  },
  AzureWebJobsStorage__queueServiceUri: {
    pattern: /\.queue\.core\.windows\.net$/,
    example: 'https://youraccount.queue.core.windows.net',
  },
  AzureWebJobsStorage__tableServiceUri: {
    pattern: /\.table\.core\.windows\.net$/,
    example: 'https://youraccount.table.core.windows.net',
  },
} as const;
type AddressSetting = keyof typeof hosts;

/** Settings of the environment → typed settings, or every fault at once. Reads nothing but its argument. */
export function parseConfig(environment: Environment): ParsedConfig {
  const reader = new SettingsReader(environment);
  const config: Config = {
    sandbox: reader.sandbox,
    storage: readStorage(reader),
    ...reader.optional(
      'AZURE_CLIENT_ID',
      z.guid(),
      'Give the client id of the identity, a GUID.',
      'clientId',
    ),
    source: readSource(reader),
    vaultUrl: reader.address('KEY_VAULT_URL'),
    omnisendUrl: reader.address('OMNISEND_URL', 'https://api.omnisend.com/api'),
    requestsPerMinute: reader.number('REQUESTS_PER_MINUTE', 400, { min: 1, max: 100_000, whole: true }),
    tagsPerMinute: reader.number('TAGS_PER_MINUTE', 60, { min: 1, max: 100_000, whole: true }),
    startRate: reader.number('START_RATE', 0.97, { min: 0.01, max: 1, whole: false }),
    readConcurrency: reader.number('READ_CONCURRENCY', 4, { min: 1, max: 50, whole: true }),
    authentication: readAuthentication(reader),
    notifyHosts: readNotifyHosts(reader),
  };
  return reader.faults.length > 0 ? { kind: 'faults', faults: reader.faults } : { kind: 'ok', config };
}

/** Callers come with a token that the platform checks, or with the app's key. */
function readAuthentication(reader: SettingsReader): Authentication {
  const access = reader.value('API_ACCESS') ?? 'entra';
  if (access === 'key') return { kind: 'key' };
  if (access !== 'entra') {
    reader.fault('API_ACCESS', 'It is neither "entra" nor "key".', 'Correct it, or remove it.');
  }
  // Set by the platform where App Service Authentication is on: the header of a caller is its own work only there.
  return { kind: 'entra', isOn: reader.value('WEBSITE_AUTH_ENABLED')?.toLowerCase() === 'true' };
}

/** Where segments are read from: the tables in Dataverse, or the files that Customer Insights exports to storage. */
function readSource(reader: SettingsReader): Config['source'] {
  const kind = reader.value('SOURCE') ?? 'dataverse';
  if (kind === 'data-out') {
    const folder = reader.value('DATA_OUT_FOLDER')?.replace(/^\/+|\/+$/g, '') ?? '';
    if (!/^[^/\\?#%]+(\/[^/\\?#%]+)*$/.test(folder)) {
      reader.fault(
        'DATA_OUT_FOLDER',
        folder === '' ? 'It is missing.' : 'It is no folder in a container.',
        'Set it to the folder of the export, for example CustomerInsights_<instance id>/BlobExport.',
      );
    }
    const containerUrl = reader.address('DATA_OUT_URL');
    if (containerUrl !== '' && !/^\/([^/]+\/)?[a-z0-9-]{3,63}$/.test(new URL(containerUrl).pathname)) {
      reader.fault('DATA_OUT_URL', 'It names no container.', `Write it like ${hosts.DATA_OUT_URL.example}.`);
    }
    return { kind, containerUrl, folder };
  }
  if (kind !== 'dataverse') {
    reader.fault('SOURCE', 'It is neither "dataverse" nor "data-out".', 'Correct it, or remove it.');
  }
  return { kind: 'dataverse', url: reader.address('DATAVERSE_URL') };
}

/** One connection string on one's own machine, three addresses in Azure; never both, never a key in Azure. */
function readStorage(reader: SettingsReader): Config['storage'] {
  const connection = reader.value('AzureWebJobsStorage');
  const addresses = [
    'AzureWebJobsStorage__blobServiceUri',
    'AzureWebJobsStorage__queueServiceUri',
    'AzureWebJobsStorage__tableServiceUri',
  ] as const;
  const anyAddress = addresses.some((name) => reader.value(name) !== undefined);
  if (connection !== undefined && anyAddress) {
    reader.fault(
      'AzureWebJobsStorage',
      'There is a connection string and an identity-based address.',
      'Remove the connection string; in Azure the app uses its identity.',
    );
  } else if (connection !== undefined && !reader.sandbox) {
    reader.fault(
      'AzureWebJobsStorage',
      'A connection string is accepted in the sandbox alone.',
      `Remove it and set ${addresses.join(', ')}.`,
    );
  } else if (connection === undefined && !anyAddress && reader.sandbox) {
    reader.fault(
      'AzureWebJobsStorage',
      'It is missing.',
      'Give the connection string of the storage emulator.',
    );
  }
  if (connection !== undefined) {
    if (!/(^|;)(TableEndpoint|AccountName|UseDevelopmentStorage)=/i.test(connection)) {
      reader.fault(
        'AzureWebJobsStorage',
        'It is no storage connection string.',
        'Copy it from the emulator.',
      );
    }
    return { kind: 'connection-string', value: connection };
  }
  if (reader.sandbox && !anyAddress) return { kind: 'connection-string', value: '' };
  const [blobUrl, queueUrl, tableUrl] = addresses.map((name) => reader.address(name));
  return { kind: 'identity', blobUrl: blobUrl ?? '', queueUrl: queueUrl ?? '', tableUrl: tableUrl ?? '' };
}

/** Names of the open internet, each in full; on one's own machine the names of that as well. */
function readNotifyHosts(reader: SettingsReader): readonly string[] {
  const names = (reader.value('NOTIFY_HOSTS') ?? '').split(',').map((name) => name.trim().toLowerCase());
  const hosts = [...new Set(names.filter((name) => name !== ''))];
  const isHost = (name: string): boolean =>
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/.test(name) ||
    (reader.sandbox && (name === '127.0.0.1' || name === 'localhost'));
  if (!hosts.every(isHost)) {
    reader.fault(
      'NOTIFY_HOSTS',
      'It is no list of host names.',
      'Write them in full, with commas in between, for example hooks.example.com; no address, port or "*".',
    );
  }
  return hosts;
}

class SettingsReader {
  readonly faults: ConfigurationFault[] = [];
  readonly sandbox: boolean;
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
    const sandbox = this.value('SANDBOX');
    this.sandbox = sandbox === 'true';
    if (sandbox !== undefined && sandbox !== 'true' && sandbox !== 'false') {
      this.fault('SANDBOX', 'It is neither "true" nor "false".', 'Remove it, except on your own machine.');
    }
    const inAzure = ['WEBSITE_SITE_NAME', 'WEBSITE_INSTANCE_ID'].find(
      (name) => this.value(name) !== undefined,
    );
    if (this.sandbox && inAzure !== undefined) {
      this.fault('SANDBOX', `It is "true" where ${inAzure} shows that the app runs in Azure.`, 'Remove it.');
    }
  }

  fault(field: string, message: string, remedy: string): void {
    this.faults.push({ field, message, remedy });
  }

  /** An empty setting is a missing one. */
  value(name: string): string | undefined {
    const value = this.#environment[name]?.trim();
    return value === '' ? undefined : value;
  }

  optional<K extends string>(
    name: string,
    schema: z.ZodType<string>,
    remedy: string,
    key: K,
  ): { readonly [P in K]?: string } {
    const value = this.value(name);
    const result: { [P in K]?: string } = {};
    if (value === undefined) return result;
    if (!schema.safeParse(value).success) this.fault(name, 'It is malformed.', remedy);
    result[key] = value;
    return result;
  }

  address(name: AddressSetting, fallback?: string): string {
    const { pattern, example } = hosts[name];
    const text = this.value(name) ?? fallback;
    if (text === undefined) {
      this.fault(name, 'It is missing.', `Set it, for example to ${example}.`);
      return '';
    }
    const url = URL.parse(text);
    const isPlain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
    if (url === null || !isPlain) {
      this.fault(name, 'It is no plain address.', `Write it like ${example}.`);
      return '';
    }
    const isLoopback =
      url.hostname === '127.0.0.1' || url.hostname === 'localhost' || url.hostname === '[::1]';
    const isAllowed = url.protocol === 'https:' && url.port === '' && pattern.test(url.hostname);
    if (!isAllowed && !(this.sandbox && isLoopback)) {
      this.fault(
        name,
        'It is not an allowed host over https.',
        this.sandbox
          ? `Write it like ${example}, or give an address of this machine.`
          : `Write it like ${example}.`,
      );
    }
    return text.replace(/\/+$/, '');
  }

  number(
    name: string,
    fallback: number,
    { min, max, whole }: { readonly min: number; readonly max: number; readonly whole: boolean },
  ): number {
    const text = this.value(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (!Number.isFinite(value) || value < min || value > max || (whole && !Number.isInteger(value))) {
      this.fault(
        name,
        `It is no ${whole ? 'whole ' : ''}number from ${min} to ${max}.`,
        `Correct it, or remove it: the default is ${fallback}.`,
      );
      return fallback;
    }
    return value;
  }
}
