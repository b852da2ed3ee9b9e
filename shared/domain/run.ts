import { z } from 'zod';
import { exportDefinition } from './definition.ts';
import { brandId, exportId, runId } from './ids.ts';
import { news, noNews } from './news.ts';
import { sliceSpec } from './slice.ts';
import { sourceMark } from './source-mark.ts';
import { stageMoments } from './stages.ts';
import { type RunState, runStates } from './states.ts';
import { planTally, runTally } from './tally.ts';
import { turn } from './turn.ts';

const moment = z.int();

export const runKind = z.enum(['changes', 'full', 'dry-run', 'retry']);
export type RunKind = z.infer<typeof runKind>;

/** Who asked for the run, before it exists: what the export's active-run row holds. */
const claim = z.object({
  runId,
  exportId,
  kind: runKind,
  trigger: z.enum(['schedule', 'http']),
  requestedAt: moment,
  /** A person's word that the connection's key may open this brand, which is another one than before. */
  confirmBrand: brandId.optional(),
});
export type Claim = z.infer<typeof claim>;

/** Per export: which run is active, and whether a person must act first. */
export const exportState = z.object({
  active: claim.nullable(),
  paused: z.object({ reason: z.string(), remedy: z.string(), at: moment }).nullable(),
  /** The brand that the export's runs have gone to: a key of another one is refused unless that is confirmed. */
  brand: brandId.nullable(),
  /** A run that posted but could not commit its snapshot: the next one does so before it plans. */
  uncommitted: runId.nullable(),
  /** When tags were last asked for, or are about to be. */
  taggedAt: moment.nullable().default(null),
  /** The latest moment for which the schedule was looked at. */
  scheduledUntil: moment.nullable(),
  /** The run that was active last. */
  lastRun: z
    .object({ id: runId, state: z.enum(runStates as [RunState, ...RunState[]]), endedAt: moment.nullable() })
    .optional(),
  /** What people are told of the export's runs. */
  news: news.default(noNews),
});
export type ExportState = z.infer<typeof exportState>;

export const run = z.object({
  id: runId,
  kind: runKind,
  /** Of a `retry`: the run whose refused and failed rows it sends again. */
  retryOf: runId.nullable().default(null),
  trigger: z.enum(['schedule', 'http']),
  /** The export as it was when the run was asked for: a later edit concerns the next run. */
  definition: exportDefinition,
  secretName: z.string(),
  confirmBrand: brandId.nullable(),
  state: z.enum(runStates as [RunState, ...RunState[]]),
  /** Why it is held, failed, cancelled or partial: a code and a sentence for people. */
  reason: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** Nothing more is posted, and the run ends `failed` with this reason. `answers: false`: none can be had any more. */
  stop: z.object({ code: z.string(), message: z.string(), answers: z.boolean() }).nullable(),
  requestedAt: moment,
  startedAt: moment.nullable(),
  endedAt: moment.nullable(),
  /** `null`: a run that an earlier version of the app began. */
  stages: stageMoments.nullable().default(null),
  /** When anything was last read, planned, posted or answered. */
  progressAt: moment,
  turn,
  /** The brand and the environment, known from `reading` on. */
  brand: z.object({ id: brandId, name: z.string(), keyPrefix: brandId }).nullable(),
  slices: z.int(),
  /** How the source was cut, decided once: what it would answer to a second question may differ. */
  division: z.array(sliceSpec).nullable(),
  /** The source before and after it was read, so that a refresh in between is seen. */
  marks: z.object({ before: sourceMark, after: sourceMark.nullable() }).nullable().default(null),
  /** Known from `planning` on. `snapshot` is the run whose snapshot this run is compared with. */
  plan: z
    .object({
      shards: z.int(),
      /** Shards planned so far. */
      planned: z.int(),
      snapshot: z.object({ run: runId, shards: z.int() }).nullable(),
      /**
       * The try that planned each of them, in whose name its lists lie: a superseded planner that wakes up late, and may
       * know less of who is forgotten, overwrites none that pages refer to.
       */
      lists: z.array(z.string()).default([]),
      /** Invalid rows of customers that another slice gave as well, by reason. */
      repeatedInvalid: z.record(z.string(), z.int()).default({}),
      /** Contacts to be tagged or untagged, over the shards planned so far. */
      taggings: z.int().default(0),
      tally: planTally,
    })
    .nullable(),
  /** `null`: not cut yet. */
  pages: z.int().nullable(),
  /** Rows of the first page that were written to one by one before it is posted, as `findMerging` does. */
  probed: z.array(z.int()).default([]),
  /** Shards whose tag calls are stored, which needs their batches to have ended. */
  tagged: z.array(z.int()).default([]),
  /** No tag call before this moment: one of an earlier run that says the opposite may still be applied. */
  tagsFrom: moment.default(0),
  /** How often settlement has looked, so that it looks less and less often. */
  looks: z.int(),
  /** When a permission was first refused, to a look and to a post, until it is granted again. */
  forbidden: z.object({ lookAt: moment.nullable(), postAt: moment.nullable() }),
  /** Shards of the next snapshot that are written, the records in them, and the markers that these may have set. */
  committed: z.object({ shards: z.int(), records: z.int(), markers: z.array(z.string()).default([]) }),
  tally: runTally.nullable(),
  /** When a person approved it: guards do not hold it any more. */
  approvedAt: moment.nullable(),
  /** What is still kept of an ended run: personal data goes first, the account last. */
  kept: z.enum(['everything', 'lists', 'account']),
});
export type Run = z.infer<typeof run>;

/** An occurrence that made no run, with its reason. */
export const skippedOccurrence = z.object({
  exportId,
  at: moment,
  reason: z.object({ code: z.string(), message: z.string() }),
});
export type SkippedOccurrence = z.infer<typeof skippedOccurrence>;
