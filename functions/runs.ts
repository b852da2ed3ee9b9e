import { z } from 'zod';
import { toCsv } from '../shared/domain/csv.ts';
import { exportId, type RunId, runId } from '../shared/domain/ids.ts';
import { runKind } from '../shared/domain/run.ts';
import { type RunState, runStates } from '../shared/domain/states.ts';
import type { RunDescription } from '../shared/steps/describe-run.ts';
import { type ListedOutcome, listedOutcomes, type RowsPage } from '../shared/steps/list-rows.ts';
import { filterOutcomes, type RunCursor, type RunFilter, type RunsPage } from '../shared/steps/list-runs.ts';
import type { ApiHandler } from './api.ts';
import { notFound, problem } from './problem.ts';
import { limit as listLimit, nextLink, readQuery } from './query.ts';

/** A day, or a moment with its zone, as ms since 1970. */
const moment = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], 'write 2026-05-08 or 2026-05-08T10:00:00Z')
  .transform((text) => Date.parse(text));

const listCursor = z.tuple([z.number(), z.string()]);
const writeCursor = ({ at, key }: RunCursor): string =>
  Buffer.from(JSON.stringify([at, key])).toString('base64url');

/** Opaque to who asks: `next` of the answer before. */
const cursor = z.string().transform((text, context): RunCursor => {
  try {
    const [at, key] = listCursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return { at, key };
  } catch {
    context.addIssue({ code: 'custom', message: 'give "next" of the answer before' });
    return z.NEVER;
  }
});

export const runsQuery = z.object({
  export: exportId.optional(),
  state: z
    .enum(runStates as [RunState, ...RunState[]])
    .or(z.literal('skipped'))
    .optional(),
  kind: runKind.optional(),
  trigger: z.enum(['schedule', 'http']).optional(),
  from: moment.optional(),
  to: moment.optional(),
  outcome: z.enum(filterOutcomes).optional(),
  limit: listLimit,
  after: cursor.optional(),
});

/** `GET /api/runs?export=&state=&kind=&trigger=&from=&to=&outcome=&limit=&after=`: runs and skipped occurrences, the newest first. */
export const runs =
  (list: (filter: RunFilter) => Promise<RunsPage>): ApiHandler =>
  async (http) => {
    const query = readQuery(http, runsQuery);
    if (query.kind === 'wrong') return query.answer;
    const { export: exportOf, ...filter } = query.value;
    const { runs: found, next } = await list({ ...filter, exportId: exportOf });
    return { jsonBody: { runs: found, next: next && writeCursor(next) } };
  };

/** `GET /api/runs/{run}`: one run with live counts per stage. */
export const oneRun =
  (describe: (id: RunId) => Promise<RunDescription | undefined>): ApiHandler =>
  async (http) => {
    const id = runId.safeParse(http.params.run);
    const run = id.success ? await describe(id.data) : undefined;
    return run === undefined ? notFound('run') : { jsonBody: run };
  };

export const rowsQuery = z.object({
  outcome: z.enum(listedOutcomes).default('refused'),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
  format: z.enum(['json', 'csv']).default('json'),
});

type ListRows = (
  id: RunId,
  outcome: ListedOutcome,
  range: { readonly offset: number; readonly limit: number },
) => Promise<RowsPage | 'removed' | undefined>;

/** `GET /api/runs/{run}/rows?outcome=&offset=&limit=&format=`: refused, failed, invalid, duplicate or left-out rows. */
export const rows =
  (list: ListRows): ApiHandler =>
  async (http) => {
    const id = runId.safeParse(http.params.run);
    const query = readQuery(http, rowsQuery);
    if (query.kind === 'wrong') return query.answer;
    const { outcome, offset, limit, format } = query.value;
    const page = id.success ? await list(id.data, outcome, { offset, limit }) : undefined;
    if (page === undefined) return notFound('run');
    if (page === 'removed') return problem(410, 'The rows are gone', 'Lists of rows are kept for 30 days.');
    if (format === 'json') return { jsonBody: page };
    const columns = ['customerId', 'outcome', 'field', 'reason', 'message'] as const;
    const table = page.rows.map((row) => columns.map((column) => row[column]));
    const headers = {
      'content-type': 'text/csv; charset=utf-8',
      ...(page.next !== null && nextLink(http, 'offset', String(page.next))),
    };
    return { headers, body: toCsv(columns, table) };
  };
