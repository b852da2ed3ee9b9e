import { z } from 'zod';

/** Tells one state of the source from another. Equal marks before and after a read: nothing was seen to change. */
export const sourceMark = z.object({
  /** Opaque digest of at most 200 characters. */
  version: z.string(),
  /** The segments' own counts, by segment, where the source tells them. They are hints, and no proof. */
  members: z.record(z.string(), z.int().min(0)),
});
export type SourceMark = Readonly<z.infer<typeof sourceMark>>;

export interface SourceMarks {
  readonly before: SourceMark;
  readonly after: SourceMark | null;
}
