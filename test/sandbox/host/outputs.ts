import type { TypedData } from './core.ts';
import type { Outputs } from './invoke.ts';
import { outputMessages, sendOutput } from './queue-output.ts';
import type { LoadedFunction } from './registrations.ts';
import { resolveConnection, resolvePlaceholders, type Settings } from './settings.ts';

/** Sends the values of queue output bindings, `$return` among them, in the order of the bindings. */
export function createOutputSender(
  settings: Settings,
  encoding: 'base64' | 'none',
): (target: LoadedFunction, outputs: Outputs) => Promise<void> {
  return async (target, outputs) => {
    for (const [name, binding] of Object.entries(target.registration.metadata.bindings)) {
      if (binding.direction !== 'out' || binding.type.toLowerCase() !== 'queue') continue;
      const texts = outputMessages(outputValue(name, outputs));
      if (texts.length === 0) continue;
      const queueName = resolvePlaceholders(String(binding.queueName), settings);
      if (queueName.kind === 'fault') throw new Error(queueName.fault);
      const connection = resolveConnection(optionalText(binding.connection), settings);
      if (connection.kind === 'fault') throw new Error(connection.fault);
      const { QueueServiceClient } = await import('@azure/storage-queue');
      const service = QueueServiceClient.fromConnectionString(connection.value);
      await sendOutput(service.getQueueClient(queueName.value), texts, encoding);
    }
  };
}

function outputValue(name: string, outputs: Outputs): TypedData | null | undefined {
  return name === '$return'
    ? outputs.returnValue
    : outputs.outputData?.find((output) => output.name === name)?.data;
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
