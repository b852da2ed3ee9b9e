import type { Caller } from '../domain/access.ts';
import type { ExportDefinition } from '../domain/definition.ts';
import type { DefinitionWarning } from '../domain/definition-warnings.ts';
import type { ExportId } from '../domain/ids.ts';
import type { Revision } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { findWarnings } from './check-definition.ts';
import { type ExportSummary, occurrencesOf, summarise, viewTouch } from './list-exports.ts';

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

export interface RevisionView {
  readonly revision: number;
  readonly what: Revision['what'];
  readonly at: string;
  readonly by: Revision['by'];
  readonly definition: Revision['definition'];
}

/** The history of an export, the newest first; one that was removed keeps it. `undefined`: there never was one. */
export async function listRevisions(
  ports: Ports,
  id: ExportId,
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<{ readonly revisions: readonly RevisionView[]; readonly next: number | null } | undefined> {
  const all = (await ports.store.revisions.list(`export-${id}`)).map(({ value }) => value);
  // A document that came into storage past the API has none yet.
  if (all.length === 0 && (await ports.store.exports.get(at.export(id))) === undefined) return undefined;
  const wanted = all.toReversed().filter(({ revision }) => before === null || revision < before);
  const part = wanted.slice(0, limit);
  return {
    revisions: part.map(({ revision, what, definition, ...touch }) => ({
      revision,
      what,
      ...viewTouch(touch),
      definition,
    })),
    next: part.length < wanted.length ? (part.at(-1)?.revision ?? null) : null,
  };
}
