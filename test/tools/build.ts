import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../', import.meta.url));

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(await readFile(`${root}package.json`, 'utf8')));

await rm(`${root}dist`, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: [`${root}functions/main.ts`],
  outfile: `${root}dist/main.js`,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  keepNames: true,
  legalComments: 'linked',
  metafile: true,
  // The worker itself provides this module.
  external: ['@azure/functions-core'],
  define: { APP_VERSION: JSON.stringify(version) },
  // Bundled CommonJS packages ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(`dist/main.js: ${Object.keys(metafile.inputs).length} modules, ${Math.round(bytes / 1024)} KB`);
