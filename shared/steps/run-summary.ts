import type { RunId } from '../domain/ids.ts';
import type { Run } from '../domain/run.ts';
import { type Span, type Stage, spansOf } from '../domain/stages.ts';
import type { RunTally } from '../domain/tally.ts';

interface StageView {
  readonly startedAt: string;
  /** `null`: it goes on. */
  readonly endedAt: string | null;
  readonly seconds: number | null;
}

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
  /** From when to when each stage went; `null`: it did not begin, or is not known of a run of an earlier version. */
  readonly stages: Readonly<Record<Stage, StageView | null>> | null;
  readonly tally: RunTally | null;
}

export const timeText = (moment: number): string => new Date(moment).toISOString();

const time = (moment: number | null): string | null => (moment === null ? null : timeText(moment));

const viewOf = (span: Span | null): StageView | null =>
  span && {
    startedAt: timeText(span.startedAt),
    endedAt: time(span.endedAt),
    seconds: span.endedAt === null ? null : Math.round((span.endedAt - span.startedAt) / 1000),
  };

const stagesOf = (run: Run): RunSummary['stages'] => {
  const spans = spansOf(run);
  return (
    spans && {
      reading: viewOf(spans.reading),
      planning: viewOf(spans.planning),
      held: viewOf(spans.held),
      sending: viewOf(spans.sending),
      settling: viewOf(spans.settling),
    }
  );
};

export const summarise = (run: Run): RunSummary => ({
  id: run.id,
  export: run.definition.id,
  kind: run.kind,
  retryOf: run.retryOf,
  trigger: run.trigger,
  state: run.state,
  reason: run.reason,
  requestedAt: timeText(run.requestedAt),
  startedAt: time(run.startedAt),
  endedAt: time(run.endedAt),
  stages: stagesOf(run),
  tally: run.tally,
});
