import { type RunId, runId } from '../shared/domain/ids.ts';
import type { Approval } from '../shared/steps/approve-run.ts';
import type { ApiHandler } from './api.ts';
import { notFound, problem } from './problem.ts';

/** `POST /api/runs/{run}/approve`: a person lets a held run be sent. */
export const approve =
  (approveRun: (id: RunId) => Promise<Approval>): ApiHandler =>
  async (http) => {
    const id = runId.safeParse(http.params.run);
    const answer: Approval = id.success ? await approveRun(id.data) : { kind: 'unknown' };
    switch (answer.kind) {
      case 'approved':
        return { status: 202, jsonBody: { run: http.params.run, state: 'planning' } };
      case 'not-held':
        return problem(409, 'The run is not held', `It is ${answer.state}.`);
      case 'not-approvable':
        return problem(409, 'The run cannot be approved', answer.reason);
      case 'unknown':
        return notFound('run');
    }
  };
