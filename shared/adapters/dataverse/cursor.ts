import { z } from 'zod';
import { segmentForms } from './filter.ts';

/** Where the reading of a slice goes on; a link is the service's own and is never looked into. */
const cursor = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('memberships'),
    link: z.string().nullable(),
    form: z.enum(segmentForms),
    /** Whether anybody was found so far. Where nobody is, there is no profile to read. */
    found: z.boolean(),
  }),
  z.object({ phase: z.literal('profiles'), link: z.string().nullable() }),
]);
export type Cursor = z.infer<typeof cursor>;
export type MembershipCursor = Extract<Cursor, { phase: 'memberships' }>;
export type ProfileCursor = Extract<Cursor, { phase: 'profiles' }>;

export const writeCursor = (value: Cursor): string => JSON.stringify(value);

/** `undefined` for a text that this version did not write. */
export const readCursor = (text: string): Cursor | undefined => {
  try {
    return cursor.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};
