import { sumReads } from '../domain/read-tally.ts';
import type { Run } from '../domain/run.ts';
import { runTally } from '../domain/run-tally.ts';
import type { RunTally } from '../domain/tally.ts';
import type { Ports } from '../ports/ports.ts';
import { loadPages, loadSlices, loadTagCalls } from './load.ts';

/** The run's figures as its stored rows give them now; they are never counted up anywhere else. */
export const accountFor = (ports: Ports, run: Run): Promise<RunTally> => account(ports, run, false);

/** The figures with which a run ends: an answer that is still owed does not come any more. */
export const finalAccountFor = (ports: Ports, run: Run): Promise<RunTally> => account(ports, run, true);

async function account(ports: Ports, run: Run, atEnd: boolean): Promise<RunTally> {
  const [slices, pages, tagCalls] = await Promise.all([
    loadSlices(ports, run.id),
    loadPages(ports, run.id),
    loadTagCalls(ports, run),
  ]);
  return runTally({
    read: sumReads(slices.map((slice) => slice.tally)),
    repeatedInvalid: run.plan?.repeatedInvalid ?? {},
    plan: run.plan?.tally ?? null,
    planComplete: run.plan !== null && run.plan.planned === run.plan.shards,
    pages,
    tagCalls,
    atEnd,
  });
}
