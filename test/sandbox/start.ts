import { parseArgs } from 'node:util';
import { z } from 'zod';
import { sandboxExport } from './definitions.ts';
import { sandboxKeys } from './host/keys.ts';
import { startSandbox } from './sandbox.ts';

/** `npm start`: the sandbox, kept running, to look around in with curl. */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '6500' },
    'requests-per-minute': { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    port: { type: 'string', default: '7071' },
    /** Keeps the storage emulator's data in this folder. */
    folder: { type: 'string' },
    omnisend: { type: 'string' },
    dataverse: { type: 'string' },
    vault: { type: 'string' },
    storage: { type: 'string' },
  },
});
const settings = z
  .object({
    rows: z.coerce.number().int().min(100).max(1_000_000),
    'requests-per-minute': z.coerce.number().int().min(1).max(100_000),
    seed: z.coerce.number().int(),
    port: z.coerce.number().int().min(0).max(65_535),
    folder: z.string().optional(),
    omnisend: z.url().optional(),
    dataverse: z.url().optional(),
    vault: z.url().optional(),
    storage: z.string().optional(),
  })
  .safeParse(values);
if (!settings.success) {
  console.error(z.prettifyError(settings.error));
  process.exit(2);
}

const { 'requests-per-minute': requestsPerMinute, rows, seed, port, ...outside } = settings.data;
const given = Object.fromEntries(Object.entries(outside).filter(([, value]) => value !== undefined));
const sandbox = await startSandbox({
  ...given,
  rows,
  seed,
  requestsPerMinute,
  port,
  entry: new URL('../../dist/main.js', import.meta.url).pathname,
  onLog: showEvent,
});
const { addresses, url } = sandbox;
console.log(`
The app          ${url}/api/health
Omnisend         ${addresses.omnisend}/control/page
Dataverse        ${addresses.dataverse}/control
Key Vault        ${addresses.vault}/control

Start a run:     curl -X POST -H 'x-functions-key: ${sandboxKeys.function}' ${url}/api/exports/${sandboxExport.id}/run
Look at runs:    curl -H 'x-functions-key: ${sandboxKeys.function}' ${url}/api/runs
The next day:    curl -X POST -d '{"day":2}' ${addresses.dataverse}/control/day

Ctrl-C ends it.
`);

const stop = async (): Promise<void> => {
  await sandbox.stop();
  process.exit(0);
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);

/** The app's own events and whatever went wrong; the host's frames of each call stay out. */
function showEvent(line: string): void {
  const parsed = z.object({ level: z.string(), message: z.string() }).safeParse(JSON.parse(line));
  if (!parsed.success) return;
  const { level, message } = parsed.data;
  if (level === 'error' || (message.startsWith('{"event"') && !message.includes('"supervised"'))) {
    console.log(`${new Date().toISOString().slice(11, 19)}  ${message}`);
  }
}
