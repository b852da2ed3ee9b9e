import type { ExportId } from '../domain/ids.ts';
import type { Run, SkippedOccurrence } from '../domain/run.ts';
import type { RunState } from '../domain/states.ts';
import type { RunTally } from '../domain/tally.ts';
import type { Ports } from '../ports/ports.ts';
import { type RunSummary, summarise, timeText } from './run-summary.ts';

/** An occurrence of the schedule that made no run, and why. */
export interface SkippedView {
  readonly id: null;
  readonly export: string;
  readonly kind: 'changes';
  readonly trigger: 'schedule';
  readonly state: 'skipped';
  readonly reason: { readonly code: string; readonly message: string };
  /** When the run would have begun. */
  readonly requestedAt: string;
}

export type RunEntry = RunSummary | SkippedView;

/** Outcomes by which ended runs can be found: those that have at least one such row. */
export const filterOutcomes = [
  'accepted',
  'unchanged',
  'duplicate',
  'invalid',
  'refused',
  'failed',
  'unsent',
  'left-out',
] as const;
export type FilterOutcome = (typeof filterOutcomes)[number];

/** The place of an entry in the list, which later runs do not move. */
export interface RunCursor {
  readonly at: number;
  readonly key: string;
}

export interface RunFilter {
  readonly exportId?: ExportId | undefined;
  readonly state?: RunState | 'skipped' | undefined;
  readonly kind?: Run['kind'] | undefined;
  readonly trigger?: Run['trigger'] | undefined;
  /** Requested at this moment or later, ms since 1970. */
  readonly from?: number | undefined;
  /** Requested before this moment. */
  readonly to?: number | undefined;
  readonly outcome?: FilterOutcome | undefined;
  readonly limit: number;
  /** Entries behind this one. */
  readonly after?: RunCursor | undefined;
}

export interface RunsPage {
  readonly runs: readonly RunEntry[];
  readonly next: RunCursor | null;
}

interface Placed extends RunCursor {
  readonly view: () => RunEntry;
}

/** Runs and skipped occurrences of one export or of all, the newest first. */
export async function listRuns(ports: Ports, filter: RunFilter): Promise<RunsPage> {
  const ids =
    filter.exportId === undefined
      ? (await ports.store.exports.list('exports')).map((row) => row.value.definition.id)
      : [filter.exportId];
  const found: Placed[] = [];
  for (const id of ids) {
    if (filter.state !== 'skipped') {
      for (const { value } of await ports.store.runs.list(id)) {
        if (isWantedRun(value, filter)) found.push(placedRun(value));
      }
    }
    if (mayBeSkipped(filter)) {
      for (const { value } of await ports.store.skipped.list(id)) {
        if (isWithin(value.at, filter)) found.push(placedSkipped(value));
      }
    }
  }
  const { after, limit } = filter;
  const behind = after === undefined ? found : found.filter((one) => isBefore(after, one));
  const page = behind.sort((a, b) => (isBefore(a, b) ? -1 : 1)).slice(0, limit);
  const last = page.at(-1);
  const next = last === undefined || behind.length <= limit ? null : { at: last.at, key: last.key };
  return { runs: page.map(({ view }) => view()), next };
}

const placedRun = (run: Run): Placed => ({ at: run.requestedAt, key: run.id, view: () => summarise(run) });

const placedSkipped = ({ exportId, at, reason }: SkippedOccurrence): Placed => ({
  at,
  key: exportId,
  view: () => ({
    id: null,
    export: exportId,
    kind: 'changes',
    trigger: 'schedule',
    state: 'skipped',
    reason,
    requestedAt: timeText(at),
  }),
});

const isBefore = (a: RunCursor, b: RunCursor): boolean => a.at > b.at || (a.at === b.at && a.key < b.key);

const isWithin = (moment: number, { from, to }: RunFilter): boolean =>
  (from === undefined || moment >= from) && (to === undefined || moment < to);

const isWantedRun = (run: Run, filter: RunFilter): boolean => {
  const { state, kind, trigger, outcome } = filter;
  return (
    isWithin(run.requestedAt, filter) &&
    (state === undefined || run.state === state) &&
    (kind === undefined || run.kind === kind) &&
    (trigger === undefined || run.trigger === trigger) &&
    (outcome === undefined || (run.tally !== null && hasRows(run.tally, outcome)))
  );
};

const mayBeSkipped = ({ state = 'skipped', kind = 'changes', trigger = 'schedule', outcome }: RunFilter) =>
  state === 'skipped' && kind === 'changes' && trigger === 'schedule' && outcome === undefined;

/** Of members, and of people who left. */
const hasRows = (tally: RunTally, outcome: FilterOutcome): boolean => {
  switch (outcome) {
    case 'left-out':
      return Object.keys(tally.leftOut).length > 0;
    case 'accepted':
    case 'refused':
    case 'failed':
    case 'unsent':
      return tally[outcome] + tally.leaves[outcome] > 0;
    case 'unchanged':
    case 'duplicate':
    case 'invalid':
      return tally[outcome] > 0;
  }
};
