import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const loadApp = path('./tools/load-app.ts');

const metafile = z.object({
  inputs: z.record(z.string(), z.unknown()),
});

export interface Bundle {
  /** Holds what is deployed, and lies outside the checkout. */
  readonly folder: string;
  readonly entry: string;
  /** Paths of the modules in it, from the root of the project. */
  readonly modules: readonly string[];
  remove(): Promise<void>;
}

/** Builds the app as it is deployed into an empty folder of its own. */
export async function buildBundle(): Promise<Bundle> {
  const parent = await mkdtemp(join(tmpdir(), 'bundle-'));
  const folder = join(parent, 'app');
  const meta = join(parent, 'meta.json');
  await promisify(execFile)(process.execPath, [
    path('./tools/build.ts'),
    '--out',
    folder,
    '--metafile',
    meta,
  ]);
  await copyFile(path('../host.json'), join(folder, 'host.json'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const { inputs } = metafile.parse(JSON.parse(await readFile(meta, 'utf8')));
  return {
    folder,
    entry: join(folder, 'main.js'),
    modules: Object.keys(inputs),
    remove: () => rm(parent, { recursive: true }),
  };
}

/** Settings with which the app starts; nothing listens there. */
export const rightSettings = {
  SANDBOX: 'true',
  API_ACCESS: 'key',
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  DATAVERSE_URL: 'http://127.0.0.1:1',
  KEY_VAULT_URL: 'http://127.0.0.1:2',
} as const;

/** Arguments for Node that load an app with nothing in reach but its own folder. */
export const loadArguments = (folder: string, entry: string): readonly string[] => [
  '--permission',
  ...[`${folder}/`, loadApp, path('./sandbox/host/core.ts')].map((allowed) => `--allow-fs-read=${allowed}`),
  loadApp,
  entry,
];
