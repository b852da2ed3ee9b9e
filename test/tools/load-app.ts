import { createHook } from 'node:async_hooks';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type HookCallback, installCore, type Metadata, programmingModel } from '../sandbox/host/core.ts';

/**
 * `node test/tools/load-app.ts <bundle>`: the app as a worker loads it, and nothing more. Prints one line of JSON:
 * what it registered, which asynchronous work it began meanwhile, and the error if it failed. Ends by itself, unless
 * the app keeps the process alive.
 */
const [entry = 'dist/main.js'] = process.argv.slice(2);

const functions: Metadata[] = [];
const onStart: HookCallback[] = [];
installCore({
  registerFunction({ metadata }) {
    functions.push(metadata);
    return () => undefined;
  },
  registerHook(name, callback) {
    if (name === 'appStart') onStart.push(callback);
    return () => undefined;
  },
  log: (level, _category, message) => console.error(level, message),
});

// Reading the module itself is work too; what is left are sockets, look-ups, timers, processes and the like.
const ofLoading = new Set([
  'PROMISE',
  'TickObject',
  'Immediate',
  'Microtask',
  'FILEHANDLE',
  'FSREQPROMISE',
  'FSREQCALLBACK',
]);
const begun: string[] = [];
const watch = createHook({
  init(_id, type) {
    if (!ofLoading.has(type)) begun.push(type);
  },
});

// Node opens these when first looked at, which `import process from 'node:process'` does.
for (const stream of [process.stdin, process.stdout, process.stderr]) stream.listenerCount('error');

let fault: string | undefined;
watch.enable();
try {
  await import(pathToFileURL(resolve(entry)).href);
  await programmingModel()?.getCapabilities({});
  for (const hook of onStart) await hook({ hookData: {}, appHookData: {} });
} catch (error) {
  fault = error instanceof Error ? error.message : String(error);
}
watch.disable();
console.log(JSON.stringify({ functions, begun, ...(fault !== undefined && { fault }) }));
