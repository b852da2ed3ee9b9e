import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startProcess } from './process.ts';
import { seedStorage, seedVault } from './sandbox.ts';

/**
 * `node test/sandbox/outside.ts`: for the app under `func start`. Starts Dataverse, Key Vault and Omnisend as
 * simulators where the settings say, and makes tables, queues and definitions in the storage emulator that they name.
 */
const { values } = parseArgs({
  options: {
    settings: { type: 'string', default: 'local.settings.json' },
    rows: { type: 'string', default: '6500' },
  },
});
const address = z.url({ protocol: /^http$/, hostname: /^(127\.0\.0\.1|localhost)$/ });
const settings = z
  .object({
    Values: z.object({
      AzureWebJobsStorage: z.string().min(1),
      DATAVERSE_URL: address,
      KEY_VAULT_URL: address,
      OMNISEND_URL: address,
    }),
  })
  .parse(JSON.parse(await readFile(values.settings, 'utf8'))).Values;

const start = (name: string, file: string, url: string, args: readonly string[] = []) =>
  startProcess({
    name,
    file: new URL(file, import.meta.url).pathname,
    args: ['--port', new URL(url).port, ...args],
  });
const running = await Promise.all([
  start('Dataverse', './dataverse/server.ts', settings.DATAVERSE_URL, ['--rows', values.rows]),
  start('Key Vault', './key-vault/server.ts', settings.KEY_VAULT_URL),
  start('Omnisend', './omnisend/server.ts', settings.OMNISEND_URL),
]);
const [dataverse, vault, omnisend] = running;

const stop = async (): Promise<void> => {
  await Promise.all(running.map((one) => one.stop()));
  process.exit(0);
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);

await seedVault(vault.url);
await seedStorage(settings.AzureWebJobsStorage);
console.log(JSON.stringify({ listening: dataverse.url, vault: vault.url, omnisend: omnisend.url }));
