import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startProcess } from './process.ts';

const folder = await mkdtemp(join(tmpdir(), 'process-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function script(name: string, text: string): Promise<string> {
  const file = join(folder, `${name}.mjs`);
  await writeFile(file, text);
  return file;
}
const ready = `console.log('noise'); console.log(JSON.stringify({ listening: 'http://127.0.0.1:1', own: process.env.OWN }));`;
const stay = 'setInterval(() => {}, 1000);';

test('gives the first JSON line, the environment arrives, stop ends it', async () => {
  const file = await script('server', `${ready} ${stay}`);
  const running = await startProcess({ name: 'server', file, env: { OWN: 'value' } });
  expect(running.url).toBe('http://127.0.0.1:1');
  expect(running.ready).toMatchObject({ own: 'value' });
  expect(await running.stop()).toEqual({ code: null, signal: 'SIGTERM' });
  expect(await running.stop()).toEqual({ code: null, signal: 'SIGTERM' });
});

test('an end before the line is an error that shows what was written', async () => {
  const file = await script('broken', `console.error('the reason'); process.exit(3);`);
  await expect(startProcess({ name: 'broken', file })).rejects.toThrow(/broken ended .*\(3\)\nthe reason/);
});

test('a process that says nothing in time is an error, and is killed', async () => {
  const file = await script('silent', stay);
  await expect(startProcess({ name: 'silent', file, startSeconds: 0.5 })).rejects.toThrow(
    'not ready after 0.5 s',
  );
});

test('one that ignores SIGTERM is killed', async () => {
  const file = await script('stubborn', `process.on('SIGTERM', () => {}); ${ready} ${stay}`);
  const running = await startProcess({ name: 'stubborn', file });
  expect(await running.stop('SIGTERM', 0.3)).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a child ends when its parent is killed', async () => {
  const child = await script('child', `${ready} ${stay}`);
  const parent = await script(
    'parent',
    `import { startProcess } from ${JSON.stringify(new URL('./process.ts', import.meta.url).href)};
     const child = await startProcess({ name: 'child', file: ${JSON.stringify(child)} });
     console.log(JSON.stringify({ listening: child.url, pid: child.pid }));`,
  );
  const running = await startProcess({ name: 'parent', file: parent });
  const pid = Number(running.ready.pid);
  expect(process.kill(pid, 0)).toBe(true);
  await running.stop('SIGKILL');
  const gone = async () => {
    for (let tries = 0; tries < 200; tries++) {
      try {
        process.kill(pid, 0);
      } catch {
        return true;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  };
  expect(await gone()).toBe(true);
});
