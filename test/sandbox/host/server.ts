import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { format, parseArgs } from 'node:util';
import { type Host, startHost } from './host.ts';
import { sandboxKeys } from './keys.ts';
import { errorText, type HostLog, type LogLevel } from './logs.ts';

/**
 * `node test/sandbox/host/server.ts --entry dist/main.js --port 7071`: the app in a process of its own. Settings are
 * the environment; logs are JSON lines on standard error; the one line on standard output says where it listens.
 */
const { values } = parseArgs({
  options: {
    entry: { type: 'string', default: 'dist/main.js' },
    root: { type: 'string', default: '.' },
    port: { type: 'string', default: '7071' },
    speed: { type: 'string', default: '1' },
    'drain-seconds': { type: 'string', default: '10' },
    /** Other hosts run on the same storage. */
    'one-of-many': { type: 'boolean', default: false },
    'function-key': { type: 'string', default: sandboxKeys.function },
    'master-key': { type: 'string', default: sandboxKeys.master },
    /** The least level that is written. */
    'log-level': { type: 'string', default: 'information' },
  },
});

const levels: readonly string[] = ['trace', 'debug', 'information', 'warning', 'error', 'critical'];
const leastLevel = levels.indexOf(values['log-level']);

function log(line: HostLog): void {
  if (levels.indexOf(line.level) >= leastLevel) process.stderr.write(`${JSON.stringify(line)}\n`);
}

function logConsole(level: LogLevel): (...args: unknown[]) => void {
  return (...args) =>
    log({
      time: new Date().toISOString(),
      level,
      category: 'Host.Function.Console',
      message: format(...args),
    });
}

// What the app prints is a log, as with the real host; standard output stays for the one line.
console.log = logConsole('information');
console.info = logConsole('information');
console.debug = logConsole('information');
console.warn = logConsole('warning');
console.error = logConsole('error');

let host: Host | undefined;
let ending = false;

async function stop(): Promise<void> {
  if (ending) return;
  ending = true;
  await host?.stop();
  process.exit(0);
}

/**
 * The real host outlives its worker, releases the worker's messages and starts another one. One process cannot replace
 * itself, so it releases them and ends; whoever started it starts it again.
 */
async function crash(reason: string, graceMilliseconds: number): Promise<void> {
  if (ending) return;
  ending = true;
  logConsole('error')(reason);
  await delay(graceMilliseconds);
  await Promise.race([host?.releaseMessages(), delay(2000)]);
  process.exit(1);
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('uncaughtException', (error) => crash(`Worker crashed: ${errorText(error)}`, 0));
process.on('unhandledRejection', (error) => crash(`Worker crashed: ${errorText(error)}`, 0));

const settings = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);
host = await startHost({
  entry: resolve(values.entry),
  root: resolve(values.root),
  settings,
  httpPort: Number(values.port),
  keys: { function: values['function-key'], master: values['master-key'] },
  log,
  speed: Number(values.speed),
  drainSeconds: Number(values['drain-seconds']),
  isOneOfMany: values['one-of-many'],
  // Two seconds of grace between the time-out and the end of the worker, as observed.
  onTimeout: () => void crash('A function ran longer than functionTimeout; the worker ends.', 2000),
});
const ready = {
  listening: host.url,
  functions: host.functions.filter(({ kind }) => kind !== 'disabled').map(({ name }) => name),
  registeredMilliseconds: host.registeredMilliseconds,
  loadMilliseconds: host.loadMilliseconds,
};
process.stdout.write(`${JSON.stringify(ready)}\n`);
