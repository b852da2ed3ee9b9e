import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { infraFolder, pathsIn } from './bicep.ts';
import { compile, findCompiler } from './compiler.ts';
import { findings } from './rules.ts';
import { templatesOf } from './template.ts';

const compiler = await findCompiler(process.env);
const unless = compiler === undefined ? ' (skipped: no Bicep compiler; set BICEP to the path of one)' : '';
const paths = [...(await pathsIn(infraFolder, '.bicep')), ...(await pathsIn(infraFolder, '.bicepparam'))];

test.skipIf(compiler === undefined).each(paths)(
  `%s compiles and lints without a word${unless}`,
  async (path) => {
    if (compiler === undefined) return;
    expect((await compile(compiler, path)).complaints).toEqual([]);
  },
);

test.skipIf(compiler === undefined)(`the compiled template holds to every rule${unless}`, async () => {
  if (compiler === undefined) return;
  const { text } = await compile(compiler, join(infraFolder, 'main.bicep'));
  expect(findings(templatesOf('main', text))).toEqual([]);
});

test.skipIf(compiler === undefined)(`a wrong property would be found${unless}`, async () => {
  if (compiler === undefined) return;
  const text = await readFile(join(infraFolder, 'modules/vault.bicep'), 'utf8');
  const path = join(scratch, 'wrong.bicep');
  await writeFile(path, text.replace('enableSoftDelete', 'enableSoftDeletes'));
  expect((await compile(compiler, path)).complaints).not.toEqual([]);
});

// What follows needs no compiler: it is about how one is asked, and how its template is read.

const scratch = await mkdtemp(join(tmpdir(), 'bicep-'));
afterAll(() => rm(scratch, { recursive: true }));

async function standIn(script: string): Promise<string> {
  const path = join(scratch, 'bicep');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

test('a compiler is found by its setting, on the path, and in the Azure CLI, in this order', async () => {
  const file = await standIn('echo "Bicep CLI version 0.46.1 (abc)"');
  expect(await findCompiler({ BICEP: file, PATH: '/nowhere' })).toMatchObject({ file });
  expect(await findCompiler({ PATH: scratch })).toMatchObject({ file: 'bicep' });
  expect(await findCompiler({ BICEP: '/nowhere/bicep', PATH: '/nowhere' })).toBeUndefined();
});

test.each([
  ['a warning with exit code 0', 'echo "a.bicep(3,1) : Warning BCP037: no such property" >&2; echo "{}"', 1],
  ['an error', 'echo "a.bicep(3,1) : Error BCP018: expected" >&2; exit 1', 1],
  ['an exit code without a word', 'exit 3', 1],
  ['the news of a newer compiler', 'echo "WARNING: A new Bicep release is available" >&2; echo "{}"', 0],
  ['nothing to say', 'echo "{}"', 0],
])('%s', async (_what, script, least) => {
  const found = { file: await standIn(script), prefix: [], isAzureCli: false };
  const { complaints } = await compile(found, 'a.bicep');
  expect(complaints.length > 0).toBe(least > 0);
});

test('the resources of modules are found in the compiled template, and what is only referred to is not', () => {
  const module = {
    resources: {
      account: {
        type: 'Microsoft.Storage/storageAccounts',
        apiVersion: '2025-01-01',
        properties: {
          allowSharedKeyAccess: true,
          publicNetworkAccess: "[if(parameters('closedNetwork'), 'Disabled', 'Enabled')]",
        },
      },
      old: { existing: true, type: 'Microsoft.KeyVault/vaults', apiVersion: '2024-11-01' },
      role: {
        type: 'Microsoft.Authorization/roleAssignments',
        apiVersion: '2022-04-01',
        scope: "[resourceId('Microsoft.Storage/storageAccounts', parameters('name'))]",
        properties: { roleDefinitionId: "[variables('id')]" },
      },
    },
    variables: { id: 'b24988ac-6180-42a0-ab88-20f7382dd24c' },
    outputs: { it: { type: 'string', value: "[listKeys('account', '2025-01-01').keys[0].value]" } },
  };
  const main = {
    resources: [
      { type: 'Microsoft.Resources/deployments', apiVersion: '2025-04-01', properties: { template: module } },
    ],
  };
  const templates = templatesOf('main', JSON.stringify(main));
  expect(templates.flatMap(({ resources }) => resources.map(({ symbol }) => symbol))).toEqual([
    'account',
    'role',
  ]);
  const found = findings(templates).join('\n');
  expect(found).toContain('allowSharedKeyAccess is true');
  expect(found).not.toContain('publicNetworkAccess');
  expect(found).not.toContain('single resource');
  expect(found).toContain('the role b24988ac-6180-42a0-ab88-20f7382dd24c');
  expect(found).toContain('listKeys( is about a secret');
  expect(found).toContain('the output it looks like a secret');
});
