import { z } from 'zod';
import { type RunState, toRunState } from './states.ts';

const moment = z.int().nullable();

/** When a run first came to a stage, ms since 1970; `null`: it has not. Reading begins with the run's start. */
export const stageMoments = z.object({ planning: moment, held: moment, sending: moment, settling: moment });
export type StageMoments = z.infer<typeof stageMoments>;

export const noStages: StageMoments = { planning: null, held: null, sending: null, settling: null };

const isStage = (state: RunState): state is keyof StageMoments => Object.hasOwn(noStages, state);

interface Staged {
  readonly state: RunState;
  /** `null`: of a run that an earlier version of the app began. */
  readonly stages: StageMoments | null;
}

/** The run in its next state; where a stage begins with it for the first time, its moment is noted. */
export const entered = <R extends Staged>(run: R, state: RunState, now: number): R => {
  const { stages } = run;
  const isNoted = stages === null || !isStage(state) || stages[state] !== null;
  return {
    ...run,
    state: toRunState(run.state, state),
    stages: isNoted ? stages : { ...stages, [state]: now },
  };
};

export interface Span {
  readonly startedAt: number;
  /** `null`: it goes on. */
  readonly endedAt: number | null;
}

export type Stage = 'reading' | keyof StageMoments;
export type Spans = Readonly<Record<Stage, Span | null>>;

interface Timed extends Staged {
  readonly startedAt: number | null;
  readonly approvedAt: number | null;
  readonly endedAt: number | null;
}

/**
 * From when to when each stage went. One ends where a later one begins, or the run does; what comes between a person's
 * approval and the first post belongs to none. `null`: not known of this run.
 */
export const spansOf = ({ state, startedAt, approvedAt, endedAt, stages }: Timed): Spans | null => {
  if (stages === null) return null;
  const { planning, held, sending, settling } = stages;
  const span = (from: number | null, ...later: readonly (number | null)[]): Span | null =>
    from === null ? null : { startedAt: from, endedAt: later.find((end) => end !== null) ?? endedAt };
  return {
    reading: span(startedAt, planning, held),
    planning: span(planning, held, sending),
    held: span(held, state === 'held' ? null : approvedAt),
    sending: span(sending, settling),
    settling: span(settling),
  };
};
