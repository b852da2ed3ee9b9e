import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import type { Caller } from '../shared/domain/access.ts';
import { exportDefinition } from '../shared/domain/definition.ts';
import { type ExportId, exportId } from '../shared/domain/ids.ts';
import { runKind } from '../shared/domain/run.ts';
import type { Schedule } from '../shared/domain/schedule.ts';
import type { RequestedRun, RunAllOptions } from '../shared/steps/run-all.ts';
import type { Rescheduling } from '../shared/steps/schedule-exports.ts';
import type { ApiHandler } from './api.ts';
import { readBody } from './body.ts';
import { wrongDefinition } from './export-problems.ts';
import { problem } from './problem.ts';
import { runAddress } from './run-address.ts';

export const rescheduleBody = z.strictObject({
  exports: z.union([z.literal('all'), z.array(exportId).min(1).max(500)]),
  schedule: exportDefinition.shape.schedule.unwrap(),
});

type Reschedule = (
  exports: readonly ExportId[] | 'all',
  schedule: Schedule,
  caller: Caller,
) => Promise<Rescheduling>;

/** `POST /api/exports/schedule`: one schedule for several exports. Nothing else of them changes, and nothing is run. */
export const rescheduling =
  (reschedule: Reschedule): ApiHandler =>
  async (http, caller) => {
    const asked = await readBody(
      http,
      rescheduleBody,
      'Send {"exports": ["<id>"] or "all", "schedule": "refresh", "off", or {"cron": "0 6 * * *", "timeZone": "Europe/Vilnius"}}.',
    );
    if (asked.kind === 'wrong') return asked.answer;
    const answer = await reschedule(asked.value.exports, asked.value.schedule, caller);
    return answer.kind === 'wrong'
      ? wrongDefinition(answer.faults)
      : { jsonBody: { exports: answer.exports } };
  };

export const runAllBody = z.strictObject({ kind: runKind.default('changes') });

const maxKeyLength = 200;

type RunAll = (caller: Caller, options: RunAllOptions) => Promise<readonly RequestedRun[]>;

/** `POST /api/exports/run`: every export that has an active schedule and that the caller may run, each with its answer. */
export const runningAll =
  (runAll: RunAll): ApiHandler =>
  async (http, caller) => {
    const asked = await readBody(
      http,
      runAllBody,
      'Send nothing, or {"kind": "changes" | "full" | "dry-run" | "retry"}.',
    );
    if (asked.kind === 'wrong') return asked.answer;
    const idempotencyKey = http.headers.get('idempotency-key');
    if (idempotencyKey !== null && (idempotencyKey.length === 0 || idempotencyKey.length > maxKeyLength)) {
      return problem(400, 'The Idempotency-Key is wrong', `Send 1 to ${maxKeyLength} characters, or none.`);
    }
    const runs = await runAll(caller, { kind: asked.value.kind, idempotencyKey });
    return { status: 202, jsonBody: { runs: runs.map((one) => viewOf(http, one)) } };
  };

const viewOf = (http: HttpRequest, { export: id, answer }: RequestedRun) => {
  const run = 'run' in answer ? answer.run : null;
  const url = run === null ? null : runAddress(http, run);
  return { export: id, result: answer.kind, run, url, detail: detailOf(answer) };
};

const detailOf = (answer: RequestedRun['answer']): string | null => {
  switch (answer.kind) {
    case 'accepted':
    case 'known':
      return null;
    case 'active':
      return 'A run is active. Wait for it to end.';
    case 'nothing-to-retry':
      return answer.reason;
    case 'unknown-connection':
      return `Make the connection ${answer.connection}, or choose another.`;
    case 'paused':
      return `${answer.reason} ${answer.remedy}`;
    case 'detached':
      return 'Choose a connection for it first.';
    case 'unknown-export':
      return 'It was removed.';
  }
};
