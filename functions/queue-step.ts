import type { StorageQueueHandler } from '@azure/functions';
import type { z } from 'zod';
import type { PoisonTrouble } from '../shared/steps/poison.ts';

/**
 * Parse, call one step. A message that does not hold to its schema throws: the queue's own retries move it to the
 * poison queue, where `poisoned` says so.
 */
export const queueStep =
  <M>(schema: z.ZodType<M>, step: (message: M) => Promise<void>): StorageQueueHandler =>
  async (message) =>
    step(schema.parse(message));

/**
 * What a message that failed for good means; `tell` is told why one had no effect. Never throws: a message of a poison
 * queue whose function fails stays hidden for ten minutes and comes back without end.
 */
export const poisoned =
  <M>(
    schema: z.ZodType<M>,
    poison: (message: M) => Promise<void>,
    tell: (trouble: PoisonTrouble) => void,
  ): StorageQueueHandler =>
  async (message) => {
    const parsed = schema.safeParse(message);
    if (!parsed.success) return tell({ kind: 'unreadable' });
    try {
      await poison(parsed.data);
    } catch (error) {
      tell({ kind: 'failed', error });
    }
  };
