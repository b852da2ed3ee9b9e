import { z } from 'zod';
import { brandId, runId } from './domain/ids.ts';
import type { Message } from './domain/message.ts';
import type { Step } from './domain/turn.ts';

/**
 * One schema per queue. Messages carry ids, epoch and sequence only. The host copies a message's top-level properties
 * over its own metadata, so none here is called `id`, `dequeueCount`, `popReceipt` or `insertionTime`.
 */
const name = { version: z.literal(1), epoch: z.int().min(0), sequence: z.int().min(0) };

const ofRun = <S extends string>(step: S) => z.strictObject({ step: z.literal(step), run: runId, ...name });

export const messages = {
  'start-run': ofRun('start-run'),
  'read-slice': z.strictObject({ step: z.literal('read-slice'), run: runId, slice: z.int().min(0), ...name }),
  'plan-shards': ofRun('plan-shards'),
  'cut-pages': ofRun('cut-pages'),
  send: z.strictObject({ step: z.literal('send'), brand: brandId, lane: z.int().min(0), ...name }),
  settle: ofRun('settle'),
  finish: ofRun('finish'),
} as const satisfies { readonly [S in Step]: z.ZodType<MessageOf<S>> };

export type { Message };
export type MessageOf<S extends Step> = Extract<Message, { readonly step: S }>;
