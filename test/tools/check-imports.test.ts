import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { refusal } from './import-rules.ts';

const tool = fileURLToPath(new URL('./check-imports.ts', import.meta.url));
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** The check, as the test command runs it, on a project of these modules. */
async function check(modules: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'imports-'));
  folders.push(root);
  for (const [path, text] of Object.entries(modules)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const { promise, resolve } = Promise.withResolvers<{
    code: number | null;
    out: string;
    faults: string[];
  }>();
  const child = execFile(process.execPath, [tool, root], (_error, out, faults) =>
    resolve({ code: child.exitCode, out, faults: faults.split('\n').filter((line) => line !== '') }),
  );
  return promise;
}

/** Every row of the table: importing module, what it may import, and what it may not. */
const table: readonly [from: string, allowed: readonly string[], refused: readonly string[]][] = [
  [
    'shared/domain/email.ts',
    ['./text.ts', 'zod', 'croner', 'libphonenumber-js/min'],
    [
      '../ports/clock.ts',
      '../steps/send.ts',
      '../messages.ts',
      '../config.ts',
      '../compose.ts',
      '../adapters/system/clock.ts',
      '../../functions/timer.ts',
      '../../test/memory/clock.ts',
      'csv-parse',
      '@azure/storage-blob',
      'node:fs',
      'node:net',
      'node:http',
      'node:process',
      'node:timers/promises',
      'node:crypto',
      'crypto',
    ],
  ],
  [
    'shared/ports/queue.ts',
    ['./clock.ts', '../domain/message.ts'],
    ['../messages.ts', '../steps/send.ts', '../adapters/storage/queue.ts', 'zod', 'node:url'],
  ],
  [
    'shared/messages.ts',
    ['./domain/ids.ts', 'zod'],
    ['./ports/queue.ts', './config.ts', './steps/send.ts', 'croner'],
  ],
  [
    'shared/config.ts',
    ['./domain/answers.ts', 'zod'],
    ['./messages.ts', './ports/ports.ts', './adapters/system/clock.ts', 'node:process'],
  ],
  [
    'shared/steps/send.ts',
    ['./finish.ts', '../domain/ids.ts', '../ports/ports.ts', '../messages.ts'],
    [
      '../adapters/omnisend/client.ts',
      '../compose.ts',
      '../config.ts',
      '../../functions/timer.ts',
      'zod',
      'node:crypto',
      '@azure/storage-queue',
    ],
  ],
  [
    'shared/adapters/storage/clients.ts',
    [
      './rows.ts',
      '../../domain/ids.ts',
      '../../ports/rows.ts',
      '../../messages.ts',
      'zod',
      'node:buffer',
      '@azure/data-tables',
    ],
    [
      '../key-vault/secrets.ts',
      '../storage.ts',
      '../../steps/send.ts',
      '../../compose.ts',
      '../../config.ts',
      '@azure/identity',
      '@azure/keyvault-secrets',
    ],
  ],
  [
    'shared/adapters/omnisend/client.ts',
    ['./mask.ts', 'node:crypto'],
    ['../system/clock.ts', '@azure/storage-blob'],
  ],
  [
    'shared/compose.ts',
    ['./adapters/storage/storage.ts', './config.ts', './ports/ports.ts', './steps/send.ts', 'node:crypto'],
    ['../functions/main.ts', '../test/memory/clock.ts', '@azure/identity'],
  ],
  [
    'functions/runs.ts',
    [
      './problem.ts',
      '../shared/domain/ids.ts',
      '../shared/steps/send.ts',
      '../shared/messages.ts',
      '@azure/functions',
      'zod',
    ],
    [
      '../shared/compose.ts',
      '../shared/ports/ports.ts',
      '../shared/config.ts',
      '../shared/adapters/system/clock.ts',
      './main.ts',
      '@azure/storage-blob',
      'node:fs',
    ],
  ],
  [
    'functions/main.ts',
    ['./runs.ts', '../shared/compose.ts', '../shared/steps/send.ts', '@azure/functions'],
    ['../shared/ports/ports.ts', '../shared/adapters/system/clock.ts', '../test/memory/clock.ts', 'node:fs'],
  ],
  ['shared/stray.ts', [], ['zod', './domain/ids.ts']],
];

