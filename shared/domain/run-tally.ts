import type { Page } from './page.ts';
import type { RunKind } from './run.ts';
import { sendTallies } from './send-tally.ts';
import type { PlanTally, ReadTally, RunTally } from './tally.ts';

export interface RunAccount {
  /** Sum over the slices. */
  readonly read: ReadTally;
  /** Sum over the shards that are planned; `null` where planning never began. */
  readonly plan: PlanTally | null;
  /** Every shard is planned: then a row without a place in the plan is a row lost, and `conserves` says so. */
  readonly planComplete: boolean;
  readonly pages: Iterable<Page>;
}

const phoneInUse = 'phone:phone-in-use';

const withPhonesInUse = (leftOut: ReadTally['leftOut'], rows: number): ReadTally['leftOut'] =>
  rows === 0 ? leftOut : { ...leftOut, [phoneInUse]: (leftOut[phoneInUse] ?? 0) + rows };

/** The run's account from stored rows. Before its end, `unsent` are the rows without an outcome so far. */
export const runTally = ({ read, plan, planComplete, pages }: RunAccount): RunTally => {
  const sent = sendTallies(pages);
  const { duplicate, unchanged, upserts, leaves } = plan ?? {
    duplicate: 0,
    unchanged: 0,
    upserts: 0,
    leaves: 0,
  };
  const notPlanned = planComplete ? 0 : read.spooled - duplicate - unchanged - upserts;
  const { accepted, refused, failed } = sent.upserts;
  return {
    read: read.read,
    accepted,
    unchanged,
    duplicate,
    invalid: read.invalid,
    refused,
    failed,
    unsent: notPlanned + upserts - accepted - refused - failed,
    leaves: {
      ...sent.leaves,
      unsent: leaves - sent.leaves.accepted - sent.leaves.refused - sent.leaves.failed,
    },
    invalidByReason: read.invalidByReason,
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
 * that stalled). A dry run leaves its rows unsent on purpose; any other that does has not done its work.
 */
export const endState = (
  tally: RunTally,
  { kind, stopped }: { readonly kind: RunKind; readonly stopped: boolean },
): 'succeeded' | 'partial' | 'failed' => {
  if (stopped) return 'failed';
  const lost = tally.refused + tally.failed + tally.leaves.refused + tally.leaves.failed;
  const unsent = kind === 'dry-run' ? 0 : tally.unsent + tally.leaves.unsent;
  return lost + unsent > 0 ? 'partial' : 'succeeded';
};
