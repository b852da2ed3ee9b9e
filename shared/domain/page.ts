import { z } from 'zod';
import { batchId, runId } from './ids.ts';
import { type BatchState, batchStates } from './states.ts';
import { sendTally } from './tally.ts';

/** Omnisend takes at most 100 contacts a batch (spec of 2026-03-15) and recommends 1 MB; cut below that. */
export const maxBatchContacts = 100;
export const maxBatchBytes = 800_000;
export const maxPageChanges = 1_000;
export const maxBatchAttempts = 5;

/** Rows `[from, to)` of a page, counted from the page's first change. */
export const rowRange = z.tuple([z.int(), z.int()]);
export type RowRange = z.infer<typeof rowRange>;

/** State belongs to the batch; what became of a page is derived from its batches. */
const batch = z.object({
  /** Unique in its page, never reused: part of the batch's `origin`. */
  number: z.int(),
  state: z.enum(batchStates as [BatchState, ...BatchState[]]),
  rows: z.array(rowRange),
  /** `without-phone`: sent once more after Omnisend said that the phone belongs to another contact. */
  variant: z.enum(['full', 'without-phone']),
  intentAt: z.int().nullable(),
  /** Tries that cost an attempt; a throttled one does not. */
  attempt: z.int(),
  /** Not posted before this moment, ms since 1970 (a row that Omnisend could not take at the time). */
  notBefore: z.int(),
  /** Every id that Omnisend ever gave to it, the last one last. */
  batchIds: z.array(batchId),
  postedAt: z.int().nullable(),
  /** Of its upserts and of its leaves, once settled, failed or cancelled. */
  upserts: sendTally.nullable(),
  leaves: sendTally.nullable(),
});
export type Batch = z.infer<typeof batch>;

/** A range of one shard's change list: `[from, to)` in changes and in bytes. */
const pageRange = z.object({
  shard: z.int(),
  from: z.int(),
  to: z.int(),
  fromByte: z.int(),
  toByte: z.int(),
});
export type PageRange = z.infer<typeof pageRange>;

export const page = z.object({
  runId,
  number: z.int(),
  ranges: z.array(pageRange),
  rows: z.int(),
  batches: z.array(batch),
  /** The lane that works on it, or `null`: free to be claimed while a batch is planned. */
  lane: z.int().nullable(),
});
export type Page = z.infer<typeof page>;
