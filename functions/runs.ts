import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { toCsv } from '../shared/domain/csv.ts';
import { type ExportId, exportId, type RunId, runId } from '../shared/domain/ids.ts';
import { type RunState, runStates } from '../shared/domain/states.ts';
import type { listRuns, RunDescription } from '../shared/steps/describe-run.ts';
import { type ListedOutcome, listedOutcomes, type RowsPage } from '../shared/steps/list-rows.ts';
import { atTheEdge } from './at-the-edge.ts';
import { problem } from './problem.ts';

const unknownRun = (): HttpResponseInit => problem(404, 'Unknown run', 'There is no run of that id.');

const wrongQuery = (error: z.ZodError): HttpResponseInit =>
  problem(400, 'The query is wrong', 'Correct the parameters named.', {
    errors: error.issues.map(({ path, message }) => ({ field: path.join('.'), message })),
  });

const queryOf = (http: HttpRequest): Record<string, string> => Object.fromEntries(http.query);

const listQuery = z.object({
  export: exportId.optional(),
  state: z.enum(runStates as [RunState, ...RunState[]]).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

type Listing = Awaited<ReturnType<typeof listRuns>>;

/** `GET /api/runs?export=&state=&limit=`: the newest first, and the occurrences that made no run. */
export const runs = (
  list: (filter: { exportId?: ExportId; state?: string; limit: number }) => Promise<Listing>,
): HttpHandler =>
  atTheEdge(async (http) => {
    const query = listQuery.safeParse(queryOf(http));
    if (!query.success) return wrongQuery(query.error);
    const { export: id, state, limit } = query.data;
    const filter = {
      limit,
      ...(id !== undefined && { exportId: id }),
      ...(state !== undefined && { state }),
    };
    return { jsonBody: await list(filter) };
  });

/** `GET /api/runs/{run}`: one run with live counts per stage. */
export const oneRun = (describe: (id: RunId) => Promise<RunDescription | undefined>): HttpHandler =>
  atTheEdge(async (http) => {
    const id = runId.safeParse(http.params.run);
    const run = id.success ? await describe(id.data) : undefined;
    return run === undefined ? unknownRun() : { jsonBody: run };
  });

const rowsQuery = z.object({
  outcome: z.enum(listedOutcomes).default('refused'),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
  format: z.enum(['json', 'csv']).default('json'),
});

/** A CSV has no room for it: https://www.rfc-editor.org/rfc/rfc8288 */
const nextLink = (http: HttpRequest, offset: number): { readonly link: string } => {
  const url = new URL(http.url);
  url.searchParams.set('offset', String(offset));
  // The function key must not be repeated in an answer.
  url.searchParams.delete('code');
  return { link: `<${url.href}>; rel="next"` };
};

type ListRows = (
  id: RunId,
  outcome: ListedOutcome,
  range: { readonly offset: number; readonly limit: number },
) => Promise<RowsPage | 'removed' | undefined>;

/** `GET /api/runs/{run}/rows?outcome=&offset=&limit=&format=`: refused, failed, invalid, duplicate or left-out rows. */
export const rows = (list: ListRows): HttpHandler =>
  atTheEdge(async (http) => {
    const id = runId.safeParse(http.params.run);
    const query = rowsQuery.safeParse(queryOf(http));
    if (!query.success) return wrongQuery(query.error);
    const { outcome, offset, limit, format } = query.data;
    const page = id.success ? await list(id.data, outcome, { offset, limit }) : undefined;
    if (page === undefined) return unknownRun();
    if (page === 'removed') return problem(410, 'The rows are gone', 'Lists of rows are kept for 30 days.');
    if (format === 'json') return { jsonBody: page };
    const columns = ['customerId', 'outcome', 'field', 'reason', 'message'] as const;
    const table = page.rows.map((row) => columns.map((column) => row[column]));
    const headers = {
      'content-type': 'text/csv; charset=utf-8',
      ...(page.next !== null && nextLink(http, page.next)),
    };
    return { headers, body: toCsv(columns, table) };
  });
