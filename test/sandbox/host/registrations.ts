import type { Binding, CoreReceiver, HookCallback, HookName, Registration } from './core.ts';
import type { WriteLog } from './logs.ts';
import { type ParsedRoute, parseRoute } from './routes.ts';
import { type ParsedSchedule, parseSchedule, shorterThanAMinute } from './schedule.ts';
import { resolveConnection, resolvePlaceholders, type Settings } from './settings.ts';

export type Trigger =
  | {
      readonly kind: 'http';
      readonly route: ParsedRoute;
      readonly methods: readonly string[];
      readonly authLevel: 'anonymous' | 'function' | 'admin';
    }
  | { readonly kind: 'queue'; readonly queueName: string; readonly connectionString: string }
  | {
      readonly kind: 'timer';
      readonly schedule: ParsedSchedule;
      readonly runOnStartup: boolean;
      /** Where the status blob lies; undefined without a monitor. */
      readonly monitor: string | undefined;
    };

export type LoadedFunction<T extends Trigger = Trigger> = {
  readonly name: string;
  /** Name of the trigger's binding. */
  readonly input: string;
  readonly registration: Registration;
  readonly trigger: T;
};
export type Loaded =
  | { readonly kind: 'function'; readonly function: LoadedFunction }
  | { readonly kind: 'disabled'; readonly name: string; readonly fault: string };

export type Registry = CoreReceiver & {
  readonly registrations: readonly Registration[];
  readonly hooks: Readonly<Record<HookName, readonly HookCallback[]>>;
  /** From now on a registration throws, as after the real start. */
  close(): void;
};

export function createRegistry(writeLog: WriteLog): Registry {
  const registrations: Registration[] = [];
  const hooks: Record<HookName, HookCallback[]> = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
    log: [],
  };
  let closed = false;
  return {
    registrations,
    hooks,
    registerFunction(registration) {
      if (closed) throw new Error('A function can only be registered during app startup.');
      const id = functionId(registration);
      if (registrations.some((other) => functionId(other) === id)) {
        throw new Error(`A function with id "${id}" has already been registered.`);
      }
      registrations.push(registration);
      return () => remove(registrations, registration);
    },
    registerHook(name, callback) {
      hooks[name].push(callback);
      return () => remove(hooks[name], callback);
    },
    log: (level, category, message) =>
      writeLog({ level, category: category === 'user' ? 'Function.User' : 'Worker.System', message }),
    close() {
      closed = true;
    },
  };
}

/** What of the app can run, in order of registration; what cannot is disabled with its fault, the others run. */
export function loadFunctions(
  registrations: readonly Registration[],
  settings: Settings,
  routePrefix: string,
): readonly Loaded[] {
  const routes = new Map<string, string>();
  return registrations.map((registration): Loaded => {
    const { name } = registration.metadata;
    const loaded = loadOne(registration, settings, routePrefix);
    if (loaded.kind === 'disabled' || loaded.function.trigger.kind !== 'http') return loaded;
    const { route, methods } = loaded.function.trigger;
    for (const method of methods) {
      const key = `${method} ${route.template.toLowerCase()}`;
      const owner = routes.get(key);
      if (owner !== undefined) {
        const fault = `The route specified conflicts with the route defined by function '${owner}'.`;
        return { kind: 'disabled', name, fault };
      }
    }
    for (const method of methods) routes.set(`${method} ${route.template.toLowerCase()}`, name);
    return loaded;
  });
}

function loadOne(registration: Registration, settings: Settings, routePrefix: string): Loaded {
  const { name, bindings } = registration.metadata;
  const disabled = (fault: string): Loaded => ({ kind: 'disabled', name, fault });
  // https://github.com/Azure/azure-functions-host: a letter, then letters, digits, '-' and '_'.
  if (!/^[a-z][a-z0-9_-]{0,126}$/i.test(name) || name.toLowerCase() === 'host') {
    return disabled(`'${name}' is not a valid function name.`);
  }
  if (/^(true|1)$/i.test(settings[`AzureWebJobs.${name}.Disabled`] ?? '')) {
    return disabled('The function is disabled by a setting.');
  }
  const found = Object.entries(bindings).find(([, binding]) => /trigger$/i.test(binding.type));
  if (!found) return disabled('No trigger binding.');
  const [input, binding] = found;
  const trigger = loadTrigger(name, binding, settings, routePrefix);
  return typeof trigger === 'string'
    ? disabled(trigger)
    : { kind: 'function', function: { name, input, registration, trigger } };
}

