import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { but, output, outputs, well } from './stand-in/azure.ts';
import { openShell, type Table } from './stand-in/shell.ts';

const shell = await openShell();
afterAll(() => shell.remove());

const parameters = join(shell.folder, 'mine.bicepparam');
await writeFile(
  parameters,
  "using '../main.bicep'\nparam name = 'test'\nparam dataverseUrl = 'https://contoso.crm.dynamics.com'\n" +
    "param authClientId = readEnvironmentVariable('AUTH_CLIENT_ID', '')\n",
);
const closed = join(shell.folder, 'closed.bicepparam');
await writeFile(closed, `${await readFile(parameters, 'utf8')}param closedNetwork = true\n`);
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')));
const zip = join(shell.folder, 'app.zip');
await writeFile(zip, 'zip');

const deploy = ['--group', 'rg', '--parameters', parameters, '--package', zip, '--yes'];
const showOutputs = Object.keys(outputs).map(() => 'az deployment group show');
const inOrder = [
  'az account show',
  'az group exists',
  'az ad signed-in-user show',
  'az deployment group list',
  'az deployment group what-if',
  'az deployment group create',
  ...showOutputs,
  'az deployment group list',
  'az functionapp deployment source config-zip',
  'az rest',
];

test('deploys in this order, with these arguments, and says what is left to do', async () => {
  const { code, calls, verbs, out } = await shell.run('deploy.sh', deploy, { table: well });
  expect({ code, verbs }).toEqual({ code: 0, verbs: inOrder });
  const called = calls.map(({ words }) => words);
  const named = `--resource-group rg --name omnisend-export --parameters ${parameters}`;
  expect(called).toContain(`az deployment group what-if ${named}`);
  expect(called).toContain(`az deployment group create ${named} --output none`);
  expect(called).toContain(
    `az functionapp deployment source config-zip --resource-group rg --name func-test --src ${zip} --output none`,
  );
  expect(called.at(-1)).toContain(
    '--skip-authorization-header --url https://func-test.example.com/api/health',
  );
  expect(calls.find(({ words }) => words.includes(' create '))).toMatchObject({
    keyWriter: 'my-object-id',
    registration: 'auth-id',
  });
  expect(out).toContain('client-id');
  expect(out).toContain('infra/set-key.sh --vault kv-test');
  expect(out).toContain('az account get-access-token --resource api://auth-id');
  expect(out).not.toContain('az functionapp keys list');
});

test('a second run does the same, and makes no group', async () => {
  const first = await shell.run('deploy.sh', [...deploy, '--location', 'westeurope'], {
    table: but('az group exists', { out: 'false\n' }),
  });
  expect(first.verbs).toEqual([...inOrder.slice(0, 2), 'az group create', ...inOrder.slice(2)]);
  const second = await shell.run('deploy.sh', [...deploy, '--location', 'westeurope'], { table: well });
  expect({ code: second.code, verbs: second.verbs }).toEqual({ code: 0, verbs: inOrder });
});

test('builds the package where none is given, and waits until its version answers', async () => {
  const args = ['--group', 'rg', '--parameters', parameters, '--yes'];
  const upgraded: Table = [
    { begins: 'az rest', replies: [{ out: 'up\n0.0.1\n' }, { out: `up\n${version}\n` }] },
    ...well,
  ];
  const { code, verbs, calls } = await shell.run('deploy.sh', args, { table: upgraded });
  const published = inOrder.indexOf('az functionapp deployment source config-zip');
  expect({ code, verbs }).toEqual({
    code: 0,
    verbs: [...inOrder.slice(0, published), 'npm ci', 'npm run', ...inOrder.slice(published), 'az rest'],
  });
  const called = calls.map(({ words }) => words);
  expect(called.join('\n')).toMatch(/^npm run --silent build -- --out \S+\/dist$/m);
  expect(called.join('\n')).toMatch(/config-zip .* --src \S+\/app\.zip /);
});

test.each(['npm ci', 'npm run'])('%s fails: nothing is published', async (begins) => {
  const args = ['--group', 'rg', '--parameters', parameters, '--yes'];
  const { code, verbs, errors } = await shell.run('deploy.sh', args, { table: but(begins, { code: 1 }) });
  expect({ code, last: verbs.at(-1) }).toEqual({ code: 1, last: begins });
  expect(errors).toMatch(/Next: ./);
});

/** Which call fails, how often; what is said; whether later calls were made. */
const failures: readonly [begins: string, times: number, said: string, next: string][] = [
  ['az account show', 1, 'not signed in', 'az login'],
  ['az group exists', 1, 'cannot be looked up', 'az account show'],
  ['az deployment group list', 1, 'last deployment cannot be looked up', 'role Reader'],
  ['az deployment group what-if', 1, 'templates were refused', '--help'],
  ['az deployment group create', 1, 'deployment failed', 'recoverVault'],
  [output('hostName'), 1, 'tells no hostName', '--publish-only'],
  ['az functionapp deployment source', 5, 'could not be published', '--publish-only'],
  ['az rest', 15, 'does not answer', 'Log stream'],
];

