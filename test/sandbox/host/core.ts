import { registerHooks } from 'node:module';
import type { LogLevel } from './logs.ts';

/**
 * The object that `@azure/functions` gets for `require('@azure/functions-core')`: the contract between the library
 * and the process that runs it. https://github.com/Azure/azure-functions-nodejs-library/tree/v4.x/src
 */
export type TypedData = {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: HttpData;
};

export type HttpData = {
  readonly method?: string;
  readonly url?: string;
  readonly nullableHeaders?: Readonly<Record<string, { readonly value: string }>>;
  readonly nullableQuery?: Readonly<Record<string, { readonly value: string }>>;
  readonly nullableParams?: Readonly<Record<string, { readonly value: string }>>;
  readonly statusCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly HttpCookie[];
  readonly body?: TypedData | null;
};

export type HttpCookie = {
  readonly name: string;
  readonly value: string;
  readonly domain?: { readonly value: string };
  readonly path?: { readonly value: string };
  readonly expires?: { readonly value: { readonly seconds: number } };
  readonly secure?: { readonly value: boolean };
  readonly httpOnly?: { readonly value: boolean };
  readonly sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone';
  readonly maxAge?: { readonly value: number };
};

export type Binding = {
  readonly type: string;
  readonly direction: string;
  readonly [option: string]: unknown;
};
export type Metadata = {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Readonly<Record<string, Binding>>;
};
export type FunctionCallback = (...inputs: unknown[]) => unknown;
export type Registration = { readonly metadata: Metadata; readonly callback: FunctionCallback };

export const hookNames = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const;
export type HookName = (typeof hookNames)[number];
export type HookCallback = (context: unknown) => unknown;

export type InvocationState = 'preInvocationHooks' | 'invocation' | 'postInvocationHooks';
export type LogCategory = 'user' | 'system';
export type CoreContext = {
  readonly invocationId: string;
  readonly request: {
    readonly invocationId: string;
    readonly functionId: string;
    readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
    readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  };
  readonly metadata: Metadata;
  state: InvocationState | undefined;
  readonly log: (level: LogLevel, category: LogCategory, message: string) => void;
};
export type InvocationModel = {
  getArguments(): Promise<{ readonly context: unknown; readonly inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(
    context: unknown,
    result: unknown,
  ): Promise<{
    readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[];
    readonly returnValue?: TypedData | null;
  }>;
};
export type ProgrammingModel = {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreContext): InvocationModel;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
};

/** What one host receives from the app that it loads. */
export type CoreReceiver = {
  registerFunction(registration: Registration): () => void;
  registerHook(name: HookName, callback: HookCallback): () => void;
  log(level: LogLevel, category: LogCategory, message: string): void;
};

class Disposable {
  static from(...parts: readonly { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const part of parts) part.dispose();
    });
  }

  readonly #undo: () => void;
  constructor(undo: () => void) {
    this.#undo = undo;
  }
  dispose(): void {
    this.#undo();
  }
}

let receiver: CoreReceiver | undefined;
let model: ProgrammingModel | undefined;

// The library looks the core up once and keeps it, so one process has one core that points to its newest host.
const core = {
  version: '4.1037.0',
  hostVersion: '4.1037.0',
  Disposable,
  registerFunction(metadata: Metadata, callback: FunctionCallback): Disposable {
    return new Disposable(currentReceiver().registerFunction({ metadata, callback }));
  },
  registerHook(name: string, callback: HookCallback): Disposable {
    const known = hookNames.find((hook) => hook === name);
    if (known === undefined) throw new RangeError(`Unrecognized hook "${name}"`);
    return new Disposable(currentReceiver().registerHook(known, callback));
  },
  setProgrammingModel(value: ProgrammingModel): void {
    model = value;
  },
  getProgrammingModel(): ProgrammingModel | undefined {
    return model;
  },
  log(level: LogLevel, category: LogCategory, message: string): void {
    receiver?.log(level, category, message);
  },
};

function currentReceiver(): CoreReceiver {
  if (receiver === undefined) throw new Error('No host is started in this process.');
  return receiver;
}

const specifier = '@azure/functions-core';
const coreUrl = 'sandbox:functions-core';
const globalName = 'sandbox.functions-core';
let installed = false;

/** Answers the one specifier for `import` and `require`; must run before any module of the app is loaded. */
export function installCore(newest: CoreReceiver): void {
  receiver = newest;
  if (installed) return;
  installed = true;
  Object.defineProperty(globalThis, Symbol.for(globalName), { value: core });
  registerHooks({
    resolve: (requested, context, next) =>
      requested === specifier
        ? { url: coreUrl, format: 'commonjs', shortCircuit: true }
        : next(requested, context),
    load: (url, context, next) =>
      url === coreUrl
        ? {
            format: 'commonjs',
            shortCircuit: true,
            source: `module.exports = globalThis[Symbol.for('${globalName}')];`,
          }
        : next(url, context),
  });
}

/** The model that the app's library has set; undefined when nothing was registered yet. */
export function programmingModel(): ProgrammingModel | undefined {
  return model;
}
