import { parseArgs } from 'node:util';
import { type Command, run, usage } from './definitions/commands.ts';

/** `npm run definitions -- schema|validate|apply|export DIR --url URL`: exports and the refresh schedule as files. */
const around = {
  environment: process.env,
  print: (line: string) => console.log(line),
  fail: (line: string) => console.error(line),
};
const command = commandIn(process.argv.slice(2));
if (command === null) around.fail(usage);
process.exitCode = command === null ? 2 : await run(command, around);

/** `null`: an option is unknown, or lacks its value. */
function commandIn(args: readonly string[]): Command | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { url: { type: 'string' } },
    });
    const [name = '', folder = ''] = positionals;
    return { command: name, folder, url: values.url };
  } catch {
    return null;
  }
}
