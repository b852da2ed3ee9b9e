import { z } from 'zod';

/** Whether an environment can be read by customer-id prefixes side by side, and when that was found out. */
export const prefixVerdict = z.object({
  usable: z.boolean(),
  /** `refused`: it does not take the filter. `slow`: it seems to look at every row for it. */
  reason: z.enum(['complete', 'refused', 'slow', 'other-ids', 'incomplete']),
  /** ms since 1970. */
  checkedAt: z.int(),
});
export type PrefixVerdict = Readonly<z.infer<typeof prefixVerdict>>;
