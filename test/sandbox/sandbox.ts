import { openStorage } from '../../shared/adapters/storage/storage.ts';
import { namedKeyPurpose, purposeTag } from '../../shared/domain/key-secrets.ts';
import { at } from '../../shared/steps/addresses.ts';
import { startAzurite } from './azurite/azurite.ts';
import { sandboxConnection, sandboxExport } from './definitions.ts';
import type { FastClock } from './fast-clock.ts';
import { sandboxKeys } from './host/keys.ts';
import { seedKeys } from './omnisend/seeds.ts';
import { startProcess } from './process.ts';
import { savedExportOf } from './saved.ts';

export interface SandboxOptions {
  readonly rows: number;
  readonly seed: number;
  readonly requestsPerMinute: number;
  /** How long Omnisend takes for a batch: least and most seconds, as `1-3`. */
  readonly batchSeconds?: string;
  /** Of the app's HTTP API; 0: any free one. */
  readonly port: number;
  /** Processes of the app, on one storage and one brand; 1 unless given. Only the first has the known port. */
  readonly instances?: number;
  /** How many times as fast as the machine's the clock of every process runs; 1 unless given. */
  readonly speed?: number;
  /** The app as it is deployed. */
  readonly entry: string;
  /** Keeps Azurite's data there between runs. */
  readonly folder?: string;
  /** Parts of the outside that are already there are not started. */
  readonly omnisend?: string;
  readonly dataverse?: string;
  readonly vault?: string;
  readonly storage?: string;
  readonly onLog?: (line: string) => void;
}

export interface Sandbox {
  readonly url: string;
  readonly addresses: {
    readonly omnisend: string;
    readonly dataverse: string;
    readonly vault: string;
    readonly storage: string;
  };
  /** What time it is for the app and all that is outside; undefined: the machine's own. */
  readonly clock: FastClock | undefined;
  /** Kills a process of the app as a crash would, and starts it again; with another budget, if one is given. */
  restartApp(instance?: number, requestsPerMinute?: number): Promise<void>;
  errorTail(): string;
  stop(): Promise<void>;
}

const file = (path: string): string => new URL(path, import.meta.url).pathname;

/** Everything the outside world is, and the app with its host: each in a process of its own, all on this machine. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const closing: (() => Promise<unknown>)[] = [];
  const started = async <T>(
    given: T | undefined,
    start: () => Promise<{ value: T; stop: () => Promise<unknown> }>,
  ) => {
    if (given !== undefined) return given;
    const { value, stop } = await start();
    closing.push(stop);
    return value;
  };
  const server = (name: string, path: string, args: readonly string[]) => async () => {
    const running = await startProcess({ name, file: file(path), args, clock });
    return { value: running.url, stop: () => running.stop() };
  };
  const { rows, seed, requestsPerMinute, instances = 1, speed = 1 } = options;
  const clock = speed === 1 ? undefined : { speed, since: Date.now() };
  const stop = async (): Promise<void> => {
    for (const close of closing.reverse()) await close();
  };
  try {
    const [storage, omnisend, dataverse, vault] = await Promise.all([
      started(options.storage, async () => {
        const { folder } = options;
        const azurite = await startAzurite({ clock, ...(folder !== undefined && { folder }) });
        return { value: azurite.connectionString, stop: () => azurite.close() };
      }),
      started(
        options.omnisend,
        server('Omnisend', './omnisend/server.ts', [
          '--requests-per-minute',
          `${requestsPerMinute}`,
          '--seed',
          `${seed}`,
          ...(options.batchSeconds === undefined ? [] : ['--batch-seconds', options.batchSeconds]),
        ]),
      ),
      started(
        options.dataverse,
        server('Dataverse', './dataverse/server.ts', ['--rows', `${rows}`, '--seed', `${seed}`]),
      ),
      started(options.vault, server('Key Vault', './key-vault/server.ts', [])),
    ]);
    await seedStorage(storage);
    if (options.vault === undefined) await seedVault(vault);

    const env = {
      SANDBOX: 'true',
      API_ACCESS: 'key',
      AzureWebJobsStorage: storage,
      DATAVERSE_URL: dataverse,
      KEY_VAULT_URL: vault,
      OMNISEND_URL: options.omnisend ?? `${omnisend}/api`,
      // A receiver of one's own, to try notifications with.
      NOTIFY_HOSTS: '127.0.0.1,localhost',
      // The platform's own protocol for managed identities, served by the Dataverse simulator.
      IDENTITY_ENDPOINT: `${dataverse}/msi/token`,
      IDENTITY_HEADER: 'sandbox',
      AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
      // What V8 gives itself on the smallest Flex instance (512 MB): half of the memory. More here would hide a leak.
      NODE_OPTIONS: '--max-old-space-size=256',
    };
    const startApp = (instance: number, budget = requestsPerMinute) =>
      startProcess({
        name: 'The app',
        file: file('./host/server.ts'),
        args: [
          ...['--entry', options.entry, '--root', file('../../')],
          ...['--port', instance === 0 ? `${options.port}` : '0'],
          ...(instances > 1 ? ['--one-of-many'] : []),
        ],
        env: { ...env, REQUESTS_PER_MINUTE: `${budget}` },
        clock,
        ...(options.onLog && { onErrorLine: options.onLog }),
      });
    const first = await startApp(0);
    const apps = [first];
    closing.push(() => Promise.all(apps.map((app) => app.stop())));
    for (let instance = 1; instance < instances; instance += 1) apps.push(await startApp(instance));
    return {
      get url() {
        return (apps[0] ?? first).url;
      },
      addresses: { omnisend, dataverse, vault, storage },
      clock,
      async restartApp(instance = 0, budget = requestsPerMinute) {
        await apps[instance]?.stop('SIGKILL');
        apps[instance] = await startApp(instance, budget);
      },
      errorTail: () => apps.map((app) => app.errorTail()).join('\n'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Tables, queues and containers, as the templates make them in Azure, and the definitions. */
export async function seedStorage(connectionString: string): Promise<void> {
  const storage = openStorage({ kind: 'connection-string', value: connectionString });
  await storage.ensure();
  await storage.store.connections.insert(at.connection(sandboxConnection.definition.id), sandboxConnection);
  await storage.store.exports.insert(at.export(sandboxExport.id), savedExportOf(sandboxExport));
}

export async function seedVault(url: string): Promise<void> {
  const response = await fetch(`${url}/control/secrets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: sandboxConnection.secretName,
      value: seedKeys.full,
      tags: { [purposeTag]: namedKeyPurpose },
    }),
  });
  if (!response.ok) throw new Error(`The Key Vault simulator refused the seed: ${response.status}.`);
}

/** The app's own HTTP API, with the sandbox's function key. */
export async function callApp(
  sandbox: Pick<Sandbox, 'url'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`${sandbox.url}/api${path}`, {
    method,
    headers: { 'x-functions-key': sandboxKeys.function, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
}
