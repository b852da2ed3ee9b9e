import { z } from 'zod';
import { runId } from './ids.ts';
import { turn } from './turn.ts';

/** More would hold more requests in the air than the budget can use; three survive the loss of two. */
export const lanesPerBrand = 3;
/** A lane's message works this long (± 20 %), far below the host's time-out, and then puts its successor. */
export const laneSeconds = 240;

export const lane = z.object({
  number: z.int(),
  turn,
  /** The page it works on. */
  page: z.object({ runId, number: z.int() }).nullable(),
});
export type Lane = z.infer<typeof lane>;

/** What is known of a brand, and who is at work on it. */
export const brandState = z.object({
  /** The runs that are sending, oldest first. */
  sending: z.array(runId),
  /** Whether Omnisend merges a contact's custom properties or replaces the set. */
  merging: z.enum(['unknown', 'merges', 'replaces']),
  /** The run that finds it out. */
  asking: runId.nullable(),
});
export type BrandState = z.infer<typeof brandState>;
