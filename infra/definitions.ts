import { parseArgs } from 'node:util';
import { run } from './definitions/commands.ts';

/** `npm run definitions -- schema|validate|apply|export DIR --url URL`: exports and the refresh schedule as files. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { url: { type: 'string' } },
});
const [command = '', folder = ''] = positionals;
process.exitCode = await run(
  { command, folder, url: values.url },
  { environment: process.env, print: (line) => console.log(line), fail: (line) => console.error(line) },
);
