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

/** Per brand: the runs that are sending, oldest first. */
export const sendingRuns = z.object({ sending: z.array(runId) });
export type SendingRuns = z.infer<typeof sendingRuns>;
