import type { HostClock } from './clock.ts';
import type { TypedData } from './core.ts';
import type { QueueOptions } from './host-json.ts';
import type { Invoke } from './invoke.ts';
import type { WriteLog } from './logs.ts';
import { type QueueListener, startQueueListener } from './queue-listener.ts';
import { messageMetadata } from './queue-message.ts';
import { type LoadedFunction, queueNameFault } from './registrations.ts';

type Shared = {
  readonly functions: readonly LoadedFunction[];
  readonly clock: HostClock;
  readonly invoke: Invoke;
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  readonly writeLog: WriteLog;
};

/** Storage retries multiply with the listener's own back-off, so they stay few. */
const retryOptions = { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 1000 };

export async function startQueues(
  shared: Shared & { readonly options: QueueOptions; readonly random: () => number },
): Promise<QueueListener> {
  const { clock, invoke, track, writeLog, options: settings, random } = shared;
  if (!shared.functions.some(({ trigger }) => trigger.kind === 'queue')) {
    return { stop: () => undefined, stopFetching: () => undefined, releaseAll: async () => undefined };
  }
  // Loaded only now: the app's own start is measured, and the host's clients are no part of it.
  const { QueueServiceClient } = await import('@azure/storage-queue');
  const listeners = shared.functions.flatMap((target) => {
    if (target.trigger.kind !== 'queue') return [];
    const { queueName, connectionString } = target.trigger;
    const service = QueueServiceClient.fromConnectionString(connectionString, { retryOptions });
    const poisonName = poisonQueueName(queueName);
    const listener = startQueueListener({
      queue: service.getQueueClient(queueName),
      poisonQueue: poisonName === undefined ? undefined : service.getQueueClient(poisonName),
      settings,
      clock,
      random,
      track,
      writeLog,
      run: async (text, message) => {
        const result = await invoke(target, {
          reason: `New queue message detected on '${queueName}'.`,
          data: { string: text },
          triggerMetadata: messageMetadata(text, {
            id: message.messageId,
            popReceipt: message.popReceipt,
            dequeueCount: message.dequeueCount,
            insertedOn: message.insertedOn,
            expiresOn: message.expiresOn,
            nextVisibleOn: message.nextVisibleOn,
          }),
        });
        return result.kind;
      },
    });
    return [listener];
  });
  return {
    stopFetching: () => {
      for (const listener of listeners) listener.stopFetching();
    },
    stop: () => {
      for (const listener of listeners) listener.stop();
    },
    releaseAll: async () => {
      await Promise.all(listeners.map((listener) => listener.releaseAll()));
    },
  };
}

/** Undefined where the real host has no poison queue: for a poison queue itself, and where the name gets too long. */
export function poisonQueueName(queueName: string): string | undefined {
  if (queueName.endsWith('-poison')) return undefined;
  const name = `${queueName}-poison`;
  return queueNameFault(name) === undefined ? name : undefined;
}

/** Runs a queue function with a text that no queue holds; false when there is no such function. */
export function runQueueText(shared: Shared, name: string, text: string): boolean {
  const target = shared.functions.find((one) => one.name === name && one.trigger.kind === 'queue');
  if (target === undefined) return false;
  const data: TypedData = { string: text };
  const reason = 'This function was programmatically called via the host APIs.';
  void shared.track(shared.invoke(target, { reason, data, triggerMetadata: { QueueTrigger: data } }));
  return true;
}
