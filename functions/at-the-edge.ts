import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { problem } from './problem.ts';

/** An unhandled error in an HTTP function would be a 500 with an empty body: it is caught here and said as a problem. */
export const atTheEdge =
  (answer: (request: HttpRequest) => Promise<HttpResponseInit>): HttpHandler =>
  async (request, context) => {
    try {
      return await answer(request);
    } catch (error) {
      context.error(`http-failed ${error instanceof Error ? (error.stack ?? error.name) : 'unknown'}`);
      return problem(500, 'Internal error', `Look for invocation ${context.invocationId} in the log.`);
    }
  };
