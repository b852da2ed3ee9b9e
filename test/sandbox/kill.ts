import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { sandboxExport } from './definitions.ts';
import { collect, compare } from './demo/compare.ts';
import { Outside } from './demo/outside.ts';
import { shownRun } from './demo/progress.ts';
import { draw } from './generator/random.ts';
import { callApp, startSandbox } from './sandbox.ts';

/**
 * `npm run kill`: kills the app's process (SIGKILL) at ten random moments of its runs and starts it again, with the
 * storage emulator on disk; at the end nothing may be lost. Takes some six minutes: the app waits as it does in
 * Azure, a minute for a silent step and three for a post without an answer.
 */
const { values } = parseArgs({
  options: { kills: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const kills = z.coerce.number().int().min(1).max(100).parse(values.kills);
const seed = z.coerce.number().int().parse(values.seed);

const folder = await mkdtemp(join(tmpdir(), 'kill-'));
const startedAt = Date.now();
const say = (text: string): void =>
  console.log(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(5)} s  ${text}`);

const sandbox = await startSandbox({
  rows: 6500,
  seed,
  // Slow, so that sending is long enough to be hit.
  requestsPerMinute: 120,
  port: 0,
  entry: new URL('../../dist/main.js', import.meta.url).pathname,
  folder,
});
let failed = false;
try {
  const outside = new Outside(sandbox.addresses, sandboxExport.segments);
  let run = await begin();
  for (let kill = 0; kill < kills; kill += 1) {
    await wait(2_000 + (draw(seed, kill, 77) % 40_000));
    const before = await look();
    say(`kill ${kill + 1} of ${kills} while the run is ${before.state}`);
    await sandbox.restartApp();
    if (before.endedAt !== null) run = await begin();
  }
  for (let state = ''; ; await wait(2_000)) {
    const shown = await look();
    if (shown.state !== state) say(shown.state);
    state = shown.state;
    if (shown.endedAt !== null) break;
  }
  const { tally, state, reason } = await look();
  const { read, accepted, unchanged, duplicate, invalid, refused, failed: lost, unsent } = tally;
  const outcomes = accepted + unchanged + duplicate + invalid + refused + lost + unsent;
  say(`${state}${reason === null ? '' : ` (${reason.message})`}: ${read} rows read, ${outcomes} outcomes`);
  const expected = await collect(outside.expected());
  const { brandID } = await outside.figures();
  const { right, wrong } = await compare(expected, outside.held(brandID));
  say(`${right} of ${expected.size} contacts are right in Omnisend`);
  for (const one of wrong) say(one);
  failed = state !== 'succeeded' || read !== outcomes || wrong.length > 0;

  async function begin(): Promise<string> {
    const asked = await callApp(sandbox, 'POST', `/exports/${sandboxExport.id}/run`, { kind: 'full' });
    return z.object({ run: z.string() }).parse(asked).run;
  }
  async function look() {
    return shownRun.parse(await callApp(sandbox, 'GET', `/runs/${run}`));
  }
} finally {
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
