import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { createAdmin } from './admin.ts';
import { createClock, waitReal } from './clock.ts';
import { installCore, programmingModel } from './core.ts';
import { type HostOptions, readHostJson } from './host-json.ts';
import { type HttpFunction, startHttpServer } from './http-server.ts';
import { createInFlight } from './in-flight.ts';
import { createInvoke } from './invoke.ts';
import { type Keys, sandboxKeys } from './keys.ts';
import { errorText, type HostLog, stampLogs } from './logs.ts';
import { watchMemory } from './memory.ts';
import { createOutputSender } from './outputs.ts';
import { runQueueText, startQueues } from './queues.ts';
import {
  createRegistry,
  type Loaded,
  type LoadedFunction,
  loadFunctions,
  type Registry,
} from './registrations.ts';
import { startTimers } from './timers.ts';

export type HostStart = {
  /** Absolute path of the app's bundle or .ts entry; imported once per call. */
  readonly entry: string;
  /** Folder of host.json. */
  readonly root: string;
  /** App settings; they become the environment, which is how the real worker gets them. */
  readonly settings: Readonly<Record<string, string>>;
  /** 0 takes a free one. */
  readonly httpPort: number;
  readonly keys?: Keys;
  readonly log: (line: HostLog) => void;
  /** Divides lock, polling and timer times; 1 is real. */
  readonly speed?: number;
  readonly drainSeconds?: number;
  /** Other hosts run on the same storage: a timer then needs its lease, which costs up to two minutes after a crash. */
  readonly isOneOfMany?: boolean;
  /** Called after a functionTimeout. The real host replaces its worker then, in which every other run dies. */
  readonly onTimeout?: () => void;
};

export type FunctionInfo =
  | { readonly kind: 'http' | 'queue' | 'timer'; readonly name: string }
  | { readonly kind: 'disabled'; readonly name: string; readonly fault: string };

export type Host = {
  readonly url: string;
  readonly functions: readonly FunctionInfo[];
  /** Milliseconds that the import of the entry and its appStart hooks took. */
  readonly loadMilliseconds: number;
  /** Milliseconds from the start of the process to the end of that. */
  readonly registeredMilliseconds: number;
  /** As SIGTERM: HTTP closes, queues still fetch while runs in flight get up to `drainSeconds` (10), then appTerminate. */
  stop(): Promise<void>;
  /** As after a crash of the worker: every message in flight is shown again at once. */
  releaseMessages(): Promise<void>;
};

/** Longest wait for appTerminate hooks. */
const terminateMilliseconds = 30_000;
// The real host stays up without any function when its host.json or the app's entry file is at fault.
const noOptions: HostOptions = {
  routePrefix: 'api',
  customHeaders: {},
  functionTimeoutSeconds: undefined,
  queues: {
    batchSize: 16,
    newBatchThreshold: 16,
    maxDequeueCount: 5,
    visibilityTimeoutSeconds: 0,
    maxPollingIntervalMilliseconds: 60_000,
    messageEncoding: 'base64',
  },
};
let starts = 0;

