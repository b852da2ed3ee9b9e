import type { Caller } from '../domain/access.ts';
import type { ExportDefinition, RefreshSchedule } from '../domain/definition.ts';
import type { ConnectionId, ExportId, RunId } from '../domain/ids.ts';
import { type Listed, listAfter } from '../domain/listing.ts';
import type { ExportState, Run } from '../domain/run.ts';
import type { SavedConnection, SavedExport } from '../domain/saved.ts';
import { nextOccurrences } from '../domain/schedule.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { type Permission, permissionsOf } from './export-access.ts';
import { type TouchView, touchView } from './touch-view.ts';

export interface ExportSummary {
  readonly id: ExportId;
  readonly displayName: string;
  /** No name: the connection is gone. */
  readonly connection: { readonly id: ConnectionId; readonly displayName: string | null };
  readonly segments: readonly string[];
  readonly state: 'active' | 'paused' | 'detached';
  /** The active run, else the one that was active last. */
  readonly lastRun: {
    readonly id: RunId;
    readonly state: Run['state'];
    readonly endedAt: string | null;
  } | null;
  readonly schedule: ExportDefinition['schedule'];
  readonly nextOccurrence: string | null;
  /** The caller's own. */
  readonly permissions: readonly Permission[];
  readonly revision: number;
  readonly created: TouchView;
  readonly updated: TouchView;
}

export interface ExportFilter {
  /** In the id or name of the export or of its connection, whatever the case. */
  readonly search?: string | undefined;
  /** Exports with this segment. */
  readonly segment?: string | undefined;
  readonly connection?: string | undefined;
  readonly after: string | null;
  readonly limit: number;
}

/** What of other rows belongs to an export as a person sees it. */
export interface Surroundings {
  readonly connection: SavedConnection | undefined;
  readonly state: ExportState | undefined;
  readonly refresh: RefreshSchedule | null;
}

/** The exports by name, and what the caller may do with each. */
export async function listExports(
  ports: Ports,
  caller: Caller,
  { search, segment, connection, ...range }: ExportFilter,
): Promise<Listed<ExportSummary>> {
  const { store } = ports;
  const [exports, connections, states, refresh] = await Promise.all([
    store.exports.list('exports'),
    store.connections.list('connections'),
    store.states.list('exports'),
    store.schedule.get(at.refresh),
  ]);
  const connectionOf = new Map(connections.map(({ key, value }) => [key, value]));
  const stateOf = new Map(states.map(({ key, value }) => [key, value]));
  const isFound = ({ definition }: SavedExport): boolean => {
    const name = connectionOf.get(definition.connection)?.definition.displayName ?? '';
    const text = [definition.id, definition.displayName, definition.connection, name]
      .join('\n')
      .toLowerCase();
    return (
      (search === undefined || text.includes(search.toLowerCase())) &&
      (segment === undefined || definition.segments.includes(segment)) &&
      (connection === undefined || definition.connection === connection)
    );
  };
  const found = exports
    .map(({ value }) => value)
    .filter((saved) => !saved.removing && isFound(saved))
    .map((saved) => ({ saved, key: `${saved.definition.displayName.toLowerCase()}\n${saved.definition.id}` }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const { part, next } = listAfter(found, ({ key }) => key, range);
  const summaries = part.map(({ saved }) =>
    summarise(ports, caller, saved, {
      connection: connectionOf.get(saved.definition.connection),
      state: stateOf.get(saved.definition.id),
      refresh: refresh?.value.definition ?? null,
    }),
  );
  return { part: await Promise.all(summaries), next };
}

export async function summarise(
  ports: Ports,
  caller: Caller,
  saved: SavedExport,
  around: Surroundings,
): Promise<ExportSummary> {
  const { definition, isDetached, revision, created, updated } = saved;
  const { connection, state } = around;
  const [next] = occurrencesOf(ports, saved, around.refresh, 1);
  return {
    id: definition.id,
    displayName: definition.displayName,
    connection: { id: definition.connection, displayName: connection?.definition.displayName ?? null },
    segments: definition.segments,
    state: isDetached ? 'detached' : state?.paused ? 'paused' : 'active',
    lastRun: await lastRunOf(ports, state),
    schedule: definition.schedule,
    nextOccurrence: next ?? null,
    permissions: permissionsOf(caller, connection),
    revision,
    created: touchView(created),
    updated: touchView(updated),
  };
}

const time = (moment: number): string => new Date(moment).toISOString();

/** The next moments at which the schedule asks for a run; none of what is detached. */
export const occurrencesOf = (
  { clock }: Ports,
  { definition, isDetached }: Pick<SavedExport, 'definition' | 'isDetached'>,
  refresh: RefreshSchedule | null,
  count: number,
): readonly string[] =>
  isDetached ? [] : nextOccurrences(definition.schedule, refresh, clock.now(), count).map(time);

async function lastRunOf(
  { store }: Ports,
  state: ExportState | undefined,
): Promise<ExportSummary['lastRun']> {
  const active = state?.active ? await store.runs.get(at.run(state.active.runId)) : undefined;
  const last = active?.value ?? state?.lastRun;
  return last === undefined
    ? null
    : { id: last.id, state: last.state, endedAt: last.endedAt === null ? null : time(last.endedAt) };
}
