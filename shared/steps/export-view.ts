import type { Caller } from '../domain/access.ts';
import type { ExportDefinition } from '../domain/definition.ts';
import type { DefinitionWarning } from '../domain/definition-warnings.ts';
import type { ExportId } from '../domain/ids.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { findWarnings } from './check-definition.ts';
import { type ExportSummary, occurrencesOf, summarise } from './list-exports.ts';
import { type RevisionList, revisionsBefore } from './list-revisions.ts';

export interface ExportView extends ExportSummary {
  readonly definition: ExportDefinition;
  /** What a person must mend before it runs on schedule again. */
  readonly paused: { readonly reason: string; readonly remedy: string; readonly at: string } | null;
  readonly nextOccurrences: readonly string[];
  /** `null`: not asked for. */
  readonly warnings: readonly DefinitionWarning[] | null;
}

const occurrencesShown = 5;

/** One export as a person sees it. `withWarnings` asks the source too. */
export async function describeExport(
  ports: Ports,
  id: ExportId,
  caller: Caller,
  { withWarnings }: { readonly withWarnings: boolean },
): Promise<ExportView | undefined> {
  const saved = (await ports.store.exports.get(at.export(id)))?.value;
  if (saved === undefined) return undefined;
  const { definition } = saved;
  const [connection, state, schedule] = await Promise.all([
    ports.store.connections.get(at.connection(definition.connection)),
    ports.store.states.get(at.state(id)),
    ports.store.schedule.get(at.refresh),
  ]);
  const refresh = schedule?.value.definition ?? null;
  const paused = state?.value.paused ?? null;
  const around = { connection: connection?.value, state: state?.value, refresh };
  return {
    ...(await summarise(ports, caller, saved, around)),
    definition,
    paused: paused && { ...paused, at: new Date(paused.at).toISOString() },
    nextOccurrences: occurrencesOf(ports, saved, refresh, occurrencesShown),
    warnings: withWarnings ? await findWarnings(ports, definition) : null,
  };
}

/** The history of an export, the newest first; one that was removed keeps it. `undefined`: there never was one. */
export async function listRevisions(
  ports: Ports,
  id: ExportId,
  range: { readonly before: number | null; readonly limit: number },
): Promise<RevisionList | undefined> {
  const all = (await ports.store.revisions.list(`export-${id}`)).map(({ value }) => value);
  // A document that came into storage past the API has none yet.
  if (all.length === 0 && (await ports.store.exports.get(at.export(id))) === undefined) return undefined;
  return revisionsBefore(all, range);
}
