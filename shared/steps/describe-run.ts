import type { Examples } from '../domain/examples.ts';
import type { GuardFinding } from '../domain/guards.ts';
import type { BrandId, RunId } from '../domain/ids.ts';
import type { Run } from '../domain/run.ts';
import { type TimeLeft, timeLeft } from '../domain/time-left.ts';
import type { Ports } from '../ports/ports.ts';
import { accountOf, loadRunRows, type RunRows } from './account.ts';
import { at } from './addresses.ts';
import { loadExamples } from './examples.ts';
import { guardRun } from './guard-run.ts';
import { loadPages } from './load.ts';
import { type RunSummary, summarise } from './run-summary.ts';

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
  /** As things go now; `null` where nothing honest can be said, as before the work is known. */
  readonly secondsLeft: TimeLeft;
}

/** One run with live figures, all derived from stored rows. */
export async function describeRun(ports: Ports, id: RunId): Promise<RunDescription | undefined> {
  const run = (await ports.store.runs.get(at.run(id)))?.value;
  if (run === undefined) return undefined;
  const [rows, examples] = await Promise.all([loadRunRows(ports, run), loadExamples(ports, id)]);
  const { slices, pages, tagCalls } = rows;
  const tally = run.tally ?? accountOf(run, rows, { atEnd: false });
  const batches = pages.flatMap((page) => page.batches).filter((batch) => batch.state !== 'split');
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
        calls: tagCalls.filter((call) => call.state !== 'split').length,
        requested: tagCalls.filter((call) => call.state === 'requested').length,
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
    secondsLeft: await timeLeftOf(ports, run, rows),
  };
}

/** Only a run that sends needs to know more than its own rows. */
async function timeLeftOf(ports: Ports, run: Run, { slices, pages, tagCalls }: RunRows): Promise<TimeLeft> {
  const { requestsPerMinute, tagsPerMinute, startRate } = ports.limits;
  const brand = run.state === 'sending' || run.state === 'settling' ? (run.brand?.id ?? null) : null;
  const [slots, tagSlots, others] =
    brand === null
      ? []
      : await Promise.all([
          ports.store.slots.get(at.slots(brand)),
          ports.store.slots.get(at.tagSlots(brand)),
          waitingOfOthers(ports, brand, run.id),
        ]);
  return timeLeft({
    run,
    now: ports.clock.now(),
    slicesRead: slices.filter((slice) => slice.state === 'read').length,
    pages,
    tagCalls,
    others: others ?? [],
    requests: { slots: slots?.value, maxRate: requestsPerMinute * startRate },
    tags: { slots: tagSlots?.value, maxRate: tagsPerMinute * startRate },
  });
}

async function waitingOfOthers(ports: Ports, brand: BrandId, id: RunId): Promise<readonly number[]> {
  const sending = (await ports.store.brands.get(at.brand(brand)))?.value.sending ?? [];
  const others = sending.filter((one) => one !== id);
  const pages = await Promise.all(others.map((one) => loadPages(ports, one)));
  return pages.map(
    (ofOne) => ofOne.flatMap(({ batches }) => batches).filter(({ state }) => state === 'planned').length,
  );
}
