import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { loadArguments, rightSettings } from '../bundle.ts';
import { infraFolder } from './bicep.ts';
import { run } from './compiler.ts';

const tools = await Promise.all([run('zip', ['-v']), run('unzip', ['-v'])]);
const hasZip = tools.every(({ code }) => code === 0);
const unless = hasZip ? '' : ' (skipped: no zip and unzip on the path)';
const folder = await mkdtemp(join(tmpdir(), 'package-'));
afterAll(() => rm(folder, { recursive: true }));
const zip = join(folder, 'app.zip');

test.skipIf(!hasZip)(
  `the package: what is in it, its size, and a start from an empty folder${unless}`,
  async () => {
    const built = await run('bash', [join(infraFolder, 'package.sh'), '--no-install', '--out', zip], {
      env: process.env,
    });
    expect(built).toMatchObject({ code: 0, out: `${zip}\n` });

    const { out } = await run('unzip', ['-Z1', zip]);
    const content = out.trim().split('\n').sort();
    expect(content).toEqual(['dist/main.js', 'dist/main.js.LEGAL.txt', 'host.json', 'package.json']);
    expect((await stat(zip)).size).toBeLessThan(5 * 2 ** 20);

    const app = join(folder, 'empty');
    await mkdir(app);
    expect(await run('unzip', ['-q', zip, '-d', app])).toMatchObject({ code: 0 });
    const sizes = await Promise.all(content.map(async (name) => (await stat(join(app, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(5 * 2 ** 20);
    const { main, dependencies, scripts } = z
      .looseObject({ main: z.string(), type: z.literal('module') })
      .parse(JSON.parse(await readFile(join(app, 'package.json'), 'utf8')));
    expect({ dependencies, scripts }).toEqual({});

    expect(process.version).toMatch(/^v24\./);
    const loaded = await run(process.execPath, [...loadArguments(app, join(app, main))], {
      env: rightSettings,
    });
    const report = z
      .object({ functions: z.array(z.object({ name: z.string() })), fault: z.string().optional() })
      .parse(JSON.parse(loaded.out));
    expect(report.fault).toBeUndefined();
    expect(report.functions.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['health', 'supervise', 'send']),
    );
  },
);