test.each(failures)(
  '%s fails: it stops there and says what to do next',
  async (begins, times, said, next) => {
    const { code, calls, errors, out } = await shell.run('deploy.sh', deploy, {
      table: but(begins, { code: 1 }),
    });
    expect(code).toBe(1);
    expect(errors).toMatch(new RegExp(`Stopped: .*${said}`));
    expect(errors).toMatch(new RegExp(`Next: .*${next}`));
    expect(out).not.toContain('Done.');
    const called = calls.map(({ words }) => words);
    expect(called.at(-1)).toMatch(new RegExp(`^${begins}`));
    expect(called.filter((one) => one.startsWith(begins))).toHaveLength(times);
  },
);

test('the group cannot be made', async () => {
  const table = [
    { begins: 'az group create', replies: [{ code: 1 }] },
    ...but('az group exists', { out: 'false' }),
  ];
  const without = await shell.run('deploy.sh', deploy, { table });
  expect({ code: without.code, last: without.verbs.at(-1) }).toEqual({ code: 1, last: 'az group exists' });
  expect(without.errors).toContain('--location REGION');
  const refused = await shell.run('deploy.sh', [...deploy, '--location', 'westeurope'], { table });
  expect({ code: refused.code, last: refused.verbs.at(-1) }).toEqual({ code: 1, last: 'az group create' });
  expect(refused.errors).toContain('role Contributor');
});

test('rights that take a while to hold, and an app that takes a while to answer', async () => {
  const table = [
    { begins: 'az functionapp deployment source', replies: [{ code: 1 }, { code: 1 }, {}] },
    { begins: 'az rest', replies: [{ code: 1 }, { out: 'starting\n0.1.0\n' }, { out: 'up\n0.1.0\n' }] },
    ...well,
  ];
  const { code, verbs, errors } = await shell.run('deploy.sh', deploy, { table });
  expect(code).toBe(0);
  expect(verbs.filter((verb) => verb === 'az functionapp deployment source config-zip')).toHaveLength(3);
  expect(verbs.filter((verb) => verb === 'az rest')).toHaveLength(3);
  expect(errors).toContain('The app is up, version 0.1.0.');
});

test('signed in as no person: nobody is given the right to write keys, and one may be named', async () => {
  const table = but('az ad signed-in-user show', { code: 1 });
  const nobody = await shell.run('deploy.sh', deploy, { table });
  expect(nobody.code).toBe(0);
  expect(nobody.calls.find(({ words }) => words.includes(' create '))?.keyWriter).toBe('');
  const named = await shell.run('deploy.sh', deploy, { table, env: { KEY_WRITER_OBJECT_ID: 'a-group' } });
  expect(named.calls.find(({ words }) => words.includes(' create '))?.keyWriter).toBe('a-group');
  expect(named.verbs).not.toContain('az ad signed-in-user show');
});

test('a closed network has its provider registered first', async () => {
  const args = ['--group', 'rg', '--parameters', closed, '--yes', '--resources-only'];
  const { code, verbs } = await shell.run('deploy.sh', args, { table: well });
  expect({ code, verbs: verbs.slice(0, 3) }).toEqual({
    code: 0,
    verbs: ['az account show', 'az group exists', 'az provider register'],
  });
  const refused = await shell.run('deploy.sh', args, { table: but('az provider register', { code: 1 }) });
  expect({ code: refused.code, last: refused.verbs.at(-1) }).toEqual({
    code: 1,
    last: 'az provider register',
  });
});

const parts: readonly [option: string, verbs: readonly string[]][] = [
  ['--what-if', inOrder.slice(0, 5)],
  ['--resources-only', inOrder.filter((verb) => !/functionapp|rest/.test(verb))],
  [
    '--publish-only',
    ['az account show', ...inOrder.slice(inOrder.indexOf('az deployment group create') + 1)],
  ],
];
test.each(parts)('%s does its part alone', async (option, verbs) => {
  const told = await shell.run('deploy.sh', [...deploy, option], { table: well });
  expect({ code: told.code, verbs: told.verbs }).toEqual({ code: 0, verbs });
});

test('without --yes and without a terminal nothing is deployed', async () => {
  const { code, verbs, errors } = await shell.run('deploy.sh', deploy.slice(0, -1), {
    table: well,
    input: 'y\n',
  });
  expect({ code, last: verbs.at(-1) }).toEqual({ code: 1, last: 'az deployment group what-if' });
  expect(errors).toContain('--yes');
});
