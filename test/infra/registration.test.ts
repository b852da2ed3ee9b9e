import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { identify } from '../../functions/caller.ts';
import { roles } from '../../shared/domain/access.ts';
import { objectId, principalOf } from '../functions/principal.ts';
import { infraFolder } from './bicep.ts';
import { well } from './stand-in/azure.ts';
import { openShell, type Table } from './stand-in/shell.ts';

const shell = await openShell();
afterAll(() => shell.remove());

const base = "using '../main.bicep'\nparam dataverseUrl = 'https://contoso.crm.dynamics.com'\n";
const parameters = join(shell.folder, 'mine.bicepparam');
await writeFile(parameters, `${base}param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID', '')\n`);
const withKeys = join(shell.folder, 'keys.bicepparam');
await writeFile(withKeys, `${base}param authClientId = ''\n`);

const deploy = ['--group', 'rg', '--parameters', parameters, '--yes', '--resources-only'];
const rows = (...given: readonly (readonly [begins: string, out: string, code?: number])[]): Table =>
  given.map(([begins, out, code = 0]) => ({ begins, replies: [{ out, code }] }));

/** A subscription to which nothing was deployed yet. */
const first: Table = [
  ...rows(
    ['az account show --query id', 'abcd1234-0000-4000-8000-000000000001\n'],
    ['az deployment group list', ''],
    ['az ad app list', ''],
    ['az ad app create', 'new-id\n'],
    ['az ad app show', 'object-id\n'],
    ['az ad sp show', '', 1],
  ),
  ...well,
];
const but = (begins: string, out: string, code = 0): Table => [...rows([begins, out, code]), ...first];
/** What of Entra was asked for. */
const ofEntra = (verbs: readonly string[]): readonly string[] =>
  verbs.filter((verb) => /^az (ad (app|sp)|rest)/.test(verb));
const setUp = ['az ad app update', 'az ad app show', 'az rest', 'az rest', 'az ad sp show'];

test('the first time an app registration is made, with roles and without a secret, before the resources', async () => {
  const { code, verbs, calls } = await shell.run('deploy.sh', deploy, { table: first });
  expect(code).toBe(0);
  expect(ofEntra(verbs)).toEqual(['az ad app list', 'az ad app create', ...setUp, 'az ad sp create']);
  const called = calls.map(({ words }) => words);
  const name = 'omnisend-export-rg-abcd1234';
  expect(called).toContain(`az ad app list --show-mine --query [?displayName=='${name}'].appId --output tsv`);
  expect(called).toContain(
    `az ad app create --display-name ${name} --sign-in-audience AzureADMyOrg --query appId --output tsv`,
  );
  expect(called).toContain(
    `az ad app update --id new-id --identifier-uris api://new-id --app-roles @${join(infraFolder, 'registration/app-roles.json')}`,
  );
  const patches = called.filter((words) => words.startsWith('az rest'));
  expect(patches.map((words) => /--url (\S+) .*\/(\S+\.json)/.exec(words)?.slice(1))).toEqual(
    ['scope.json', 'azure-cli.json'].map((file) => [
      'https://graph.microsoft.com/v1.0/applications/object-id',
      file,
    ]),
  );
  expect(called.join('\n')).not.toMatch(/credential|password|secret/);
  const deployed = calls.find(({ words }) => words.startsWith('az deployment group create'));
  expect(deployed?.registration).toBe('new-id');
});

test('after a run that was cut off, one of one’s own is gone on with', async () => {
  const table = [...rows(['az ad sp show', '']), ...but('az ad app list', 'mine-id\n')];
  const { code, verbs, calls } = await shell.run('deploy.sh', deploy, { table });
  expect({ code, verbs: ofEntra(verbs) }).toEqual({ code: 0, verbs: ['az ad app list', ...setUp] });
  expect(calls.at(-1)?.registration).toBe('mine-id');
});

test('what was deployed with an app registration keeps it, and nothing is asked of Entra', async () => {
  const { code, verbs, calls, out } = await shell.run('deploy.sh', deploy, { table: well });
  expect({ code, verbs: ofEntra(verbs) }).toEqual({ code: 0, verbs: [] });
  expect(calls.at(-1)?.registration).toBe('auth-id');
  for (const role of ['Viewer', 'Contributor', 'Administrator'])
    expect(out).toMatch(new RegExp(`role id [0-9a-f-]{36}: ${role}\n`));
  expect(out).toContain("servicePrincipals(appId='auth-id')/appRoleAssignedTo");
});

test('what was deployed with function keys keeps them too: nobody who calls with one is shut out', async () => {
  const { code, verbs, calls, out } = await shell.run('deploy.sh', deploy, {
    table: but('az deployment group list', '=\n'),
  });
  expect({ code, verbs: ofEntra(verbs) }).toEqual({ code: 0, verbs: [] });
  expect(calls.at(-1)?.registration).toBe('');
  expect(out).toContain('az functionapp keys list');
});

