import { sumReads } from '../domain/read-tally.ts';
import type { Run } from '../domain/run.ts';
import { runTally } from '../domain/run-tally.ts';
import type { RunTally } from '../domain/tally.ts';
import type { Ports } from '../ports/ports.ts';
import { loadPages, loadSlices } from './load.ts';

/** The run's figures as its stored rows give them now; they are never counted up anywhere else. */
export async function accountFor(ports: Ports, run: Run): Promise<RunTally> {
  const [slices, pages] = await Promise.all([loadSlices(ports, run.id), loadPages(ports, run.id)]);
  return runTally({
    read: sumReads(slices.map((slice) => slice.tally)),
    plan: run.plan?.tally ?? null,
    planComplete: run.plan !== null && run.plan.planned === run.plan.shards,
    pages,
  });
}
