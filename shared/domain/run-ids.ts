import { hash } from 'node:crypto';
import { type ExportId, type RunId, runId } from './ids.ts';

const compact = (moment: number): string => new Date(moment).toISOString().replace(/[-:.]/g, '');

/** The run of an occurrence: the same however often the occurrence is found. */
export const runAt = (exportId: ExportId, occurrence: number): RunId =>
  runId.parse(`${exportId}.${compact(occurrence)}`);

/** The run of a caller's idempotency key: the same however often the call is repeated. */
export const runForKey = (exportId: ExportId, idempotencyKey: string): RunId =>
  runId.parse(`${exportId}.k${hash('sha256', idempotencyKey).slice(0, 24)}`);
