import type { Caller } from '../domain/access.ts';
import type { ExportId } from '../domain/ids.ts';
import type { RunKind } from '../domain/run.ts';
import { runAt, runForKey } from '../domain/run-ids.ts';
import type { SavedExport } from '../domain/saved.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { mayChange } from './export-access.ts';
import { occurrencesOf } from './list-exports.ts';
import { type RunRequest, requestRun } from './request-run.ts';

export interface RequestedRun {
  readonly export: ExportId;
  readonly answer: RunRequest;
}

export interface RunAllOptions {
  readonly kind: RunKind;
  /** Asked again with the same, each export answers with the run that it made then. */
  readonly idempotencyKey: string | null;
}

/** Asks for a run of every export that has an active schedule and that the caller may run. */
export async function runAll(
  ports: Ports,
  caller: Caller,
  { kind, idempotencyKey }: RunAllOptions,
): Promise<readonly RequestedRun[]> {
  const refresh = (await ports.store.schedule.get(at.refresh))?.value.definition ?? null;
  const isScheduled = (saved: SavedExport): boolean =>
    !saved.removing && occurrencesOf(ports, saved, refresh, 1).length > 0;
  const asked: RequestedRun[] = [];
  for (const { value } of await ports.store.exports.list('exports')) {
    const { id, connection } = value.definition;
    if (!isScheduled(value) || !(await mayChange(ports, caller, connection))) continue;
    const requestedAt = ports.clock.now();
    const answer = await requestRun(ports, {
      runId: idempotencyKey === null ? runAt(id, requestedAt) : runForKey(id, idempotencyKey),
      exportId: id,
      kind,
      trigger: 'http',
      requestedAt,
    });
    asked.push({ export: id, answer });
  }
  return asked;
}
