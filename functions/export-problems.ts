import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { ConfigurationFault } from '../shared/domain/answers.ts';
import type { Ending } from '../shared/steps/end-active-run.ts';
import { problem } from './problem.ts';
import { runAddress } from './run-address.ts';

export const notAllowed = (): HttpResponseInit =>
  problem(403, 'Not allowed', 'Ask an administrator to share the connection with contributors, or to do it.');

export const wrongDefinition = (faults: readonly ConfigurationFault[]): HttpResponseInit =>
  problem(422, 'The definition is wrong', 'Mend what is listed; nothing was saved.', { faults });

/** A run is cancelled first, and settles what it has posted. */
export const stillEnding = (http: HttpRequest, { run }: Pick<Ending, 'run'>): HttpResponseInit => ({
  status: 202,
  headers: { 'retry-after': '30' },
  jsonBody: {
    state: 'ending',
    run,
    url: runAddress(http, run),
    detail: 'A run is ending. Ask the same again until the answer is 200.',
  },
});