for (const [from, allowed, refused] of table) {
  test.each(allowed)(`${from} may import %s`, (specifier) => {
    expect(refusal({ from, specifier, names: ['x'] })).toBeUndefined();
  });
  test.each(refused)(`${from} may not import %s`, (specifier) => {
    expect(refusal({ from, specifier, names: ['x'] })).toBeTypeOf('string');
  });
}

test.each([
  ['node:crypto', ['hash'], true],
  ['node:crypto', ['hash', 'randomBytes'], false],
  ['node:crypto', ['*'], false],
  ['node:crypto', [], false],
  ['node:url', ['domainToASCII'], true],
  ['node:url', ['fileURLToPath'], false],
])('of %s the domain takes %j: %s', (specifier, names, allowed) => {
  expect(refusal({ from: 'shared/domain/key.ts', specifier, names }) === undefined).toBe(allowed);
});

test('a planted violation of every row is found, with its line', async () => {
  const modules = table.map(([from, allowed, refused]): [string, string] => [
    from,
    [...allowed, ...refused].map((specifier) => `import { x } from '${specifier}';`).join('\n'),
  ]);
  const { code, out, faults } = await check(Object.fromEntries(modules));
  const planted = table.flatMap(([from, allowed, refused]) =>
    refused.map((specifier, index) => `${from}:${allowed.length + index + 1}: '${specifier}':`),
  );
  const found = faults.map((fault) => fault.split(': ').slice(0, 2).join(': ').concat(':'));
  expect(found.sort()).toEqual(planted.sort());
  expect(code).toBe(1);
  expect(out).toContain(`${table.length} modules looked at`);
});

test.each([
  ['a plain import', "import '../ports/clock.ts';"],
  ['an import of a type', "import type { Clock } from '../ports/clock.ts';"],
  ['a type among values', "import { type Clock } from '../ports/clock.ts';"],
  ['a re-export', "export { x } from '../ports/clock.ts';"],
  ['a re-export of a type', "export type { Clock } from '../ports/clock.ts';"],
  ['a re-export of everything', "export * from '../ports/clock.ts';"],
  ['a dynamic import', "const x = () => import('../ports/clock.ts');"],
  ['an import inside a type', "type Clock = import('../ports/clock.ts').Clock;"],
])('%s counts', async (_name, text) => {
  const { code, faults } = await check({ 'shared/domain/x.ts': `// one line before\n${text}\n` });
  expect(faults).toEqual(["shared/domain/x.ts:2: '../ports/clock.ts': domain may import domain, not ports"]);
  expect(code).toBe(1);
});

test('an import that names its module by an expression is refused, as is a module that cannot be parsed', async () => {
  const { code, faults } = await check({
    'shared/domain/a.ts': 'const name = "zod";\nawait import(name);',
    'shared/domain/b.ts': 'import {',
  });
  expect(faults).toHaveLength(2);
  expect(faults[0]).toContain('shared/domain/a.ts:2: import(…)');
  expect(faults[1]).toContain('shared/domain/b.ts: cannot be parsed');
  expect(code).toBe(1);
});

test('a project that holds to the table passes', async () => {
  const text = "import { z } from 'zod';\nimport { hash } from 'node:crypto';\n";
  const { code, out } = await check({ 'shared/domain/x.ts': text, 'test/y.ts': "import 'anything';" });
  expect({ code, out }).toEqual({ code: 0, out: '1 modules looked at, 0 imports in a wrong direction\n' });
});

test('no module at all is a failure', async () => {
  const { code, faults } = await check({ 'test/x.ts': '' });
  expect({ code, faults }).toEqual({ code: 1, faults: ['No module was found: nothing is checked.'] });
});
