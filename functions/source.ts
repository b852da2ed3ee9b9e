import type { HttpResponseInit } from '@azure/functions';
import type { ExportId } from '../shared/domain/ids.ts';
import { exportId } from '../shared/domain/ids.ts';
import type { CheckedExport } from '../shared/steps/check-export.ts';
import type { Looked, LookFault, SourceChecks } from '../shared/steps/look-around.ts';
import type { ApiHandler } from './api.ts';
import { notFound, problem, tryLater } from './problem.ts';

/** `GET /api/source/segments` and `/columns`: what can be exported and matched, so that a definition needs no guessing. */
export const lookAround =
  <T>(name: string, look: () => Promise<Looked<readonly T[]>>): ApiHandler =>
  async () => {
    const answer = await look();
    return answer.kind === 'ok' ? { jsonBody: { [name]: answer.value } } : faulted(answer);
  };

/** `GET /api/source/check`: whether the app's own identity, the export user, can read the source. */
export const sourceChecks =
  (check: () => Promise<SourceChecks>): ApiHandler =>
  async () => {
    const checks = await check();
    return { jsonBody: { ok: checks.every((one) => one.ok), checks } };
  };

/** `GET /api/exports/{id}/check`: every fault of a definition at once, each with its remedy. */
export const exportCheck =
  (checkExport: (id: ExportId) => Promise<CheckedExport>): ApiHandler =>
  async (http) => {
    const id = exportId.safeParse(http.params.id);
    const answer: CheckedExport = id.success ? await checkExport(id.data) : { kind: 'unknown-export' };
    switch (answer.kind) {
      case 'checked':
        return {
          jsonBody: { export: http.params.id, ok: answer.faults.length === 0, faults: answer.faults },
        };
      case 'unknown-export':
        return notFound('export');
      default:
        return faulted(answer);
    }
  };

/** What the source's own fault is to who asked. */
export const faulted = (fault: LookFault): HttpResponseInit => {
  switch (fault.kind) {
    case 'configuration':
      return problem(422, 'The source is not set up', 'Mend what is listed.', { faults: fault.faults });
    case 'throttled':
      return tryLater('Not now', 'The source asks to wait.', fault.retryAfterSeconds);
    case 'transient':
    case 'link-dead':
      return tryLater('Not now', 'The source gave no usable answer.', 10);
  }
};
