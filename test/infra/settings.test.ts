import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../../shared/config.ts';
import { infraFolder, readBicep } from './bicep.ts';
import { at, type Json } from './template.ts';

const app = await readBicep(join(infraFolder, 'modules/function-app.bicep'));
const main = await readBicep(join(infraFolder, 'main.bicep'));

const entries = (list: Json | undefined): ReadonlyMap<string, Json | undefined> =>
  new Map(Array.isArray(list) ? list.map((one: Json) => [String(at(one, 'name')), at(one, 'value')]) : []);
const ofApp = entries(app.variables.appSettings);
const ofPlatform = entries(app.variables.platformSettings);

/** Settings that the host and the platform read; the app does not. */
const platformSettings = [
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__clientId',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
];
/** Read, but for one's own machine alone: the app refuses them in Azure. */
const sandboxSettings = ['SANDBOX', 'AzureWebJobsStorage'];
/** Read, and set by the platform itself. */
const givenByPlatform = ['WEBSITE_SITE_NAME', 'WEBSITE_INSTANCE_ID', 'WEBSITE_AUTH_ENABLED'];

/** Every name that is looked up in the environment, in whatever way the settings stand. */
function readSettings(): ReadonlySet<string> {
  const names = new Set<string>();
  const recording = (settings: Readonly<Record<string, string>>) =>
    new Proxy<Record<string, string | undefined>>(settings, {
      get(target, name) {
        if (typeof name === 'string') names.add(name);
        return typeof name === 'string' ? target[name] : undefined;
      },
    });
  for (const settings of [
    {},
    { SOURCE: 'data-out' },
    { SANDBOX: 'true' },
    { SANDBOX: 'true', WEBSITE_SITE_NAME: 'app' },
  ]) {
    parseConfig(recording(settings));
  }
  return names;
}

test('every setting that the template sets is one that the app reads, and the other way round', () => {
  const read = [...readSettings()].filter((name) => ![...sandboxSettings, ...givenByPlatform].includes(name));
  expect([...ofApp.keys()].sort()).toEqual(read.sort());
});

test('the example of local settings names settings that are read, and the app starts with it', async () => {
  const path = new URL('../../docs/local.settings.example.json', import.meta.url);
  const { Values } = z
    .strictObject({ IsEncrypted: z.literal(false), Values: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(path, 'utf8')));
  // Of the host, and of the identity that the simulators stand in for.
  const ofOthers = [
    'FUNCTIONS_WORKER_RUNTIME',
    'IDENTITY_ENDPOINT',
    'IDENTITY_HEADER',
    'AZURE_TOKEN_CREDENTIALS',
  ];
  const read = readSettings();
  expect(Object.keys(Values).filter((name) => !read.has(name))).toEqual(ofOthers);
  expect(parseConfig(Values)).toMatchObject({ kind: 'ok' });
});

test('the platform has its own settings, and nothing else is set', () => {
  expect([...ofPlatform.keys()]).toEqual(platformSettings);
  const site = app.resources.find(({ type }) => type === 'Microsoft.Web/sites');
  expect(at(site?.body, 'properties', 'siteConfig', 'appSettings')).toBe(
    '[concat(platformSettings, appSettings)]',
  );
});

test('no setting carries a secret, and storage is reached by identity alone', () => {
  for (const name of [...ofApp.keys(), ...ofPlatform.keys()]) {
    expect(name).not.toMatch(/password|secret|api_?key|token/i);
    expect(name).not.toBe('AzureWebJobsStorage');
  }
  expect(ofPlatform.get('AzureWebJobsStorage__credential')).toBe('managedidentity');
  expect(ofPlatform.get('APPLICATIONINSIGHTS_AUTHENTICATION_STRING')).toContain('Authorization=AAD');
});

/** What the template's texts are in Azure. */
const inAzure: Readonly<Record<string, string>> = {
  storageName: 'stgabc',
  storageDomain: 'core.windows.net',
  vaultName: 'kv-abc',
  'environment().suffixes.keyvaultDns': '.vault.azure.net',
  'identity.properties.clientId': '8f9d1c1e-0000-4000-8000-000000000001',
  dataverseUrl: 'https://contoso.crm4.dynamics.com',
};
const defaults = new Map(main.parameters.map(({ name, value }) => [name, value]));

/** `'a${b}'`, `b`, `string(b)` and `empty(b) ? 'a' : 'c'`, with the values above or main's defaults. */
function evaluated(value: Json | undefined): string {
  const text = String(value);
  if (!text.startsWith('[')) return text;
  const expression = text.slice(1, -1);
  const lookUp = (name: string): string => {
    const found = inAzure[name] ?? defaults.get(name);
    if (found === undefined || found === null) throw new Error(`What is ${name}?`);
    return String(found);
  };
  const choice = /^empty\((\w+)\) \? '([^']*)' : '([^']*)'$/.exec(expression);
  if (choice !== null) return String(lookUp(choice[1] ?? '') === '' ? choice[2] : choice[3]);
  if (expression.startsWith("'"))
    return expression.slice(1, -1).replace(/\$\{([^}]+)\}/g, (_, name) => lookUp(name));
  return lookUp(expression.replace(/^string\((.+)\)$/, '$1'));
}

test("with main's defaults the app starts, as it does with its own", () => {
  const settings = Object.fromEntries([...ofApp].map(([name, value]) => [name, evaluated(value)]));
  const parsed = parseConfig({ ...settings, WEBSITE_SITE_NAME: 'app' });
  if (parsed.kind === 'faults') throw new Error(JSON.stringify(parsed.faults));
  const { DATAVERSE_URL, KEY_VAULT_URL, AZURE_CLIENT_ID, ...optional } = settings;
  // In the template keys are what is left where there is no app registration; the app itself wants to be told.
  expect(parsed.config.authentication).toEqual({ kind: 'key' });
  const required = Object.entries({ DATAVERSE_URL, KEY_VAULT_URL, AZURE_CLIENT_ID, ...optional }).filter(
    ([name]) =>
      ![
        'SOURCE',
        'OMNISEND_URL',
        'REQUESTS_PER_MINUTE',
        'TAGS_PER_MINUTE',
        'START_RATE',
        'READ_CONCURRENCY',
        'NOTIFY_HOSTS',
      ].includes(name),
  );
  expect(parseConfig(Object.fromEntries(required))).toEqual(parsed);
});

test('with an app registration the app believes nobody until the platform checks tokens', () => {
  const value = String(ofApp.get('API_ACCESS'));
  expect(value).toBe("[empty(authClientId) ? 'key' : 'entra']");
  expect(parseConfig({ API_ACCESS: 'entra' })).toMatchObject({ kind: 'faults' });
});
