import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseConfig } from '../shared/config.ts';

type Settings = Readonly<Record<string, string | undefined>>;

const inAzure: Settings = {
  WEBSITE_SITE_NAME: 'export',
  WEBSITE_INSTANCE_ID: '1',
  AzureWebJobsStorage__blobServiceUri: 'https://app.blob.core.windows.net',
  AzureWebJobsStorage__queueServiceUri: 'https://app.queue.core.windows.net',
  AzureWebJobsStorage__tableServiceUri: 'https://app.table.core.windows.net',
  DATAVERSE_URL: 'https://contoso.crm4.dynamics.com',
  KEY_VAULT_URL: 'https://app.vault.azure.net',
};
const connectionString =
  'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=canary;TableEndpoint=http://127.0.0.1:1/x';
const sandbox: Settings = {
  SANDBOX: 'true',
  AzureWebJobsStorage: connectionString,
  DATAVERSE_URL: 'http://127.0.0.1:8001',
  KEY_VAULT_URL: 'http://localhost:8002',
  OMNISEND_URL: 'http://127.0.0.1:8003/api',
};

/** Names of the settings at fault, in order. */
const faultsOf = (settings: Settings): readonly string[] => {
  const parsed = parseConfig(settings);
  return parsed.kind === 'ok' ? [] : parsed.faults.map(({ field }) => field);
};

test('the settings of an app in Azure', () => {
  const clientId = '8f9d1c1e-0000-4000-8000-000000000001';
  const settings = { ...inAzure, AZURE_CLIENT_ID: clientId, START_RATE: '0.5', READ_CONCURRENCY: ' 8 ' };
  expect(parseConfig(settings)).toEqual({
    kind: 'ok',
    config: {
      sandbox: false,
      storage: {
        kind: 'identity',
        blobUrl: 'https://app.blob.core.windows.net',
        queueUrl: 'https://app.queue.core.windows.net',
        tableUrl: 'https://app.table.core.windows.net',
      },
      clientId,
      source: { kind: 'dataverse', url: 'https://contoso.crm4.dynamics.com' },
      vaultUrl: 'https://app.vault.azure.net',
      omnisendUrl: 'https://api.omnisend.com/api',
      requestsPerMinute: 400,
      tagsPerMinute: 60,
      startRate: 0.5,
      readConcurrency: 8,
      authentication: { kind: 'entra', isOn: false },
      notifyHosts: [],
    },
  });
});

test('the settings of the sandbox', () => {
  expect(parseConfig(sandbox)).toEqual({
    kind: 'ok',
    config: {
      sandbox: true,
      storage: { kind: 'connection-string', value: connectionString },
      source: { kind: 'dataverse', url: 'http://127.0.0.1:8001' },
      vaultUrl: 'http://localhost:8002',
      omnisendUrl: 'http://127.0.0.1:8003/api',
      requestsPerMinute: 400,
      tagsPerMinute: 60,
      startRate: 0.97,
      readConcurrency: 4,
      authentication: { kind: 'entra', isOn: false },
      notifyHosts: [],
    },
  });
});

const fromFiles: Settings = {
  ...inAzure,
  DATAVERSE_URL: undefined,
  SOURCE: 'data-out',
  DATA_OUT_URL: 'https://files.blob.core.windows.net/exports',
  DATA_OUT_FOLDER: '/CustomerInsights_1/BlobExport/',
};

test('the settings for data-out files', () => {
  expect(parseConfig(fromFiles)).toMatchObject({
    kind: 'ok',
    config: {
      source: {
        kind: 'data-out',
        containerUrl: 'https://files.blob.core.windows.net/exports',
        folder: 'CustomerInsights_1/BlobExport',
      },
    },
  });
  const loopback = 'http://127.0.0.1:10000/devstoreaccount1/exports';
  const { SOURCE, DATA_OUT_FOLDER } = fromFiles;
  const own = { ...sandbox, DATAVERSE_URL: undefined, SOURCE, DATA_OUT_FOLDER };
  expect(faultsOf({ ...own, DATA_OUT_URL: loopback })).toEqual([]);
});

test.each([
  [{ SOURCE: 'files' }, ['SOURCE', 'DATAVERSE_URL']],
  [{ DATA_OUT_URL: undefined, DATA_OUT_FOLDER: undefined }, ['DATA_OUT_FOLDER', 'DATA_OUT_URL']],
  [{ DATA_OUT_URL: 'https://files.blob.core.windows.net' }, ['DATA_OUT_URL']],
  [{ DATA_OUT_URL: 'https://example.com/exports' }, ['DATA_OUT_URL']],
  [{ DATA_OUT_FOLDER: 'a//b' }, ['DATA_OUT_FOLDER']],
  [{ DATA_OUT_FOLDER: 'a?b' }, ['DATA_OUT_FOLDER']],
])('%j for data-out files is refused', (wrong, fields) => {
  expect([...faultsOf({ ...fromFiles, ...wrong })].sort()).toEqual([...fields].sort());
});

