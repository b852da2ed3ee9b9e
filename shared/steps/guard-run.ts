import { checkGuards, type GuardFinding } from '../domain/guards.ts';
import { sumReads } from '../domain/read-tally.ts';
import type { Run } from '../domain/run.ts';
import type { Slice } from '../domain/slice.ts';

/** What holds a planned run, from its stored rows; a dry run says with it what would hold the real one. */
export const guardRun = (run: Run, slices: readonly Slice[]): readonly GuardFinding[] => {
  if (run.plan === null) throw new Error(`Run ${run.id} has no plan.`);
  return checkGuards({
    tally: run.plan.tally,
    read: sumReads(slices.map((slice) => slice.tally)),
    definition: run.definition,
    marks: run.marks,
    first: run.plan.snapshot === null,
  });
};
