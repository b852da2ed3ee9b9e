import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CoreContext, HookCallback, HookName, ProgrammingModel, TypedData } from './core.ts';
import { errorText, type WriteLog } from './logs.ts';
import type { LoadedFunction } from './registrations.ts';

export type Invocation = {
  readonly reason: string;
  readonly data: TypedData;
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
};
export type InvocationResult =
  | { readonly kind: 'succeeded'; readonly returnValue: TypedData | null | undefined }
  | { readonly kind: 'failed'; readonly error: unknown };
export type Invoke = (target: LoadedFunction, invocation: Invocation) => Promise<InvocationResult>;

export type Outputs = {
  readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[];
  readonly returnValue?: TypedData | null;
};

type InvokeOptions = {
  readonly model: () => ProgrammingModel | undefined;
  readonly hooks: Readonly<Record<HookName, readonly HookCallback[]>>;
  readonly appHookData: Record<string, unknown>;
  readonly functionTimeoutSeconds: number | undefined;
  readonly writeLog: WriteLog;
  readonly now: () => number;
  /** Sends what output bindings are due; a throw makes the invocation a failure. */
  readonly sendOutputs: (target: LoadedFunction, outputs: Outputs) => Promise<void>;
  /** The real host replaces the whole worker process after a time-out, with every other run in it. */
  readonly onTimeout: () => void;
};

export function createInvoke(options: InvokeOptions): Invoke {
  const { writeLog, now } = options;
  return async (target, invocation) => {
    const invocationId = randomUUID();
    const category = `Function.${target.name}`;
    const start = now();
    const frame = `Functions.${target.name}`;
    writeLog({
      level: 'information',
      category,
      message: `Executing '${frame}' (Reason='${invocation.reason}', Id=${invocationId})`,
      invocationId,
    });
    const result = await withTimeout(
      options,
      target,
      invocationId,
      runOnce(options, target, invocation, invocationId),
    );
    const duration = `Duration=${Math.round(now() - start)}ms`;
    switch (result.kind) {
      case 'succeeded': {
        const message = `Executed '${frame}' (Succeeded, Id=${invocationId}, ${duration})`;
        writeLog({ level: 'information', category, message, invocationId });
        break;
      }
      case 'failed': {
        const message = `Executed '${frame}' (Failed, Id=${invocationId}, ${duration}) ${errorText(result.error)}`;
        writeLog({ level: 'error', category, message, invocationId });
        break;
      }
    }
    return result;
  };
}

async function runOnce(
  options: InvokeOptions,
  target: LoadedFunction,
  invocation: Invocation,
  invocationId: string,
): Promise<InvocationResult> {
  try {
    const model = options.model();
    if (model === undefined) throw new Error('The app has set no programming model.');
    const { hooks, appHookData } = options;
    const { metadata, callback } = target.registration;
    const hookData: Record<string, unknown> = {};
    let invocationContext: unknown;
    const core: CoreContext = {
      invocationId,
      request: {
        invocationId,
        functionId: metadata.functionId ?? metadata.name,
        inputData: [{ name: target.input, data: invocation.data }],
        triggerMetadata: invocation.triggerMetadata,
      },
      metadata,
      state: undefined,
      log: (level, category, message) => {
        const line = { level, category, message, hookData, appHookData, invocationContext };
        for (const hook of hooks.log) hook(line);
        options.writeLog({
          level: line.level,
          category: `Function.${target.name}${category === 'user' ? '.User' : ''}`,
          message: line.message,
          invocationId,
        });
      },
    };
    const invocationModel = model.getInvocationModel(core);
    const { context, inputs } = await invocationModel.getArguments();
    invocationContext = context;

    const before = { hookData, appHookData, invocationContext, functionCallback: callback, inputs };
    core.state = 'preInvocationHooks';
    for (const hook of hooks.preInvocation) await hook(before);

    const after: { result: unknown; error: unknown; readonly [key: string]: unknown } = {
      hookData,
      appHookData,
      invocationContext,
      inputs: before.inputs,
      result: undefined,
      error: undefined,
    };
    core.state = 'invocation';
    try {
      after.result = await invocationModel.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error ?? new Error(`Function threw ${String(error)}.`);
    }
    core.state = 'postInvocationHooks';
    for (const hook of hooks.postInvocation) await hook(after);
    core.state = undefined;
    if (after.error !== undefined && after.error !== null) return { kind: 'failed', error: after.error };

    const response = await invocationModel.getResponse(context, after.result);
    await options.sendOutputs(target, response);
    return { kind: 'succeeded', returnValue: response.returnValue };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

async function withTimeout(
  options: InvokeOptions,
  target: LoadedFunction,
  invocationId: string,
  run: Promise<InvocationResult>,
): Promise<InvocationResult> {
  const seconds = options.functionTimeoutSeconds;
  if (seconds === undefined) return run;
  const ended = new AbortController();
  const timeout = delay(seconds * 1000, undefined, { signal: ended.signal }).then(
    (): InvocationResult => {
      const message = `Timeout value of ${seconds} s exceeded by function 'Functions.${target.name}' (Id: '${invocationId}'). Initiating cancellation.`;
      options.writeLog({ level: 'error', category: 'Host.Results', message, invocationId });
      options.onTimeout();
      return { kind: 'failed', error: new Error(message) };
    },
    () => run,
  );
  try {
    return await Promise.race([run, timeout]);
  } finally {
    ended.abort();
  }
}
