import type { ExportId, RunId } from '../domain/ids.ts';
import { type News, noNews } from '../domain/news.ts';
import type { Claim, ExportState, Run } from '../domain/run.ts';
import { noStages } from '../domain/stages.ts';
import { firstTurn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { runMessage } from './outgoing.ts';
import { findRetriable, type NothingToRetry } from './retry.ts';

export type RunRequest =
  | { readonly kind: 'accepted'; readonly run: RunId; readonly messages: readonly Outgoing[] }
  /** This very run exists already; nothing was claimed. */
  | { readonly kind: 'known'; readonly run: RunId }
  /** Another run of the export is active. */
  | { readonly kind: 'active'; readonly run: RunId }
  /** A `retry` without a run to retry. */
  | NothingToRetry
  | { readonly kind: 'unknown-export' }
  | { readonly kind: 'unknown-connection'; readonly connection: string }
  | { readonly kind: 'detached' }
  | { readonly kind: 'paused'; readonly reason: string; readonly remedy: string };

export const noState: ExportState = {
  active: null,
  paused: null,
  brand: null,
  uncommitted: null,
  taggedAt: null,
  scheduledUntil: null,
  news: noNews,
};

/** Claims the export's active-run row, makes the run and asks for its start. The timer and HTTP both come this way. */
export async function requestRun(ports: Ports, claim: Claim): Promise<RunRequest> {
  if ((await ports.store.runs.get(at.run(claim.runId))) !== undefined)
    return { kind: 'known', run: claim.runId };
  const definition = await ports.store.exports.get(at.export(claim.exportId));
  if (definition === undefined || definition.value.removing) return { kind: 'unknown-export' };
  if (definition.value.isDetached) return { kind: 'detached' };
  const { connection } = definition.value.definition;
  if ((await ports.store.connections.get(at.connection(connection))) === undefined) {
    return { kind: 'unknown-connection', connection };
  }

  let before: ExportState = noState;
  await changeRow(ports.store.states, at.state(claim.exportId), (stored) => {
    before = stored ?? noState;
    // A person who asks for a run may have mended what paused the export: the run itself will tell.
    if (before.paused !== null && claim.trigger === 'schedule') return undefined;
    return before.active === null ? { ...before, active: claim } : undefined;
  });
  if (before.paused !== null && claim.trigger === 'schedule') return { kind: 'paused', ...before.paused };
  if (before.active !== null && before.active.runId !== claim.runId) {
    return { kind: 'active', run: before.active.runId };
  }
  const opened = await openRun(ports, claim);
  return opened.kind === 'opened'
    ? { kind: 'accepted', run: claim.runId, messages: opened.messages }
    : opened;
}

export type OpenedRun = { readonly kind: 'opened'; readonly messages: readonly Outgoing[] } | NothingToRetry;

/** Makes the run that a claim names, unless it is there. Also the supervisor's way of mending a claim without a run. */
export async function openRun(ports: Ports, claim: Claim): Promise<OpenedRun> {
  const definition = await ports.store.exports.get(at.export(claim.exportId));
  const connection =
    definition && (await ports.store.connections.get(at.connection(definition.value.definition.connection)));
  // Who detaches or removes an export says so in its row, then looks for a claim: what is claimed later ends here.
  const isOff = definition?.value.isDetached || definition?.value.removing !== undefined;
  if (definition === undefined || connection === undefined || isOff) {
    await releaseClaim(ports, claim.exportId, claim.runId);
    return { kind: 'opened', messages: [] };
  }
  // With the claim in hand: no other run of the export can end in between.
  const earlier = claim.kind === 'retry' ? await findRetriable(ports, claim.exportId) : null;
  if (earlier?.kind === 'nothing-to-retry') {
    await releaseClaim(ports, claim.exportId, claim.runId);
    return earlier;
  }
  const now = ports.clock.now();
  const run: Run = {
    id: claim.runId,
    kind: claim.kind,
    retryOf: earlier?.run ?? null,
    trigger: claim.trigger,
    definition: definition.value.definition,
    secretName: connection.value.secretName,
    confirmBrand: claim.confirmBrand ?? null,
    state: 'queued',
    reason: null,
    stop: null,
    requestedAt: claim.requestedAt,
    startedAt: null,
    endedAt: null,
    stages: noStages,
    progressAt: now,
    turn: firstTurn('start-run', now),
    brand: null,
    slices: 0,
    division: null,
    marks: null,
    plan: null,
    pages: null,
    tagged: [],
    tagsFrom: 0,
    probed: [],
    looks: 0,
    forbidden: { lookAt: null, postAt: null },
    committed: { shards: 0, records: 0, markers: [] },
    tally: null,
    approvedAt: null,
    kept: 'everything',
  };
  const made = await ports.store.runs.insert(at.run(run.id), run);
  if (made === undefined) return { kind: 'opened', messages: [] };
  ports.log.info('run-requested', { run: run.id, kind: run.kind, trigger: run.trigger });
  return { kind: 'opened', messages: [runMessage(run.id, run.turn, now)] };
}

/** The export is free for its next run. `lastRun`: what became of this one, if it was made. `tell`: what people are to be told of it, by the same write. */
export async function releaseClaim(
  ports: Ports,
  exportId: ExportId,
  run: RunId,
  lastRun?: ExportState['lastRun'],
  tell: (before: News) => News = (before) => before,
): Promise<void> {
  await changeRow(ports.store.states, at.state(exportId), (stored) =>
    stored?.active?.runId === run
      ? { ...stored, active: null, ...(lastRun !== undefined && { lastRun }), news: tell(stored.news) }
      : undefined,
  );
}
