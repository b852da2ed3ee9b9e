import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { infraFolder } from '../bicep.ts';
import { run } from '../compiler.ts';

const command = fileURLToPath(new URL('./command.sh', import.meta.url));

/** Answers: the first row that a call begins with. Its replies go one after the other, the last again and again. */
export type Table = readonly { readonly begins: string; readonly replies: readonly Reply[] }[];
interface Reply {
  readonly out?: string;
  readonly code?: number;
}

interface Call {
  /** The whole call in one line. */
  readonly words: string;
  /** The variable that parameter files read, or `unset`. */
  readonly keyWriter: string;
  /** What `--file` held. */
  readonly file: string;
  /** The other variable that parameter files read, or `unset`. */
  readonly registration: string;
}

interface Told {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
  /** Calls of the commands that are stood in for, in order. */
  readonly calls: readonly Call[];
  /** The same without their options: `az deployment group create`. */
  readonly verbs: readonly string[];
}

export interface Shell {
  /** A folder of its own. */
  readonly folder: string;
  run(
    script: string,
    args: readonly string[],
    options?: {
      readonly table?: Table;
      readonly input?: string;
      readonly env?: Readonly<Record<string, string>>;
    },
  ): Promise<Told>;
  remove(): Promise<void>;
}

/** Runs the scripts of infra/ with `az` and `npm` stood in for. */
export async function openShell(): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'shell-'));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const name of ['az', 'npm']) await symlink(command, join(bin, name));
  let runs = 0;
  return {
    folder,
    async run(script, args, { table = [], input = '', env = {} } = {}) {
      runs += 1;
      const record = join(folder, `calls-${runs}`);
      const answers = join(folder, `table-${runs}`);
      await writeFile(record, '');
      await writeFile(answers, linesOf(table));
      const told = await run('bash', [join(infraFolder, script), ...args], {
        input,
        env: {
          PATH: `${bin}:${process.env.PATH}`,
          HOME: folder,
          STAND_IN_CALLS: record,
          STAND_IN_TABLE: answers,
          PAUSE_SECONDS: '0',
          ...env,
        },
      });
      const calls = callsIn(await readFile(record, 'utf8'));
      return { ...told, calls, verbs: calls.map(({ words }) => words.replace(/ -.*$/s, '')) };
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

const linesOf = (table: Table): string =>
  table
    .filter(({ begins }, index) => table.findIndex((row) => row.begins === begins) === index)
    .flatMap(({ begins, replies }) =>
      replies.map(({ code = 0, out = '' }) => `${begins}\t${code}\t${out.replaceAll('\n', '\\n')}\n`),
    )
    .join('');

const callsIn = (text: string): readonly Call[] =>
  text
    .split('\x1e')
    .filter(Boolean)
    .map((line) => {
      const [argv = '', keyWriter = '', file = '', registration = ''] = line.split('\x1f\x1f');
      return { words: argv.replaceAll('\x1f', ' '), keyWriter, file, registration };
    });
