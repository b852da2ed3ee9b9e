import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { compose } from '../../shared/compose.ts';
import { rememberedHealth } from '../../shared/steps/check-health.ts';
import { type Azurite, startAzurite } from './azurite/azurite.ts';
import { startProcess } from './process.ts';

let azurite: Azurite;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outside-'));
  azurite = await startAzurite();
});
afterAll(async () => {
  await azurite?.close();
  await rm(folder, { recursive: true });
});

/** A port that nobody has at the moment. */
const freePort = async (): Promise<string> => {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const bound = z.object({ port: z.int() }).parse(server.address());
  server.close();
  return `${bound.port}`;
};

const example = new URL('../../docs/local.settings.example.json', import.meta.url);

test('with the example of local settings the app finds all of its outside in order', async () => {
  let text = await readFile(example, 'utf8');
  for (const port of ['7081', '7082', '7083']) text = text.replaceAll(`:${port}`, `:${await freePort()}`);
  text = text.replace('UseDevelopmentStorage=true', azurite.connectionString);
  const path = join(folder, 'local.settings.json');
  await writeFile(path, text);
  const outside = await startProcess({
    name: 'The outside',
    file: new URL('./outside.ts', import.meta.url).pathname,
    args: ['--settings', path, '--rows', '200'],
  });
  const { Values } = z.object({ Values: z.record(z.string(), z.string()) }).parse(JSON.parse(text));
  // The SDK of identities reads its settings from the process alone.
  const before = { ...process.env };
  Object.assign(process.env, Values);
  try {
    const { ports } = compose(Values, new AbortController().signal);
    const health = await rememberedHealth(ports)();
    expect(health.checks.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(health.checks).toHaveLength(4);
    expect(await ports.blobs.list('runs/')).toEqual([]);
    expect((await ports.store.exports.list('exports')).map(({ key }) => key)).toEqual(['newsletter']);
  } finally {
    for (const name of Object.keys(Values)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    await outside.stop();
  }
});