export async function startHost(start: HostStart): Promise<Host> {
  const writeLog = stampLogs(start.log, Date.now);
  const memory = watchMemory();
  const clock = createClock(start.speed ?? 1, Date.now);
  const { track, idle } = createInFlight();
  const hostJson = await readHostJson(start.root, availableParallelism());
  const options = hostJson.kind === 'options' ? hostJson.options : noOptions;
  const fault = hostJson.kind === 'fault' ? hostJson.fault : undefined;
  if (fault !== undefined) writeLog({ level: 'error', category: 'Host.Startup', message: fault });

  const loadStart = performance.now();
  const appHookData: Record<string, unknown> = {};
  const registry = createRegistry(writeLog);
  const loaded = fault === undefined ? await load() : [];
  const registeredMilliseconds = Math.round(performance.now());
  const loadMilliseconds = registeredMilliseconds - Math.round(loadStart);

  async function load(): Promise<readonly Loaded[]> {
    installCore(registry);
    Object.assign(process.env, start.settings);
    if (!(await importEntry())) return [];
    const found = loadFunctions(registry.registrations, start.settings, options.routePrefix);
    for (const one of found) {
      if (one.kind !== 'disabled') continue;
      const message = `The '${one.name}' function is in error: ${one.fault}`;
      writeLog({ level: 'error', category: 'Host.Startup', message });
    }
    return found;
  }

  async function importEntry(): Promise<boolean> {
    try {
      // A second host of the same process loads the entry again, though not the modules that it shares.
      starts += 1;
      const query = starts === 1 ? '' : `?start=${starts}`;
      await import(/* @vite-ignore */ `${pathToFileURL(start.entry).href}${query}`);
      await programmingModel()?.getCapabilities({});
      registry.close();
      await runHooks(registry, 'appStart', appHookData);
      return true;
    } catch (error) {
      registry.close();
      const message = `Worker was unable to load entry point "${start.entry}": ${errorText(error)}`;
      writeLog({ level: 'error', category: 'Worker.System', message });
      return false;
    }
  }

  const functions = loaded.flatMap((one) => (one.kind === 'function' ? [one.function] : []));
  const invoke = createInvoke({
    model: programmingModel,
    hooks: registry.hooks,
    appHookData,
    functionTimeoutSeconds: options.functionTimeoutSeconds,
    writeLog,
    now: () => performance.now(),
    sendOutputs: createOutputSender(start.settings, options.queues.messageEncoding),
    onTimeout: () => {
      if (start.onTimeout === undefined) return;
      // The worker is lost; it must not take the message again that its time-out has just released.
      queues.stopFetching();
      start.onTimeout();
    },
  });
  const shared = { functions, settings: start.settings, clock, invoke, track, writeLog };
  const timers = await startTimers({ ...shared, isOneOfMany: start.isOneOfMany ?? false });
  const queues = await startQueues({ ...shared, options: options.queues, random: Math.random });
  const http = await startHttpServer({
    port: start.httpPort,
    keys: start.keys ?? sandboxKeys,
    functions: functions.flatMap(httpFunction),
    customHeaders: options.customHeaders,
    fault,
    run: (target, data) =>
      invoke(target, {
        reason: 'This function was programmatically called via the host APIs.',
        data: { http: data },
        triggerMetadata: {},
      }),
    admin: createAdmin({
      state: () => ({
        state: fault === undefined ? 'Running' : 'Error',
        errors: fault === undefined ? [] : [fault],
      }),
      functionNames: functions.map(({ name }) => name),
      memory,
      runTimer: timers.runNow,
      runQueue: (name, text) => runQueueText(shared, name, text),
    }),
    track,
    writeLog,
  });

  async function stop(): Promise<void> {
    http.close();
    const drained = new AbortController();
    const limit = waitReal((start.drainSeconds ?? 10) * 1000, drained.signal).then(() => 'cut-off' as const);
    const end = await Promise.race([idle().then(() => 'idle' as const), limit]);
    drained.abort();
    queues.stop();
    await timers.stop();
    if (end === 'cut-off') {
      const message = 'Host did not shutdown within its allotted time.';
      writeLog({ level: 'warning', category: 'Host.Shutdown', message });
    }
    const terminated = new AbortController();
    await Promise.race([
      runHooks(registry, 'appTerminate', appHookData).catch((error: unknown) =>
        writeLog({ level: 'error', category: 'Worker.System', message: errorText(error) }),
      ),
      waitReal(terminateMilliseconds, terminated.signal),
    ]);
    terminated.abort();
    http.destroy();
    memory.stop();
  }

  let stopping: Promise<void> | undefined;
  return {
    url: http.url,
    functions: loaded.map(info),
    loadMilliseconds,
    registeredMilliseconds,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
    releaseMessages: queues.releaseAll,
  };
}

async function runHooks(
  registry: Registry,
  name: 'appStart' | 'appTerminate',
  appHookData: Record<string, unknown>,
): Promise<void> {
  // App-level hooks and invocation hooks see the same object, the latter as `appHookData`.
  for (const hook of registry.hooks[name]) await hook({ hookData: appHookData, appHookData });
}

function httpFunction(loaded: LoadedFunction): readonly HttpFunction[] {
  const { trigger } = loaded;
  return trigger.kind === 'http' ? [{ ...loaded, trigger }] : [];
}

function info(loaded: Loaded): FunctionInfo {
  return loaded.kind === 'disabled'
    ? { kind: 'disabled', name: loaded.name, fault: loaded.fault }
    : { kind: loaded.function.trigger.kind, name: loaded.function.name };
}
