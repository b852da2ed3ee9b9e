import type { StorageQueueHandler } from '@azure/functions';
import type { z } from 'zod';

/**
 * Parse, call one step. A message that does not hold to its schema throws: the queue's own retries move it to the
 * poison queue, where `poisoned` says so.
 */
export const queueStep =
  <M>(schema: z.ZodType<M>, step: (message: M) => Promise<void>): StorageQueueHandler =>
  async (message) =>
    step(schema.parse(message));

/**
 * What a message that failed for good means. Never throws: a message of a poison queue whose function fails stays
 * hidden for ten minutes and comes back without end.
 */
export const poisoned =
  <M>(schema: z.ZodType<M>, poison: (message: M) => Promise<void>): StorageQueueHandler =>
  async (message, context) => {
    const parsed = schema.safeParse(message);
    if (!parsed.success) {
      context.error(`A message of ${context.functionName} cannot be read; nothing waits for it.`);
      return;
    }
    try {
      await poison(parsed.data);
    } catch (error) {
      context.error(`${context.functionName} failed; the supervisor goes on. ${nameOf(error)}`);
    }
  };

const nameOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.name) : 'unknown');
