import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { storeOf } from '../../shared/adapters/storage/store.ts';
import { steps } from '../../shared/domain/turn.ts';
import { memoryRows } from '../memory/rows.ts';
import { type BicepFile, infraFolder, parseBicep, parseParameters, pathsIn, readBicep } from './bicep.ts';
import { findings } from './rules.ts';
import { at } from './template.ts';

const paths = await pathsIn(infraFolder, '.bicep');
const files = await Promise.all(paths.map(readBicep));
const named = (name: string): BicepFile => {
  const file = files.find((one) => one.file === name);
  if (file === undefined) throw new Error(`There is no ${name}.`);
  return file;
};
const main = named('main.bicep');

test.each(paths)('%s is Bicep', async (path) => {
  const { resources, modules } = await readBicep(path);
  expect(resources.length + modules.length).toBeGreaterThan(0);
});

test.each([
  ['a brace that is missing', "resource a 'T/t@1' = {\n  name: 'x'\n", ':2: '],
  ['an operator that is none', "var a = 'x'\nvar b = a === 'x'\n", ':2: '],
])('%s is a syntax error, with its line', (_what, text, line) => {
  expect(() => parseBicep('broken.bicep', text)).toThrow(line);
});

test('the templates hold to every rule', () => {
  expect(findings(files)).toEqual([]);
});

const planted: readonly [file: string, from: string, to: string, finding: string][] = [
  ['storage', 'allowSharedKeyAccess: false', 'allowSharedKeyAccess: true', 'allowSharedKeyAccess is true'],
  ['storage', "minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS1_0'", 'minimumTlsVersion'],
  ['storage', "closedNetwork ? 'Deny'", "closedNetwork ? 'Allow'", 'networkAcls.defaultAction'],
  ['storage', "publicAccess: 'None'", "publicAccess: 'Blob'", 'publicAccess'],
  ['storage', 'daysAfterModificationGreaterThan: 30', 'daysAfterModificationGreaterThan: 31', 'life-cycle'],
  ['storage', "'runs/pages/'\n", '', 'life-cycle'],
  ['storage', 'scope: account', 'scope: resourceGroup()', 'single resource'],
  ['storage', '    scope: account\n', '', 'single resource'],
  [
    'storage',
    'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
    'b24988ac-6180-42a0-ab88-20f7382dd24c',
    'the role b24988ac',
  ],
  ['storage', "storageAccounts@2025-01-01' =", "storageAccounts@2019-06-01' =", 'never compiled'],
  ['data-out-access', 'scope: container', 'scope: account', 'the role 2a2b9908'],
  ['data-out-access', '  scope: container\n', '', 'single resource'],
  [
    'data-out-access',
    '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
    'the role b7e6dc6d',
  ],
  ['vault', 'enablePurgeProtection: true', 'enablePurgeProtection: false', 'enablePurgeProtection'],
  ['vault', "closedNetwork ? 'Disabled' : 'Enabled'", "'Enabled'", 'publicNetworkAccess'],
  ['monitoring', 'DisableLocalAuth: true', 'DisableLocalAuth: false', 'DisableLocalAuth'],
  ['function-app', 'httpsOnly: true', 'httpsOnly: false', 'httpsOnly'],
  ['function-app', "minTlsVersion: '1.3'", "minTlsVersion: '1.0'", 'minTlsVersion'],
  ['function-app', 'allow: false', 'allow: true', 'properties.allow'],
  ['function-app', 'requireAuthentication: true', 'requireAuthentication: false', 'requireAuthentication'],
  ['function-app', "'Return401'", "'AllowAnonymous'", 'unauthenticatedClientAction'],
  ['function-app', "'/api/health'\n", "'/api/health'\n        '/api/runs'\n", 'excludedPaths'],
  [
    'function-app',
    'clientId: authClientId',
    "clientId: authClientId\n          clientSecretSettingName: 'A'",
    'clientSecretSettingName',
  ],
  ['function-app', 'value: omnisendUrl', 'value: listKeys(site.id, 0).default', 'about a secret'],
  ['function-app', 'output hostName', 'output hostKey', 'looks like a secret'],
];

test.each(planted)('planted in %s.bicep: %s → %s', (file, from, to, finding) => {
  const { text } = named(`${file}.bicep`);
  expect(text).toContain(from);
  const changed = parseBicep(`${file}.bicep`, text.replace(from, to));
  const templates = files.map((one) => (one.file === changed.file ? changed : one));
  expect(findings(templates).join('\n')).toContain(finding);
});

