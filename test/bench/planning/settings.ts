import { z } from 'zod';

/** What the process under measure is told. */
export const appSettings = z.object({
  /** Connection string of the app's own storage. */
  storage: z.string(),
  /** Of the run that is planned. */
  slices: z.int(),
});
export type AppSettings = z.infer<typeof appSettings>;

/** Calls of storage, as they are billed. */
export const operations = z.object({
  blobReads: z.int(),
  /** Lists are billed as writes are. */
  blobWrites: z.int(),
  table: z.int(),
});
export type Operations = z.infer<typeof operations>;

/** What it measured. */
export const result = z.object({
  shards: z.int(),
  tally: z.object({
    duplicate: z.int(),
    unchanged: z.int(),
    upserts: z.int(),
    joined: z.int(),
    leaves: z.int(),
    known: z.int(),
  }),
  seconds: z.number(),
  cpuSeconds: z.number(),
  idleMegabytes: z.number(),
  megabytesOverIdle: z.number(),
  operations,
});
export type Result = z.infer<typeof result>;
