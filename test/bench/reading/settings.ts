import { z } from 'zod';

/** What the process under measure is told. */
export const appSettings = z.object({
  /** Connection string of the app's own storage. */
  storage: z.string(),
  source: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('data-out'),
      connectionString: z.string(),
      container: z.string(),
      folder: z.string(),
    }),
    /** The simulator, which serves its tokens too. */
    z.object({ kind: z.literal('dataverse'), url: z.url() }),
  ]),
  segments: z.array(z.string()),
});
export type AppSettings = z.infer<typeof appSettings>;

/** What it measured. */
export const result = z.object({
  slices: z.int(),
  read: z.int(),
  spooled: z.int(),
  invalid: z.int(),
  seconds: z.number(),
  cpuSeconds: z.number(),
  idleMegabytes: z.number(),
  megabytesOverIdle: z.number(),
});
export type Result = z.infer<typeof result>;