test.each([
  [{}, { kind: 'entra', isOn: false }],
  [
    { API_ACCESS: 'entra', WEBSITE_AUTH_ENABLED: 'True' },
    { kind: 'entra', isOn: true },
  ],
  [{ WEBSITE_AUTH_ENABLED: 'true' }, { kind: 'entra', isOn: true }],
  [{ WEBSITE_AUTH_ENABLED: 'False' }, { kind: 'entra', isOn: false }],
  [{ WEBSITE_AUTH_ENABLED: '1' }, { kind: 'entra', isOn: false }],
  [{ API_ACCESS: 'key' }, { kind: 'key' }],
  [{ API_ACCESS: 'key', WEBSITE_AUTH_ENABLED: 'True' }, { kind: 'key' }],
])('with %j the API believes %j', (settings, authentication) => {
  expect(parseConfig({ ...inAzure, ...settings })).toMatchObject({ config: { authentication } });
});

const required = [
  'AzureWebJobsStorage__blobServiceUri',
  'AzureWebJobsStorage__queueServiceUri',
  'AzureWebJobsStorage__tableServiceUri',
  'DATAVERSE_URL',
  'KEY_VAULT_URL',
];

test.each(required)('%s missing, or empty', (name) => {
  expect(faultsOf({ ...inAzure, [name]: undefined })).toEqual([name]);
  expect(faultsOf({ ...inAzure, [name]: ' ' })).toEqual([name]);
});

test.each(['AzureWebJobsStorage', 'DATAVERSE_URL', 'KEY_VAULT_URL'])('%s missing in the sandbox', (name) => {
  expect(faultsOf({ ...sandbox, [name]: undefined })).toEqual([name]);
});

test.each<[string, readonly string[]]>([
  ['hooks.example.com', ['hooks.example.com']],
  [' Hooks.Example.com , a-1.example.org,, hooks.example.com', ['hooks.example.com', 'a-1.example.org']],
  ['', []],
])('notifications may go to "%s": %j', (text, notifyHosts) => {
  expect(parseConfig({ ...inAzure, NOTIFY_HOSTS: text })).toMatchObject({ config: { notifyHosts } });
});

test.each([
  'https://hooks.example.com',
  'hooks.example.com:443',
  'hooks.example.com/path',
  '*.example.com',
  'user@hooks.example.com',
  'example',
  '10.0.0.1',
  '127.0.0.1',
  'localhost',
  '[::1]',
  'hooks.example.com, 10.0.0.1',
])('"%s" is no list of hosts for notifications', (text) => {
  expect(faultsOf({ ...inAzure, NOTIFY_HOSTS: text })).toEqual(['NOTIFY_HOSTS']);
});

test('in the sandbox they may go to this machine', () => {
  const notifyHosts = ['127.0.0.1', 'localhost'];
  const parsed = parseConfig({ ...sandbox, NOTIFY_HOSTS: notifyHosts.join(',') });
  expect(parsed).toMatchObject({ config: { notifyHosts } });
});

const addresses = [...required, 'OMNISEND_URL'];
const wrongAddresses: Readonly<Record<string, (right: URL) => string>> = {
  'no address': () => 'contoso',
  'plain http': ({ host }) => `http://${host}`,
  'another scheme': ({ host }) => `ftp://${host}`,
  'a foreign host': () => 'https://example.com',
  'a host that only ends alike': ({ host }) => `https://evil-${host}.example.com`,
  'a host that only begins alike': ({ host }) => `https://${host}.example.com`,
  'the bare domain': ({ host }) => `https://${host.split('.').slice(-2).join('.')}`,
  'another port': ({ host }) => `https://${host}:8443`,
  'a user': ({ host }) => `https://user@${host}`,
  'a password alone': ({ host }) => `https://:secret@${host}`,
  'a query': ({ host }) => `https://${host}?a=b`,
  'a fragment': ({ host }) => `https://${host}#a`,
  'this machine': () => 'https://127.0.0.1',
};
const right = (name: string): URL => new URL(inAzure[name] ?? 'https://api.omnisend.com');

test.each(
  addresses.flatMap((name) =>
    Object.entries(wrongAddresses).map(([what, wrong]): [string, string, string] => [
      name,
      what,
      wrong(right(name)),
    ]),
  ),
)('%s is refused with %s', (name, _what, value) => {
  expect(faultsOf({ ...inAzure, [name]: value })).toEqual([name]);
});

test.each(['OMNISEND_URL', 'DATAVERSE_URL', 'KEY_VAULT_URL'])(
  '%s may be an address of this machine in the sandbox, but no other',
  (name) => {
    for (const value of ['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1', right(name).href]) {
      expect(faultsOf({ ...sandbox, [name]: value })).toEqual([]);
    }
    for (const value of ['http://example.com', 'http://localhost.example.com', 'http://10.0.0.1']) {
      expect(faultsOf({ ...sandbox, [name]: value })).toEqual([name]);
    }
  },
);