test.each(files.map((file): [string, BicepFile] => [file.file, file]))(
  '%s: every parameter is described, and everything declared is used',
  (_name, { names, parameters, variables }) => {
    expect(parameters.filter(({ isDescribed }) => !isDescribed)).toEqual([]);
    const declared = [...parameters.map(({ name }) => name), ...Object.keys(variables)];
    const uses = (name: string): number => names.filter((one) => one === name).length;
    expect(declared.filter((name) => uses(name) < 2)).toEqual([]);
  },
);

test.each(files.map((file): [string, BicepFile] => [file.file, file]))(
  '%s: addresses of the cloud come from environment()',
  (_name, { text }) => {
    // The list of the linter's rule no-hardcoded-env-urls, as far as it concerns this app.
    expect(text).not.toMatch(
      /core\.windows\.net|vault\.azure\.net|login\.microsoftonline|management\.azure\.com/,
    );
  },
);

test('main gives every module exactly the parameters that it has, and must have', () => {
  for (const { path, body, symbol } of main.modules) {
    const { parameters } = named(basename(path));
    const known = parameters.map(({ name }) => name);
    const needed = parameters.filter(({ value }) => value === undefined).map(({ name }) => name);
    const given = Object.keys(at(body, 'params') ?? {});
    expect(
      given.filter((name) => !known.includes(name)),
      symbol,
    ).toEqual([]);
    expect(
      needed.filter((name) => !given.includes(name)),
      symbol,
    ).toEqual([]);
  }
  expect(new Set(main.modules.map(({ path }) => basename(path))).add('main.bicep').size).toBe(files.length);
});

test('reading data-out is given where its account is named, and on the container of dataOutUrl alone', () => {
  const access = main.modules.find(({ path }) => path.endsWith('data-out-access.bicep'));
  expect(at(access?.body, 'params')).toEqual({
    accountName: "[last(split(dataOutScopeId, '/'))]",
    containerName: "[last(split(dataOutUrl, '/'))]",
    principalId: '[identity.properties.principalId]',
  });
  expect(main.text).toMatch(/'modules\/data-out-access\.bicep' = if \(!empty\(dataOutStorageId\)\)/);
  expect(main.variables.dataOutScopeId).toMatch(/^\[empty\(dataOutStorageId\) \? .+ : dataOutStorageId\]$/);
});

test('a closed network has a private endpoint for all that is closed', () => {
  const uses = main.modules.filter(({ path }) => path.endsWith('private-endpoint.bicep'));
  expect(uses.map(({ body }) => at(body, 'params', 'service'))).toEqual(['[endpoint.name]', 'sites']);
  expect(main.text).toMatch(
    /for endpoint in concat\(storageEndpoints, \[vaultEndpoint\]\): if \(closedNetwork\)/,
  );
  expect(main.text).toMatch(/for service in \['blob', 'queue', 'table'\]/);
  expect(at(main.variables.vaultEndpoint, 'name')).toBe('vault');
});

test('the storage account has the tables, queues and containers that the app uses', () => {
  const { variables } = named('storage.bicep');
  const tables: string[] = [];
  storeOf((table, schema) => {
    tables.push(table);
    return memoryRows({ table, schema });
  });
  expect(variables.tableNames).toEqual(tables);
  expect(variables.steps).toEqual(steps);
  expect(variables.queueNames).toMatch(/^\[concat\(steps, map\(steps, step => '\$\{step\}-poison'\)\)\]$/);
  expect(variables.containerNames).toEqual(['[packageContainerName]', 'runs', 'snapshots']);
});

const environments = await pathsIn(infraFolder, '.bicepparam');

test.each(environments)('%s sets what main needs, and nothing it does not have', async (path) => {
  const { using, values } = parseParameters(basename(path), await readFile(path, 'utf8'));
  expect(using).toBe('../main.bicep');
  const known = main.parameters.map(({ name }) => name);
  const needed = main.parameters.filter(({ value }) => value === undefined).map(({ name }) => name);
  expect(Object.keys(values).filter((name) => !known.includes(name))).toEqual([]);
  expect(needed.filter((name) => !(name in values))).toEqual([]);
});
