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
  /** The next answers break off in the middle. */
  cutNext: z.strictObject({ count: counted }).optional(),
  /** Every so many requests meet a fault, of all kinds in turn; 0: none. */
  faultEvery: counted.optional(),
  /** Every so many requests all tokens die; 0: never. */
  expireTokensEvery: counted.optional(),
  /**
   * `startswith` on the customer id. `unsupported`: 400. `slow`: takes `prefixDelayMs` longer. `incomplete`: gives only
   * some of the rows.
   */
  prefixFilter: z.enum(['supported', 'unsupported', 'slow', 'incomplete']).optional(),
  prefixDelayMs: z.number().min(0).optional(),
  /** Whether quotes inside the segments column are found as `\"` (as documented) or as `"`. The other form finds nothing. */
  segmentFilterForm: z.enum(['escaped', 'plain']).optional(),
  /** `absent`: 404 for `mscipriv_segmentmetadata`. */
  segmentMetadata: z.enum(['present', 'absent']).optional(),
  /** Whether the metadata has a column with the number of members. */
  metadataCounts: z.enum(['present', 'absent']).optional(),
  /** Segments that were deleted: from the metadata and from every membership. */
  vanishedSegments: z.array(z.string()).optional(),
  /** Segments that were switched off; their members stay. */
  inactiveSegments: z.array(z.string()).optional(),
  /** The last row of a page comes once more on the next one. */
  repeatRows: z.boolean().optional(),
  /** Most rows of a page, from now on. */
  pageSize: z.int().min(1).max(5_000).optional(),
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