function loadTrigger(
  name: string,
  binding: Binding,
  settings: Settings,
  routePrefix: string,
): Trigger | string {
  switch (binding.type.toLowerCase()) {
    case 'httptrigger':
      return loadHttp(name, binding, routePrefix);
    case 'queuetrigger':
      return loadQueue(binding, settings);
    case 'timertrigger':
      return loadTimer(binding, settings);
    default:
      return `The sandbox host knows no trigger of type '${binding.type}'.`;
  }
}

function loadHttp(name: string, binding: Binding, routePrefix: string): Trigger | string {
  const own = (text(binding, 'route') ?? name).replace(/^\/+|\/+$/g, '');
  if (/^(admin|runtime)(\/|$)/i.test(own)) {
    return 'The specified route conflicts with one or more built in routes.';
  }
  const route = parseRoute(routePrefix === '' ? own : `${routePrefix}/${own}`);
  if (route.kind === 'fault') return route.fault;
  const listed = Array.isArray(binding.methods) ? binding.methods : [];
  const methods = (listed.length === 0 ? ['GET', 'POST'] : listed).map((method) =>
    String(method).toUpperCase(),
  );
  const level = text(binding, 'authLevel')?.toLowerCase();
  const authLevel = level === 'function' || level === 'admin' ? level : 'anonymous';
  return { kind: 'http', route: route.route, methods, authLevel };
}

function loadQueue(binding: Binding, settings: Settings): Trigger | string {
  const queueName = resolvePlaceholders(text(binding, 'queueName') ?? '', settings);
  if (queueName.kind === 'fault') return queueName.fault;
  const fault = queueNameFault(queueName.value);
  if (fault !== undefined) return fault;
  const connection = resolveConnection(text(binding, 'connection'), settings);
  if (connection.kind === 'fault') return connection.fault;
  return { kind: 'queue', queueName: queueName.value, connectionString: connection.value };
}

function loadTimer(binding: Binding, settings: Settings): Trigger | string {
  const schedule = resolvePlaceholders(text(binding, 'schedule') ?? '', settings);
  if (schedule.kind === 'fault') return schedule.fault;
  const parsed = parseSchedule(schedule.value, settings.TZ ?? 'UTC');
  if (parsed.kind === 'fault') return parsed.fault;
  const runOnStartup = binding.runOnStartup === true;
  const trigger = { kind: 'timer', schedule: parsed.schedule, runOnStartup } as const;
  // Below one minute the real host keeps no status, even when asked to.
  if (binding.useMonitor === false || shorterThanAMinute(parsed.schedule, Date.UTC(2026, 0, 1))) {
    return { ...trigger, monitor: undefined };
  }
  const storage = resolveConnection(undefined, settings);
  return storage.kind === 'fault' ? storage.fault : { ...trigger, monitor: storage.value };
}

/** https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata */
export function queueNameFault(name: string): string | undefined {
  const valid = /^[a-z0-9](?:-?[a-z0-9])*$/.test(name) && name.length >= 3 && name.length <= 63;
  return valid ? undefined : `'${name}' is not a valid queue name.`;
}

function functionId({ metadata }: Registration): string {
  return metadata.functionId ?? metadata.name;
}

function text(binding: Binding, option: string): string | undefined {
  const value = binding[option];
  return typeof value === 'string' ? value : undefined;
}

function remove<T>(list: T[], value: T): void {
  const at = list.indexOf(value);
  if (at >= 0) list.splice(at, 1);
}
