import { addExamples } from '../domain/examples.ts';
import { exportOf } from '../domain/ids.ts';
import { joinLines, parseLines } from '../domain/keyed-blob.ts';
import { planShard, type ShardPlan } from '../domain/plan-shard.ts';
import { addCounts, sumReads } from '../domain/read-tally.ts';
import type { Run } from '../domain/run.ts';
import { bucketRange, shardsFor } from '../domain/sharding.ts';
import type { Slice } from '../domain/slice.ts';
import { type InvalidRow, unknownCustomer } from '../domain/spool.ts';
import type { PlanTally } from '../domain/tally.ts';
import { idleTurn, nextTurn } from '../domain/turn.ts';
import { parseAll, setUnchangedAside } from '../domain/unchanged-lines.ts';
import type { MessageOf } from '../messages.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { finalAccountFor } from './account.ts';
import { at, paths } from './addresses.ts';
import { afterEnd, ended, failRun } from './end-run.ts';
import { beginExamples, putExamples } from './examples.ts';
import { type Held, inTurn } from './in-turn.ts';
import { loadSlices } from './load.ts';
import { loadForgottenKeys } from './load-forgotten.ts';
import { runMessage } from './outgoing.ts';
import { preparePlan } from './prepare-plan.ts';
import { type KeysIn, listsRemoved, loadRetried } from './retry.ts';
import { gatherBytes, KeyedReader, snapshotFiles } from './shard-files.ts';

const stepSeconds = 240;

type Plan = NonNullable<Run['plan']>;

const noPlanTally: PlanTally = {
  repeated: 0,
  duplicate: 0,
  unchanged: 0,
  upserts: 0,
  joined: 0,
  leaves: 0,
  takenBack: 0,
  tagged: 0,
  outside: 0,
  known: 0,
};

/** Compares the spool with the snapshot, shard by shard, and lists the changes. Nothing is sent yet. */
export async function planShards(
  ports: Ports,
  message: MessageOf<'plan-shards'>,
): Promise<readonly Outgoing[]> {
  return inTurn(ports, ports.store.runs, at.run(message.run), 'plan-shards', message, async (held) => {
    const endAt = ports.clock.now() + stepSeconds * 1000;
    const slices = await loadSlices(ports, held.value.id);
    const spool = slices.flatMap((slice) => slice.spool);
    const notYet = await preparePlan(ports, held);
    if (notYet !== null) return notYet;
    const retried = await loadRetried(ports, held.value.retryOf);
    if (retried === null) {
      return failRun(ports, held.value.id, { code: 'lists-removed', message: listsRemoved });
    }
    let plan = held.value.plan ?? (await beginPlan(ports, held.value, slices));
    let examples = await beginExamples(ports, held.value.id, slices);
    const withChanges = held.value.kind === 'dry-run';
    const reader = new KeyedReader(ports.blobs);
    const list = `${held.turn.epoch}-${held.turn.sequence}`;
    await reader.readAhead(spool);

    while (plan.planned < plan.shards) {
      if (ports.clock.now() >= endAt || ports.stopping.aborted) return goOn(ports, held, 'plan-shards');
      const planned = await planOne(ports, held.value, plan, list, spool, reader, retried);
      const more = addExamples(examples, planned, { withChanges });
      if (more !== examples) await putExamples(ports, held.value.id, more);
      examples = more;
      plan = {
        ...plan,
        planned: plan.planned + 1,
        lists: [...plan.lists, list],
        taggings: plan.taggings + planned.taggings.length,
        tally: addPlanTallies(plan.tally, planned.tally),
      };
      const progressed = plan;
      await held.update((run) => ({ ...run, plan: progressed, progressAt: ports.clock.now() }));
    }

    const { upserts, leaves, unchanged, duplicate } = plan.tally;
    ports.log.info('shards-planned', {
      run: held.value.id,
      upserts,
      leaves,
      unchanged,
      duplicate,
      shards: plan.shards,
    });
    // An empty run still goes through the guards: nobody at all is the very thing they are for.
    return held.value.kind === 'dry-run' ? endDryRun(ports, held) : goOn(ports, held, 'cut-pages');
  });
}

async function beginPlan(ports: Ports, run: Run, slices: readonly Slice[]): Promise<Plan> {
  if (run.brand === null) throw new Error(`Run ${run.id} plans without a brand.`);
  const manifest = await ports.store.snapshots.get(at.snapshot(exportOf(run.id), run.brand.id));
  return {
    shards: shardsFor(
      Math.max(sumReads(slices.map(({ tally }) => tally)).spooled, manifest?.value.records ?? 0),
    ),
    planned: 0,
    lists: [],
    snapshot: manifest === undefined ? null : { run: manifest.value.current, shards: manifest.value.shards },
    repeatedInvalid: await countRepeatedInvalid(ports, slices),
    taggings: 0,
    tally: noPlanTally,
  };
}

