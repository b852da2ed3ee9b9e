import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { type FastClock, underClock } from './fast-clock.ts';

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type RunningProcess<Ready> = {
  readonly name: string;
  readonly pid: number;
  /** What the process said when it was ready. */
  readonly ready: Ready;
  readonly exited: Promise<Exit>;
  /** The last lines of standard error, for messages about failures. */
  errorTail(): string;
  /** Signals (SIGTERM unless said), waits for the end, and after `killAfterSeconds` (20) sends SIGKILL. */
  stop(signal?: NodeJS.Signals, killAfterSeconds?: number): Promise<Exit>;
};

type SpawnOptions<Ready> = {
  readonly name: string;
  readonly file: string;
  readonly args?: readonly string[];
  /** Laid over the environment of this process; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly startSeconds?: number;
  /** The clock that the process runs on; the machine's unless given. */
  readonly clock?: FastClock | undefined;
  readonly onErrorLine?: (line: string) => void;
  /** Looks at one line of standard output; anything but undefined means ready. */
  readonly readyLine: (line: string) => Ready | undefined;
};

const tailLines = 40;
const preload = new URL('./exit-with-parent.ts', import.meta.url).href;
const listeningLine = z.looseObject({ listening: z.url() });
export type Listening = z.infer<typeof listeningLine>;

/**
 * Starts a .ts file under this Node and waits for the JSON line `{"listening":"http://127.0.0.1:PORT",…}` on its
 * standard output. Lines before it that are something else are skipped. Throws with the tail of standard error when
 * the process ends first, or is not ready after `startSeconds` (30).
 */
export async function startProcess(
  options: Omit<SpawnOptions<Listening>, 'readyLine'>,
): Promise<RunningProcess<Listening> & { readonly url: string }> {
  const running = await spawnUntilReady({ ...options, readyLine: parseListening });
  return { ...running, url: running.ready.listening };
}

/** As `startProcess`, for programs that announce themselves in their own way. */
export async function spawnUntilReady<Ready>(options: SpawnOptions<Ready>): Promise<RunningProcess<Ready>> {
  const clock = underClock(options.clock);
  const args = [...clock.args, '--import', preload, options.file, ...(options.args ?? [])];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...clock.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const tail: string[] = [];
  const exited = exitOf(child);
  eachLine(child.stderr, (line) => {
    tail.push(line);
    if (tail.length > tailLines) tail.shift();
    options.onErrorLine?.(line);
  });

  const startSeconds = options.startSeconds ?? 30;
  const timer = new AbortController();
  const ready = await Promise.race([
    firstReady(child, options.readyLine),
    exited.then((exit) => `ended before it was ready (${exit.signal ?? exit.code})`),
    delay(startSeconds * 1000, timer.signal).then(() => `was not ready after ${startSeconds} s`),
  ]);
  timer.abort();
  if (typeof ready === 'string' || child.pid === undefined) {
    child.kill('SIGKILL');
    throw new Error(`${options.name} ${ready}\n${tail.join('\n')}`);
  }
  return {
    name: options.name,
    pid: child.pid,
    ready: ready.value,
    exited,
    errorTail: () => tail.join('\n'),
    stop: (signal = 'SIGTERM', killAfterSeconds = 20) => stop(child, exited, signal, killAfterSeconds),
  };
}

function firstReady<Ready>(
  child: ChildProcess,
  readyLine: (line: string) => Ready | undefined,
): Promise<{ readonly value: Ready }> {
  const { promise, resolve } = Promise.withResolvers<{ readonly value: Ready }>();
  // Read on after the ready line: a full pipe would block the child.
  eachLine(child.stdout, (line) => {
    const value = readyLine(line);
    if (value !== undefined) resolve({ value });
  });
  return promise;
}

function eachLine(input: Readable | null, onLine: (line: string) => void): void {
  if (input !== null) createInterface({ input }).on('line', onLine);
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  await Promise.race([once(child, 'exit'), once(child, 'error')]).catch(() => undefined);
  return { code: child.exitCode, signal: child.signalCode };
}

async function stop(
  child: ChildProcess,
  exited: Promise<Exit>,
  signal: NodeJS.Signals,
  killAfterSeconds: number,
): Promise<Exit> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  const kill = setTimeout(() => child.kill('SIGKILL'), killAfterSeconds * 1000);
  try {
    return await exited;
  } finally {
    clearTimeout(kill);
  }
}

function parseListening(line: string): Listening | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return listeningLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

async function delay(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener('abort', () => clearTimeout(timer));
  return promise;
}
