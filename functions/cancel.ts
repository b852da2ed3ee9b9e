import { type RunId, runId } from '../shared/domain/ids.ts';
import type { Cancellation } from '../shared/steps/cancel-run.ts';
import type { ApiHandler } from './api.ts';
import { notFound, problem } from './problem.ts';

/** `POST /api/runs/{run}/cancel`: stops a run between batches; what is posted is settled first. */
export const cancel =
  (cancelRun: (id: RunId) => Promise<Cancellation>): ApiHandler =>
  async (http) => {
    const id = runId.safeParse(http.params.run);
    const answer: Cancellation = id.success ? await cancelRun(id.data) : { kind: 'unknown' };
    switch (answer.kind) {
      case 'cancelled':
      case 'cancelling':
        return { status: 202, jsonBody: { run: http.params.run, state: answer.kind } };
      case 'ended':
        return problem(409, 'The run has ended', `It is ${answer.state}.`);
      case 'unknown':
        return notFound('run');
    }
  };
