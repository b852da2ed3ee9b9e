import { z } from 'zod';
import { limitsSchema } from './throttle.ts';

const counted = z.int().min(0);

/** Body of `POST /control`; what is not named stays as it is. */
export const controlSchema = z.strictObject({
  /** The next requests are refused with 429. */
  throttleNext: z
    .strictObject({
      count: counted,
      kind: z.enum(['requests', 'execution-time', 'concurrency']).default('requests'),
      retryAfterSeconds: z.int().min(0).default(1),
    })
    .optional(),
  /** The next requests fail. */
  failNext: z.strictObject({ count: counted, status: z.int().min(500).max(599).default(503) }).optional(),
  /** Every token given so far is dead. */
  expireTokens: z.literal(true).optional(),
  tokenLifetimeSeconds: z.number().positive().optional(),
  /** Entity sets whose reading right is missing: 403. */
  forbidden: z.array(z.string()).optional(),
  /** `unsupported`: `startswith` on the customer id gives 400. */
  prefixFilter: z.enum(['supported', 'unsupported']).optional(),
  /** Whether quotes inside the segments column are found as `\"` (as documented) or as `"`. The other form finds nothing. */
  segmentFilterForm: z.enum(['escaped', 'plain']).optional(),
  /** `absent`: 404 for `mscipriv_segmentmetadata`. */
  segmentMetadata: z.enum(['present', 'absent']).optional(),
  /** Columns taken from the unified profile: 400 where they are asked for. */
  droppedColumns: z.array(z.string()).optional(),
  /** After so many further pages, of whatever table, each table shows the next day; after both, that day is the current one. */
  tornRefresh: z
    .strictObject({ membershipsAfterPages: counted, profilesAfterPages: counted })
    .refine((torn) => torn.membershipsAfterPages <= torn.profilesAfterPages, 'memberships change first')
    .nullable()
    .optional(),
  pageDelayMs: z.number().min(0).optional(),
  dopHint: z.int().positive().optional(),
  limits: limitsSchema.partial().optional(),
  /** Sets figures, windows and counters back to nothing. */
  resetFigures: z.literal(true).optional(),
});
export type Control = z.infer<typeof controlSchema>;

export const daySchema = z.strictObject({ day: z.int().min(1).max(400) });
export const segmentsSchema = z.string().transform((list) => list.split(',').filter((name) => name !== ''));

export const optionsSchema = z.strictObject({
  port: z.coerce.number().int().min(0).max(65_535).default(0),
  rows: z.coerce.number().int().min(1).max(8_000_000).default(10_000),
  seed: z.coerce.number().int().default(1),
  day: z.coerce.number().int().min(1).max(400).default(1),
  pageSize: z.coerce.number().int().min(1).max(5_000).default(5_000),
  pageDelayMs: z.coerce.number().min(0).default(0),
  tokenLifetimeSeconds: z.coerce.number().positive().default(86_400),
  identityHeader: z.string().default('sandbox'),
});
export type DataverseOptions = z.input<typeof optionsSchema>;
