import { execFile } from 'node:child_process';

export interface Compiler {
  readonly file: string;
  /** Before a command of the compiler: `az` needs `bicep`. */
  readonly prefix: readonly string[];
  readonly isAzureCli: boolean;
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** Waits at most a minute. A file that cannot be started ends with 127. */
export const run = (
  file: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string | undefined>>; readonly input?: string } = {},
): Promise<Ended> =>
  new Promise((resolve) => {
    const settings = { timeout: 60_000, maxBuffer: 2 ** 26, ...(options.env && { env: options.env }) };
    const child = execFile(file, args, settings, (error, out, errors) =>
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 127, out, errors }),
    );
    // A process that does not read its input is none of our faults.
    child.stdin?.on('error', () => undefined).end(options.input ?? '');
  });

/** The setting BICEP, else `bicep` on the path, else the Azure CLI's own. */
export async function findCompiler(env: NodeJS.ProcessEnv): Promise<Compiler | undefined> {
  const candidates: readonly Compiler[] = [
    ...(env.BICEP ? [{ file: env.BICEP, prefix: [], isAzureCli: false }] : []),
    { file: 'bicep', prefix: [], isAzureCli: false },
    { file: 'az', prefix: ['bicep'], isAzureCli: true },
  ];
  for (const candidate of candidates) {
    const ask = candidate.isAzureCli ? 'version' : '--version';
    const { code, out } = await run(candidate.file, [...candidate.prefix, ask], { env });
    if (code === 0 && /Bicep CLI version/.test(out)) return candidate;
  }
  return undefined;
}

export interface Compiled {
  readonly text: string;
  /** Warnings and errors; the compiler's exit code alone is 0 for a wrong property. */
  readonly complaints: readonly string[];
}

/** Builds and lints one file, a parameter file too. */
export async function compile(compiler: Compiler, path: string): Promise<Compiled> {
  const isParameters = path.endsWith('.bicepparam');
  const name = compiler.isAzureCli ? ['--file', path] : [path];
  const built = await call(compiler, [isParameters ? 'build-params' : 'build', ...name, '--stdout']);
  const linted = isParameters ? undefined : await call(compiler, ['lint', ...name]);
  return { text: built.out, complaints: [...built.complaints, ...(linted?.complaints ?? [])] };
}

async function call({ file, prefix }: Compiler, args: readonly string[]) {
  const { code, out, errors } = await run(file, [...prefix, ...args], { env: process.env });
  const lines = `${errors}\n${args[0] === 'lint' ? out : ''}`.split('\n');
  // The Azure CLI says so when there is a newer compiler; that is nothing about the file.
  const complaints = lines.filter(
    (line) => /\b(?:Warning|Error)\b/i.test(line) && !/new Bicep release/.test(line),
  );
  if (code !== 0 && complaints.length === 0) complaints.push(`${args[0]} ended with ${code}: ${errors}`);
  return { out, complaints };
}
