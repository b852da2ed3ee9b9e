import type { Page } from './page.ts';
import type { RunKind } from './run.ts';
import { addSends, sendTallies } from './send-tally.ts';
import type { TagCall } from './tag-call.ts';
import { tagTallies } from './tag-tally.ts';
import type { PlanTally, ReadTally, RunTally } from './tally.ts';

export interface RunAccount {
  /** Sum over the slices. */
  readonly read: ReadTally;
  /** Invalid rows of customers that another slice gave as well, by reason. */
  readonly repeatedInvalid: Readonly<Record<string, number>>;
  /** Sum over the shards that are planned; `null` where planning never began. */
  readonly plan: PlanTally | null;
  /** Every shard is planned: then a row without a place in the plan is a row lost, and `conserves` says so. */
  readonly planComplete: boolean;
  readonly pages: Iterable<Page>;
  readonly tagCalls: Iterable<TagCall>;
  /** The run ends with this account: a tag call that owes its answer is failed. Before that it is unsent. */
  readonly atEnd: boolean;
}

const phoneInUse = 'phone:phone-in-use';

const withPhonesInUse = (leftOut: ReadTally['leftOut'], rows: number): ReadTally['leftOut'] =>
  rows === 0 ? leftOut : { ...leftOut, [phoneInUse]: (leftOut[phoneInUse] ?? 0) + rows };

/** People who were forgotten after their row was read count as those of whom it was known before. */
const withForgotten = (reasons: ReadTally['invalidByReason'], rows: number): ReadTally['invalidByReason'] =>
  rows === 0 ? reasons : { ...reasons, forgotten: (reasons.forgotten ?? 0) + rows };

const nothingPlanned = {
  repeated: 0,
  duplicate: 0,
  unchanged: 0,
  upserts: 0,
  tagged: 0,
  outside: 0,
  leaves: 0,
  forgotten: 0,
};

type Counts = Readonly<Record<string, number>>;

const less = (counts: Counts, repeated: Counts): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counts).map(([reason, count]) => [reason, count - (repeated[reason] ?? 0)]),
  );

/** Each customer once. */
const withoutRepeated = (all: ReadTally, invalid: Counts, leftOut: Counts): ReadTally => {
  const rows = Object.values(invalid).reduce((sum, count) => sum + count, 0);
  return {
    ...all,
    read: all.read - rows,
    invalid: all.invalid - rows,
    invalidByReason: less(all.invalidByReason, invalid),
    leftOut: less(all.leftOut, leftOut),
  };
};

/** The run's account from stored rows. Before its end, `unsent` are the rows without an outcome so far. */
export const runTally = ({
  read: all,
  repeatedInvalid,
  plan,
  planComplete,
  pages,
  tagCalls,
  atEnd,
}: RunAccount): RunTally => {
  const read = withoutRepeated(all, repeatedInvalid, plan?.repeatedLeftOut ?? {});
  const sent = sendTallies(pages);
  const tagged = tagTallies(tagCalls, atEnd);
  const planned = plan ?? nothingPlanned;
  const { repeated, duplicate, unchanged, outside } = planned;
  const dropped = planned.forgotten ?? 0;
  const toSend = planned.upserts + planned.tagged;
  const placed = repeated + duplicate + unchanged + outside + dropped + toSend;
  const notPlanned = planComplete ? 0 : read.spooled - placed;
  const { accepted, refused, failed } = addSends(sent.upserts, tagged.upserts);
  const leaves = addSends(sent.leaves, tagged.leaves);
  const notSent = sent.upserts.forgotten ?? 0;
  return {
    read: read.read - repeated,
    accepted,
    unchanged,
    duplicate,
    invalid: read.invalid + dropped + notSent,
    refused,
    failed,
    unsent: notPlanned + outside + toSend - accepted - refused - failed - notSent,
    leaves: {
      ...leaves,
      unsent: planned.leaves - leaves.accepted - leaves.refused - leaves.failed - (leaves.forgotten ?? 0),
    },
    tags: tagged.tags,
    invalidByReason: withForgotten(read.invalidByReason, dropped + notSent),
    leftOut: withPhonesInUse(read.leftOut, sent.withoutPhone),
  };
};

/** Every row read has exactly one outcome. */
export const conserves = (tally: RunTally): boolean =>
  tally.unsent >= 0 &&
  tally.leaves.unsent >= 0 &&
  tally.read ===
    tally.accepted +
      tally.unchanged +
      tally.duplicate +
      tally.invalid +
      tally.refused +
      tally.failed +
      tally.unsent;

/**
 * How a run ends that has nothing left to send. `stopped`: an error of its own ended it (a key refused, a destination
 * that stalled). A dry run leaves its rows unsent on purpose, a `retry` those `outside` its keys; any other that does
 * has not done its work.
 */
export const endState = (
  tally: RunTally,
  { kind, stopped, outside }: { readonly kind: RunKind; readonly stopped: boolean; readonly outside: number },
): 'succeeded' | 'partial' | 'failed' => {
  if (stopped) return 'failed';
  const lost = tally.refused + tally.failed + tally.leaves.refused + tally.leaves.failed + tally.tags.failed;
  const unsent = kind === 'dry-run' ? 0 : tally.unsent - outside + tally.leaves.unsent + tally.tags.unsent;
  return lost + unsent > 0 ? 'partial' : 'succeeded';
};
