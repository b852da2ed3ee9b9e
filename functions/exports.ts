import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { Caller } from '../shared/domain/access.ts';
import { connectionId, type ExportId, exportId } from '../shared/domain/ids.ts';
import type { Listed } from '../shared/domain/listing.ts';
import type { ExportView, listRevisions } from '../shared/steps/export-view.ts';
import type { ExportFilter, ExportSummary } from '../shared/steps/list-exports.ts';
import type { ApiHandler } from './api.ts';
import { unknownExport } from './export-problems.ts';
import { etagOf } from './if-match.ts';
import { problem } from './problem.ts';

const limit = z.coerce.number().int().min(1).max(500).default(50);

export const listQuery = z.object({
  search: z.string().min(1).max(100).optional(),
  segment: z.string().min(1).max(128).optional(),
  connection: connectionId.optional(),
  sort: z.literal('name').optional(),
  after: z.string().min(1).max(1_000).optional(),
  limit,
});

type Query<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'wrong'; readonly answer: HttpResponseInit };

/** Every fault of a query at once. */
export const readQuery = <T>(http: HttpRequest, schema: z.ZodType<T>): Query<T> => {
  const parsed = schema.safeParse(Object.fromEntries(http.query));
  if (parsed.success) return { kind: 'ok', value: parsed.data };
  const errors = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  return {
    kind: 'wrong',
    answer: problem(400, 'The query is wrong', 'Correct the parameters named.', { errors }),
  };
};

/** `GET /api/exports?search=&segment=&connection=&after=&limit=`: by name. */
export const exportList =
  (list: (caller: Caller, filter: ExportFilter) => Promise<Listed<ExportSummary>>): ApiHandler =>
  async (http, caller) => {
    const query = readQuery(http, listQuery);
    if (query.kind === 'wrong') return query.answer;
    const { search, segment, connection, after = null } = query.value;
    const filter = { search, segment, connection, after, limit: query.value.limit };
    const { part, next } = await list(caller, filter);
    return { jsonBody: { exports: part, next } };
  };

const flag = z.enum(['true', 'false']);

export const oneQuery = z.object({ warnings: flag.default('true') });

type Describe = (
  id: ExportId,
  caller: Caller,
  options: { readonly withWarnings: boolean },
) => Promise<ExportView | undefined>;

/** `GET /api/exports/{id}?warnings=`: the definition with its ETag, what comes next, and what to look at. */
export const oneExport =
  (describe: Describe): ApiHandler =>
  async (http, caller) => {
    const id = exportId.safeParse(http.params.id);
    const query = readQuery(http, oneQuery);
    if (query.kind === 'wrong') return query.answer;
    const withWarnings = query.value.warnings === 'true';
    const view = id.success ? await describe(id.data, caller, { withWarnings }) : undefined;
    return view === undefined
      ? unknownExport()
      : { headers: { etag: etagOf(view.revision) }, jsonBody: view };
  };

export const revisionsQuery = z.object({ after: z.coerce.number().int().min(1).optional(), limit });

type ListRevisions = (
  id: ExportId,
  range: { readonly before: number | null; readonly limit: number },
) => ReturnType<typeof listRevisions>;

/** `GET /api/exports/{id}/revisions?after=&limit=`: who changed what, and when; the newest first. */
export const exportRevisions =
  (list: ListRevisions): ApiHandler =>
  async (http) => {
    const id = exportId.safeParse(http.params.id);
    const query = readQuery(http, revisionsQuery);
    if (query.kind === 'wrong') return query.answer;
    const range = { before: query.value.after ?? null, limit: query.value.limit };
    const found = id.success ? await list(id.data, range) : undefined;
    if (found === undefined) return unknownExport();
    const { revisions, next } = found;
    return { jsonBody: { revisions, next: next === null ? null : String(next) } };
  };