const malformed: readonly [name: string, value: string][] = [
  ['SANDBOX', 'yes'],
  ['SANDBOX', 'TRUE'],
  ['AZURE_CLIENT_ID', 'me'],
  ['REQUESTS_PER_MINUTE', '0'],
  ['REQUESTS_PER_MINUTE', '-1'],
  ['REQUESTS_PER_MINUTE', '1.5'],
  ['REQUESTS_PER_MINUTE', '100001'],
  ['REQUESTS_PER_MINUTE', 'many'],
  ['REQUESTS_PER_MINUTE', 'NaN'],
  ['TAGS_PER_MINUTE', '0'],
  ['TAGS_PER_MINUTE', '1.5'],
  ['START_RATE', '0'],
  ['START_RATE', '1.01'],
  ['START_RATE', 'Infinity'],
  ['READ_CONCURRENCY', '0'],
  ['READ_CONCURRENCY', '51'],
  ['READ_CONCURRENCY', '2.5'],
  ['API_ACCESS', 'none'],
  ['API_ACCESS', 'Key'],
];

test.each(malformed)('%s is refused as %s', (name, value) => {
  expect(faultsOf({ ...inAzure, [name]: value })).toEqual([name]);
});

const withoutAddresses: Settings = Object.fromEntries(
  ['blob', 'queue', 'table'].map((kind) => [`AzureWebJobsStorage__${kind}ServiceUri`, undefined]),
);

const contradictory: readonly [what: string, settings: Settings, faults: readonly string[]][] = [
  [
    'a connection string outside the sandbox',
    { ...inAzure, ...withoutAddresses, AzureWebJobsStorage: connectionString },
    ['AzureWebJobsStorage'],
  ],
  [
    'the sandbox without saying so',
    { ...sandbox, SANDBOX: 'false' },
    ['AzureWebJobsStorage', 'DATAVERSE_URL', 'KEY_VAULT_URL', 'OMNISEND_URL'],
  ],
  [
    'a connection string and an address',
    { ...sandbox, AzureWebJobsStorage__tableServiceUri: 'https://app.table.core.windows.net' },
    ['AzureWebJobsStorage'],
  ],
  [
    'a connection string in Azure',
    { ...inAzure, AzureWebJobsStorage: connectionString },
    ['AzureWebJobsStorage'],
  ],
  [
    'something else for a connection string',
    { ...sandbox, AzureWebJobsStorage: 'canary' },
    ['AzureWebJobsStorage'],
  ],
  ['the sandbox where the site has a name', { ...sandbox, WEBSITE_SITE_NAME: 'export' }, ['SANDBOX']],
  ['the sandbox on an instance', { ...sandbox, WEBSITE_INSTANCE_ID: '1' }, ['SANDBOX']],
  ['the sandbox with the settings of Azure', { ...inAzure, SANDBOX: 'true' }, ['SANDBOX']],
];

test.each(contradictory)('%s', (_what, settings, faults) => {
  expect(faultsOf(settings)).toEqual(faults);
});

test('nothing set at all: every fault at once, each with a remedy', () => {
  const parsed = parseConfig({});
  if (parsed.kind === 'ok') throw new Error('It was accepted.');
  expect(parsed.faults.map(({ field }) => field)).toEqual(required);
  for (const { message, remedy } of parsed.faults)
    expect(`${message} ${remedy}`).toMatch(/missing\. Set it, for/);
});

test('whatever is wrong, all of it is said at once, and no value is repeated', () => {
  const wrongs = fc.uniqueArray(
    fc.constantFrom(...addresses, 'AZURE_CLIENT_ID', 'START_RATE', 'READ_CONCURRENCY'),
  );
  const canaries = fc.stringMatching(/^canary[a-z]{8}$/);
  fc.assert(
    fc.property(wrongs, canaries, (names, canary) => {
      const values = Object.fromEntries(names.map((name) => [name, canary]));
      const parsed = parseConfig({ ...inAzure, ...values });
      const faults = parsed.kind === 'ok' ? [] : parsed.faults;
      expect(faults.map(({ field }) => field).sort()).toEqual([...names].sort());
      expect(JSON.stringify(faults)).not.toContain(canary);
    }),
  );
});

test.each([
  { ...sandbox, SANDBOX: undefined },
  { ...sandbox, AzureWebJobsStorage: 'AccountKey=canary' },
  { ...sandbox, WEBSITE_SITE_NAME: 'export' },
  { ...inAzure, DATAVERSE_URL: 'https://user:canary@contoso.crm.dynamics.com' },
  { ...inAzure, KEY_VAULT_URL: 'https://app.vault.azure.net/?sig=canary' },
])('no secret in the text of a fault (%#)', (settings) => {
  const parsed = parseConfig(settings);
  expect(parsed.kind).toBe('faults');
  expect(JSON.stringify(parsed)).not.toContain('canary');
});
