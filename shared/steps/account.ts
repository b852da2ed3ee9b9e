import type { Page } from '../domain/page.ts';
import { sumReads } from '../domain/read-tally.ts';
import type { Run } from '../domain/run.ts';
import { runTally } from '../domain/run-tally.ts';
import type { Slice } from '../domain/slice.ts';
import type { TagCall } from '../domain/tag-call.ts';
import type { RunTally } from '../domain/tally.ts';
import type { Ports } from '../ports/ports.ts';
import { loadPages, loadSlices, loadTagCalls } from './load.ts';

/** The figures with which a run ends: an answer that is still owed does not come any more. */
export const finalAccountFor = async (ports: Ports, run: Run): Promise<RunTally> =>
  accountOf(run, await loadRunRows(ports, run), { atEnd: true });

/** What a run's figures come from. */
export interface RunRows {
  readonly slices: readonly Slice[];
  readonly pages: readonly Page[];
  readonly tagCalls: readonly TagCall[];
}

export async function loadRunRows(ports: Ports, run: Run): Promise<RunRows> {
  const [slices, pages, tagCalls] = await Promise.all([
    loadSlices(ports, run.id),
    loadPages(ports, run.id),
    loadTagCalls(ports, run),
  ]);
  return { slices, pages, tagCalls };
}

/** The run's figures as its stored rows give them; they are never counted up anywhere else. */
export const accountOf = (
  run: Run,
  { slices, pages, tagCalls }: RunRows,
  { atEnd }: { readonly atEnd: boolean },
): RunTally =>
  runTally({
    read: sumReads(slices.map((slice) => slice.tally)),
    repeatedInvalid: run.plan?.repeatedInvalid ?? {},
    plan: run.plan?.tally ?? null,
    planComplete: run.plan !== null && run.plan.planned === run.plan.shards,
    pages,
    tagCalls,
    atEnd,
  });
