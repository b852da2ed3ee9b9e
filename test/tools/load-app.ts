import { Socket } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type CoreReceiver,
  type HookCallback,
  installCore,
  type Metadata,
  programmingModel,
} from '../sandbox/host/core.ts';

/**
 * `node test/tools/load-app.ts <bundle>`: the app as a worker loads it, and nothing more. Prints one line of JSON with
 * what it registered and what it did meanwhile; ends by itself, unless the app keeps the process alive.
 */
const [entry = 'dist/main.js'] = process.argv.slice(2);

const functions: Metadata[] = [];
const onStart: HookCallback[] = [];
const receiver: CoreReceiver = {
  registerFunction({ metadata }) {
    functions.push(metadata);
    return () => undefined;
  },
  registerHook(name, callback) {
    if (name === 'appStart') onStart.push(callback);
    return () => undefined;
  },
  log: (level, _category, message) => console.error(level, message),
};

let connections = 0;
let timers = 0;
const connect = Socket.prototype.connect;
Socket.prototype.connect = new Proxy(connect, {
  apply(target, self, args) {
    connections += 1;
    return Reflect.apply(target, self, args);
  },
});
for (const name of ['setTimeout', 'setInterval'] as const) {
  globalThis[name] = new Proxy(globalThis[name], {
    apply(target, self, args) {
      timers += 1;
      return Reflect.apply(target, self, args);
    },
  });
}

installCore(receiver);
let fault: string | undefined;
try {
  await import(pathToFileURL(resolve(entry)).href);
  await programmingModel()?.getCapabilities({});
  for (const hook of onStart) await hook({ hookData: {}, appHookData: {} });
} catch (error) {
  fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
}
console.log(JSON.stringify({ functions, connections, timers, fault }));