test.each([
  ['one that is named', parameters, 'given-id'],
  ['none', parameters, ''],
])('%s is taken as it is', async (_what, file, AUTH_CLIENT_ID) => {
  const args = ['--group', 'rg', '--parameters', file, '--yes', '--resources-only'];
  const { code, verbs, calls } = await shell.run('deploy.sh', args, {
    table: first,
    env: { AUTH_CLIENT_ID },
  });
  expect({ code, verbs: ofEntra(verbs) }).toEqual({ code: 0, verbs: [] });
  const deployed = calls.find(({ words }) => words.startsWith('az deployment group create'));
  expect(deployed?.registration).toBe(AUTH_CLIENT_ID);
});

test('where the parameters want keys, no app registration is made, and how to get a key is said', async () => {
  const args = ['--group', 'rg', '--parameters', withKeys, '--yes', '--resources-only'];
  const { code, verbs, out, errors } = await shell.run('deploy.sh', args, { table: first });
  expect({ code, verbs: ofEntra(verbs) }).toEqual({ code: 0, verbs: [] });
  expect(errors).toContain('no app registration is made');
  expect(out).toContain('az functionapp keys list --resource-group rg --name func-test');
  expect(out).not.toContain('get-access-token');
});

test('--what-if makes nothing', async () => {
  const args = ['--group', 'rg', '--parameters', parameters, '--what-if'];
  const { code, verbs, errors } = await shell.run('deploy.sh', args, { table: first });
  expect({ code, verbs: ofEntra(verbs) }).toEqual({ code: 0, verbs: ['az ad app list'] });
  expect(errors).toContain('omnisend-export-rg-abcd1234 would be made');
  const found = await shell.run('deploy.sh', args, { table: but('az ad app list', 'mine-id\n') });
  expect(ofEntra(found.verbs)).toEqual(['az ad app list']);
});

test.each([
  ['az account show --query id', '', 1, 'subscription cannot be looked up', 'az account show'],
  ['az ad app list', '', 1, 'cannot be listed', 'AUTH_CLIENT_ID'],
  ['az ad app list', 'a\nb\n', 0, 'several app registrations', 'AUTH_CLIENT_ID'],
  ['az ad app create', '', 1, 'could not be made', 'Application Developer'],
  ['az ad app create', '', 0, 'could not be made', 'Application Developer'],
  ['az ad app update', '', 1, 'roles could not be set', 'run this again'],
  ['az ad app show', '', 1, 'cannot be read', 'Run this again'],
  ['az rest --method patch', '', 1, 'could not be set up', 'run this again'],
  ['az ad sp create', '', 1, 'enterprise application could not be made', 'Application Developer'],
])('%s answers %j with %i: nothing is deployed', async (begins, out, code, said, next) => {
  const told = await shell.run('deploy.sh', deploy, { table: but(begins, out, code) });
  expect(told.code).toBe(1);
  expect(told.errors).toMatch(new RegExp(`Stopped: .*${said}`));
  expect(told.errors).toMatch(new RegExp(`Next: .*${next}`));
  expect(told.verbs).not.toContain('az deployment group what-if');
});

const read = async (file: string): Promise<unknown> =>
  JSON.parse(await readFile(join(infraFolder, 'registration', file), 'utf8'));
const guid = z.guid();
const scopes = z
  .array(z.looseObject({ id: guid, isEnabled: z.literal(true), type: z.literal('User') }))
  .length(1);

test('the app roles are those that the app knows, for people and applications', async () => {
  const made = z
    .array(
      z.object({
        id: guid,
        value: z.string(),
        isEnabled: z.literal(true),
        allowedMemberTypes: z.tuple([z.literal('User'), z.literal('Application')]),
      }),
    )
    .parse(await read('app-roles.json'));
  expect(new Set(made.map(({ id }) => id)).size).toBe(3);
  const known = made.map(({ value }) => {
    const header = principalOf([
      { typ: 'oid', val: objectId },
      { typ: 'roles', val: value },
    ]);
    const identified = identify({ kind: 'entra', isOn: true }, header);
    return identified.kind === 'known' ? identified.caller.role : identified.kind;
  });
  expect(known).toEqual(roles);
});

test('the Azure CLI may use the one scope; the second step keeps what the first one made', async () => {
  const scope = z.object({ api: z.record(z.string(), z.unknown()) }).parse(await read('scope.json'));
  const all = z
    .object({
      api: z.looseObject({
        oauth2PermissionScopes: scopes,
        preAuthorizedApplications: z.array(z.object({ delegatedPermissionIds: z.array(guid) })),
      }),
    })
    .parse(await read('azure-cli.json'));
  expect(all.api).toMatchObject(scope.api);
  const [made] = all.api.oauth2PermissionScopes;
  expect(all.api.preAuthorizedApplications.map((one) => one.delegatedPermissionIds)).toEqual([[made?.id]]);
});
