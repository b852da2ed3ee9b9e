import type { Examples } from '../domain/examples.ts';
import type { GuardFinding } from '../domain/guards.ts';
import type { ExportId, RunId } from '../domain/ids.ts';
import type { Run } from '../domain/run.ts';
import { isEnded } from '../domain/states.ts';
import type { RunTally } from '../domain/tally.ts';
import type { Ports } from '../ports/ports.ts';
import { accountFor } from './account.ts';
import { at } from './addresses.ts';
import { loadExamples } from './examples.ts';
import { guardRun } from './guard-run.ts';
import { loadPages, loadSlices, loadTagCalls } from './load.ts';

export interface RunSummary {
  readonly id: RunId;
  readonly export: string;
  readonly kind: Run['kind'];
  /** Of a `retry`: the run whose refused and failed rows it sends again. */
  readonly retryOf: RunId | null;
  readonly trigger: Run['trigger'];
  readonly state: Run['state'];
  readonly reason: Run['reason'];
  readonly requestedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly tally: RunTally | null;
}

export interface RunDescription extends RunSummary {
  readonly segments: readonly string[];
  readonly brand: string | null;
  /** What each stage has done so far. */
  readonly progress: {
    readonly reading: { readonly slices: number; readonly read: number; readonly rows: number };
    readonly planning: { readonly shards: number; readonly planned: number };
    readonly sending: {
      readonly pages: number;
      readonly batches: number;
      readonly posted: number;
      readonly settled: number;
    };
    /** Calls that tag or untag up to 250 contacts each; they are known once their contacts are accepted. */
    readonly tagging: { readonly calls: number; readonly requested: number };
  };
  /** Of upserts and leaves together, as planned. */
  readonly changes: {
    readonly upserts: number;
    /**
     * Of the upserts, contacts that the snapshot does not know: new to Omnisend, unless it has them from elsewhere.
     * Omnisend bills by contacts.
     */
    readonly newToOmnisend: number;
    readonly leaves: number;
  } | null;
  /** Of a dry run: the guards that would hold the real one; `null` for any other, and before it is planned. */
  readonly wouldHold: readonly GuardFinding[] | null;
  /** A few customers by their id, without values; `null` where there are none, or none any more. */
  readonly examples: Examples | null;
  /** Seconds until the last batch can be posted, at the brand's full budget. */
  readonly secondsLeftAtLeast: number | null;
}

const time = (moment: number | null): string | null =>
  moment === null ? null : new Date(moment).toISOString();

const summarise = (run: Run): RunSummary => ({
  id: run.id,
  export: run.definition.id,
  kind: run.kind,
  retryOf: run.retryOf,
  trigger: run.trigger,
  state: run.state,
  reason: run.reason,
  requestedAt: new Date(run.requestedAt).toISOString(),
  startedAt: time(run.startedAt),
  endedAt: time(run.endedAt),
  tally: run.tally,
});

/** One run with live figures, all derived from stored rows. */
export async function describeRun(ports: Ports, id: RunId): Promise<RunDescription | undefined> {
  const run = (await ports.store.runs.get(at.run(id)))?.value;
  if (run === undefined) return undefined;
  const [slices, pages, calls, tally, examples] = await Promise.all([
    loadSlices(ports, id),
    loadPages(ports, id),
    loadTagCalls(ports, run),
    run.tally ?? accountFor(ports, run),
    loadExamples(ports, id),
  ]);
  const batches = pages.flatMap((page) => page.batches).filter((batch) => batch.state !== 'split');
  const waiting = batches.filter((batch) => batch.state === 'planned').length;
  return {
    ...summarise(run),
    tally,
    segments: run.definition.segments,
    brand: run.brand?.name ?? null,
    progress: {
      reading: {
        slices: slices.length,
        read: slices.filter((slice) => slice.state === 'read').length,
        rows: tally.read,
      },
      planning: { shards: run.plan?.shards ?? 0, planned: run.plan?.planned ?? 0 },
      sending: {
        pages: pages.length,
        batches: batches.length,
        posted: batches.filter((batch) => batch.postedAt !== null).length,
        settled: batches.filter((batch) => batch.state === 'settled' || batch.state === 'failed').length,
      },
      tagging: {
        calls: calls.filter((call) => call.state !== 'split').length,
        requested: calls.filter((call) => call.state === 'requested').length,
      },
    },
    changes: run.plan && {
      upserts: run.plan.tally.upserts,
      newToOmnisend: run.plan.tally.joined,
      leaves: run.plan.tally.leaves,
    },
    wouldHold:
      run.kind === 'dry-run' && run.plan !== null && run.plan.planned === run.plan.shards
        ? guardRun(run, slices)
        : null,
    examples: examples ?? null,
    secondsLeftAtLeast:
      isEnded(run.state) || waiting === 0
        ? null
        : Math.ceil((waiting * 60) / (ports.limits.requestsPerMinute * ports.limits.startRate)),
  };
}

/** The runs of one export or of all, the newest first, and the occurrences that made no run. */
export async function listRuns(
  ports: Ports,
  filter: { readonly exportId?: ExportId; readonly state?: string; readonly limit: number },
): Promise<{ readonly runs: readonly RunSummary[]; readonly skipped: readonly SkippedView[] }> {
  const ids =
    filter.exportId === undefined
      ? (await ports.store.exports.list('exports')).map((row) => row.value.definition.id)
      : [filter.exportId];
  const runs: Run[] = [];
  const skipped: SkippedView[] = [];
  for (const id of ids) {
    runs.push(...(await ports.store.runs.list(id)).map((row) => row.value));
    for (const { value } of await ports.store.skipped.list(id)) {
      skipped.push({ export: id, at: new Date(value.at).toISOString(), reason: value.reason });
    }
  }
  const newestFirst = runs
    .filter((run) => filter.state === undefined || run.state === filter.state)
    .sort((a, b) => b.requestedAt - a.requestedAt);
  return {
    runs: newestFirst.slice(0, filter.limit).map(summarise),
    skipped: skipped.sort((a, b) => b.at.localeCompare(a.at)).slice(0, filter.limit),
  };
}

interface SkippedView {
  readonly export: string;
  readonly at: string;
  readonly reason: { readonly code: string; readonly message: string };
}
