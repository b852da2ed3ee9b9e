import { z } from 'zod';

const count = z.int().min(0).default(0);
const countByName = z.record(z.string(), z.int().min(0)).default({});

/** What reading a slice found. read = spooled + invalid. */
export const readTally = z.object({
  read: count,
  spooled: count,
  invalid: count,
  invalidByReason: countByName,
  /** `<field>:<reason>` → rows. */
  leftOut: countByName,
  /** Position of a segment in the definition → its customers, valid or not. */
  members: countByName,
});
export type ReadTally = z.infer<typeof readTally>;

/** What planning decided. spooled = repeated + duplicate + unchanged + upserts + tagged + outside + forgotten. */
export const planTally = z.object({
  /** Further rows of a customer that another slice gave as well. */
  repeated: count,
  /** What was left out of those, `<field>:<reason>` → rows; absent: nothing. */
  repeatedLeftOut: z.record(z.string(), z.int().min(0)).optional(),
  duplicate: count,
  unchanged: count,
  upserts: count,
  /** Members whose contact stays as it is: only tags are set or taken. */
  tagged: count,
  /** Members that a `retry` leaves as they are: nothing of them failed or was refused. */
  outside: count,
  /** Upserts whose key the snapshot does not know: contacts that may be new to Omnisend, and to its bill. */
  joined: count,
  leaves: count,
  /** Members that lose a marker which the definition no longer makes; the leave guard counts them. */
  takenBack: count,
  /** Records of the snapshot before this run: what the leave guard's share refers to. */
  known: count,
  /** Rows of people who were forgotten after they were read; absent: none. They count as invalid. */
  forgotten: z.int().min(0).optional(),
});
export type PlanTally = z.infer<typeof planTally>;

/** What became of the rows of a page, a run: of upserts, and apart from them of leaves. */
export const sendTally = z.object({
  accepted: count,
  refused: count,
  failed: count,
  unsent: count,
  /** Planned, then forgotten and not posted; absent: none. They count as invalid. */
  forgotten: z.int().min(0).optional(),
});
export type SendTally = z.infer<typeof sendTally>;

/** Contacts × tags: what became of the tags of contacts that were ready for them. */
const tagTally = z
  .object({ requested: count, failed: count, unsent: count })
  .default({ requested: 0, failed: 0, unsent: 0 });
export type TagTally = z.infer<typeof tagTally>;

/** The run's final account. */
export const runTally = z.object({
  read: count,
  accepted: count,
  unchanged: count,
  duplicate: count,
  invalid: count,
  refused: count,
  failed: count,
  unsent: count,
  leaves: sendTally,
  tags: tagTally,
  invalidByReason: countByName,
  leftOut: countByName,
});
export type RunTally = z.infer<typeof runTally>;