/** Invalid rows have no key by which planning could find that two are of one customer. */
async function countRepeatedInvalid(
  ports: Ports,
  slices: readonly Slice[],
): Promise<Plan['repeatedInvalid']> {
  const repeated: Record<string, number> = {};
  if (!ports.source.slicesOverlap || slices.length < 2) return repeated;
  const seen = new Set<string>([unknownCustomer]);
  for (const path of slices.flatMap((slice) => slice.invalid)) {
    const bytes = await ports.blobs.get(path);
    if (bytes === undefined) throw new Error(`Blob ${path} is missing.`);
    for (const { id, reason } of parseLines<InvalidRow>(bytes)) {
      if (id !== unknownCustomer && seen.has(id)) repeated[reason] = (repeated[reason] ?? 0) + 1;
      seen.add(id);
    }
  }
  return repeated;
}

async function planOne(
  ports: Ports,
  run: Run,
  plan: Plan,
  list: string,
  spool: readonly string[],
  reader: KeyedReader,
  retriedIn: KeysIn,
): Promise<ShardPlan> {
  const shard = plan.planned;
  const buckets = bucketRange(shard, plan.shards);
  const [spooled, known, forgotten, retried] = await Promise.all([
    gatherBytes(reader, spool, buckets),
    gatherBytes(reader, snapshotFiles(run, plan, buckets), buckets),
    loadForgottenKeys(ports, exportOf(run.id)),
    retriedIn(buckets),
  ]);
  const { definition, kind } = run;
  // These tell also whom nothing has changed of.
  const needsAll = kind === 'full' || kind === 'retry';
  const looked = needsAll
    ? parseAll(spooled, known)
    : setUnchangedAside(spooled, known, definition, forgotten);
  const planned = planShard({ ...looked, definition, kind, forgotten, retried });
  const { lines, ends } = changeList(planned.changes);
  await Promise.all([
    ports.blobs.put(paths.changes(run.id, shard, list), lines),
    ports.blobs.put(paths.ends(run.id, shard, list), new Uint8Array(ends.buffer)),
    ...(planned.duplicates.length > 0
      ? [ports.blobs.put(paths.duplicates(run.id, shard), joinLines(planned.duplicates))]
      : []),
    ...(planned.taggings.length > 0
      ? [ports.blobs.put(paths.taggings(run.id, shard, list), joinLines(planned.taggings))]
      : []),
    ...(planned.dropped.length > 0
      ? [ports.blobs.put(paths.dropped(run.id, shard, list), joinLines(planned.dropped))]
      : []),
  ]);
  return planned;
}

/** The list's lines, and where each of them ends. */
function changeList(changes: readonly unknown[]): { lines: Uint8Array; ends: Uint32Array } {
  const lines = joinLines(changes);
  const ends = new Uint32Array(changes.length);
  let index = 0;
  for (let newline = lines.indexOf(10); newline !== -1; newline = lines.indexOf(10, newline + 1)) {
    ends[index] = newline + 1;
    index += 1;
  }
  return { lines, ends };
}

const addPlanTallies = (a: PlanTally, b: PlanTally): PlanTally => ({
  repeated: a.repeated + b.repeated,
  duplicate: a.duplicate + b.duplicate,
  unchanged: a.unchanged + b.unchanged,
  upserts: a.upserts + b.upserts,
  joined: a.joined + b.joined,
  leaves: a.leaves + b.leaves,
  takenBack: a.takenBack + b.takenBack,
  tagged: a.tagged + b.tagged,
  outside: a.outside + b.outside,
  known: a.known + b.known,
  ...((a.repeatedLeftOut ?? b.repeatedLeftOut) && {
    repeatedLeftOut: addCounts([a.repeatedLeftOut ?? {}, b.repeatedLeftOut ?? {}]),
  }),
  ...((a.forgotten ?? b.forgotten) !== undefined && { forgotten: (a.forgotten ?? 0) + (b.forgotten ?? 0) }),
});

async function goOn(
  ports: Ports,
  held: Held<Run>,
  step: 'plan-shards' | 'cut-pages',
): Promise<readonly Outgoing[]> {
  const now = ports.clock.now();
  const turn = nextTurn(held.turn, step, now);
  await held.end(turn);
  return [runMessage(held.value.id, turn, now)];
}

async function endDryRun(ports: Ports, held: Held<Run>): Promise<readonly Outgoing[]> {
  const tally = await finalAccountFor(ports, held.value);
  const now = ports.clock.now();
  await held.end(idleTurn(held.turn, now), (run) => ended(run, 'succeeded', null, tally, now));
  await afterEnd(ports, held.value);
  return [];
}
