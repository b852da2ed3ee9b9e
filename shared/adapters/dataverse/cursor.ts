import { z } from 'zod';
import { segmentForms } from './filter.ts';

const link = z.string().nullable();
const ids = z.array(z.string());

/** Where the reading of a slice goes on; a link is the service's own and is never looked into. */
const cursor = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('memberships'),
    link,
    form: z.enum(segmentForms),
    /** Whether anybody was found so far. Where nobody is, there is no profile to read. */
    found: z.boolean(),
    /** The customers found so far; `null` where they are too many to be asked for one by one. */
    ids: ids.nullable(),
  }),
  /** All profiles of the slice. */
  z.object({ phase: z.literal('scan'), link }),
  /** The profiles of these customers, behind those that the link leads through. */
  z.object({ phase: z.literal('by-id'), link, ids }),
]);
export type Cursor = z.infer<typeof cursor>;
export type MembershipCursor = Extract<Cursor, { phase: 'memberships' }>;
export type ProfileCursor = Extract<Cursor, { phase: 'scan' | 'by-id' }>;

export const writeCursor = (value: Cursor): string => JSON.stringify(value);

/** `undefined` for a text that this version did not write. */
export const readCursor = (text: string): Cursor | undefined => {
  try {
    return cursor.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};
