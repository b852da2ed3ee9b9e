import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fastNow } from './fast-clock.ts';
import { startProcess } from './process.ts';

const folder = await mkdtemp(join(tmpdir(), 'clock-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a process sees of its own time: how long each wait of 20 s seemed to be and was. */
const program = `
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
setInterval(() => {}, 1_000_000);
const waits = {
  timer: () => new Promise((wake) => setTimeout(wake, 20_000)),
  interval: () => new Promise((wake) => { const timer = setInterval(() => { clearInterval(timer); wake(); }, 20_000); }),
  promise: () => sleep(20_000),
  promisified: () => promisify(setTimeout)(20_000),
  signal: () => new Promise((wake) => AbortSignal.timeout(20_000).addEventListener('abort', wake)),
};
const seen = {};
for (const [name, wait] of Object.entries(waits)) {
  const [seemed, was] = [Date.now(), performance.now()];
  await wait();
  seen[name] = { seemed: new Date().getTime() - seemed, was: performance.now() - was };
}
const other = [new Date(5).getTime(), new Date() instanceof Date, typeof Date(), Date.UTC(1970, 0, 2)];
console.log(JSON.stringify({ listening: 'http://127.0.0.1:1', seen, other, now: Date.now() }));
`;

test('a process on a fast clock waits a part of the time, and sees all of it pass', async () => {
  const file = join(folder, 'waits.mjs');
  await writeFile(file, program);
  const clock = { speed: 200, since: Date.now() };
  const running = await startProcess({ name: 'waits', file, clock });
  const { seen, other, now } = running.ready;
  for (const { seemed, was } of Object.values(Object(seen)) as { seemed: number; was: number }[]) {
    expect(seemed).toBeGreaterThanOrEqual(19_000);
    expect(was).toBeLessThan(10_000);
  }
  expect(Object.keys(Object(seen))).toHaveLength(5);
  expect(other).toEqual([5, true, 'string', 86_400_000]);
  expect(Number(now)).toBeLessThanOrEqual(fastNow(clock));
  await running.stop('SIGKILL');
});

test('without a clock a process runs on the machine’s own', async () => {
  const file = join(folder, 'now.mjs');
  await writeFile(
    file,
    `console.log(JSON.stringify({ listening: 'http://127.0.0.1:1', now: Date.now() })); setInterval(() => {}, 1000);`,
  );
  const before = Date.now();
  const running = await startProcess({ name: 'now', file });
  expect(Number(running.ready.now)).toBeGreaterThanOrEqual(before);
  expect(Number(running.ready.now)).toBeLessThanOrEqual(Date.now());
  await running.stop('SIGKILL');
});
