import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { infraFolder, pathsIn } from './bicep.ts';
import { run } from './compiler.ts';
import { but, well } from './stand-in/azure.ts';
import { openShell } from './stand-in/shell.ts';

const shell = await openShell();
afterAll(() => shell.remove());

const example = join(shell.folder, 'example.bicepparam');
await copyFile(join(infraFolder, 'environments/test.bicepparam'), example);
const wrongCalls: readonly [script: string, args: readonly string[], said: string][] = [
  ['deploy.sh', [], '--group is missing'],
  ['deploy.sh', ['--group', 'rg'], '--parameters is missing'],
  ['deploy.sh', ['--group'], '--group needs a value'],
  ['deploy.sh', ['--group', ''], '--group needs a value'],
  ['deploy.sh', ['--group', 'rg', '--parameters', '/nowhere'], 'no file /nowhere'],
  ['deploy.sh', ['--group', 'rg', '--parameters', example], "the example's address"],
  ['deploy.sh', ['--group', 'rg', '--publish-only', '--what-if'], 'goes with neither'],
  ['deploy.sh', ['--key', 'canary'], 'Unknown option'],
  ['package.sh', ['--what'], 'Unknown option'],
  ['set-key.sh', ['--vault', 'kv'], 'is missing'],
  ['set-key.sh', ['--vault', 'kv', '--name', 'a_b'], 'letters, digits'],
  ['remove.sh', [], '--group is missing'],
];
test.each(wrongCalls)('%s %j is refused before anything is asked of Azure', async (script, args, said) => {
  const { code, verbs, errors } = await shell.run(script, args, { table: well });
  expect({ code, verbs }).toEqual({ code: 1, verbs: [] });
  expect(errors).toContain(said);
  expect(errors).toMatch(/Next: ./);
});

test.each(['deploy.sh', 'package.sh', 'set-key.sh', 'remove.sh'])(
  '%s --help names every option it takes',
  async (script) => {
    const { code, out, verbs } = await shell.run(script, ['--help']);
    expect({ code, verbs }).toEqual({ code: 0, verbs: [] });
    const text = await readFile(join(infraFolder, script), 'utf8');
    const options = [...text.matchAll(/^ {4}(--[a-z-]+)\)/gm)].map(([, option]) => option);
    expect(options.length).toBeGreaterThan(1);
    for (const option of options) expect(out).toContain(option);
  },
);

test('a key goes into the vault through a pipe: no argument, no output, no file', async () => {
  const { code, calls, out, errors } = await shell.run(
    'set-key.sh',
    ['--vault', 'kv-test', '--name', 'omnisend-brand'],
    {
      table: well,
      input: '  canary-key \n',
    },
  );
  expect(code).toBe(0);
  const set = calls.at(-1);
  expect(set?.words).toBe(
    'az keyvault secret set --vault-name kv-test --name omnisend-brand --file /dev/stdin --encoding utf-8 --tags purpose=omnisend-export --output none',
  );
  expect(set?.file).toBe('canary-key');
  expect(`${out}${errors}${calls.map(({ words }) => words)}`).not.toContain('canary');
});

test('a key as an argument is refused without being repeated', async () => {
  const { code, out, errors, verbs } = await shell.run('set-key.sh', [
    '--vault',
    'kv',
    '--key',
    'canary-key',
  ]);
  expect({ code, verbs }).toEqual({ code: 1, verbs: [] });
  expect(out + errors).not.toContain('canary');
});

test.each([
  ['no key', '\n', well, 'No key was given', 'az account show'],
  [
    'a vault that refuses',
    'canary-key\n',
    but('az keyvault', { code: 1 }),
    'Secrets Officer',
    'az keyvault secret set',
  ],
])('%s: it says so', async (_what, input, table, said, last) => {
  const told = await shell.run('set-key.sh', ['--vault', 'kv-test', '--name', 'a'], { table, input });
  expect({ code: told.code, last: told.verbs.at(-1) }).toEqual({ code: 1, last });
  expect(told.errors).toContain(said);
  expect(told.out + told.errors).not.toContain('canary');
});

test('removes the group when its name is typed, and at nothing else', async () => {
  const removal = ['az account show', 'az group exists', 'az resource list'];
  for (const input of ['', 'y\n', 'RG\n', 'rg2\n']) {
    const kept = await shell.run('remove.sh', ['--group', 'rg'], { table: well, input });
    expect({ code: kept.code, verbs: kept.verbs }).toEqual({ code: 1, verbs: removal });
  }
  const removed = await shell.run('remove.sh', ['--group', 'rg'], { table: well, input: 'rg\n' });
  expect({ code: removed.code, verbs: removed.verbs }).toEqual({
    code: 0,
    verbs: [...removal, 'az group delete'],
  });
  expect(removed.calls.at(-1)?.words).toBe('az group delete --name rg --yes --output none');
  const again = await shell.run('remove.sh', ['--group', 'rg'], {
    table: but('az group exists', { out: 'false' }),
  });
  expect({ code: again.code, last: again.verbs.at(-1) }).toEqual({ code: 0, last: 'az group exists' });
});

test.each(['az account show', 'az group exists', 'az resource list', 'az group delete'])(
  'remove.sh: %s fails',
  async (begins) => {
    const told = await shell.run('remove.sh', ['--group', 'rg'], {
      table: but(begins, { code: 1 }),
      input: 'rg\n',
    });
    expect({ code: told.code, last: told.verbs.at(-1) }).toEqual({ code: 1, last: begins });
    expect(told.errors).toMatch(/Next: ./);
  },
);

const scripts = await pathsIn(infraFolder, '.sh');

test.each(scripts)('bash reads %s', async (path) => {
  expect(await run('bash', ['-n', path])).toMatchObject({ code: 0, errors: '' });
});

const hasShellcheck = (await run('shellcheck', ['--version'])).code === 0;
const unless = hasShellcheck ? '' : ' (skipped: no shellcheck on the path)';
test.skipIf(!hasShellcheck)(`shellcheck has nothing to say${unless}`, async () => {
  expect(await run('shellcheck', ['--external-sources', ...scripts])).toMatchObject({ code: 0, out: '' });
});
