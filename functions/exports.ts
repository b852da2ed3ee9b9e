import { z } from 'zod';
import type { Caller } from '../shared/domain/access.ts';
import { connectionId, type ExportId, exportId } from '../shared/domain/ids.ts';
import type { Listed } from '../shared/domain/listing.ts';
import type { ExportView, listRevisions } from '../shared/steps/export-view.ts';
import type { ExportFilter, ExportSummary } from '../shared/steps/list-exports.ts';
import type { ApiHandler } from './api.ts';
import { etag } from './if-match.ts';
import { cursor, fromCursor, readPage, revisionAfter, toCursor } from './listing.ts';
import { notFound } from './problem.ts';
import { limit, readQuery } from './query.ts';

export const listQuery = z.object({
  search: z.string().min(1).max(100).optional(),
  segment: z.string().min(1).max(128).optional(),
  connection: connectionId.optional(),
  sort: z.literal('name').optional(),
  after: cursor.optional(),
  limit,
});

/** `GET /api/exports?search=&segment=&connection=&after=&limit=`: by name. */
export const exportList =
  (list: (caller: Caller, filter: ExportFilter) => Promise<Listed<ExportSummary>>): ApiHandler =>
  async (http, caller) => {
    const query = readQuery(http, listQuery);
    if (query.kind === 'wrong') return query.answer;
    const { search, segment, connection, after, limit: most } = query.value;
    const filter = { search, segment, connection, after: fromCursor(after), limit: most };
    const { part, next } = await list(caller, filter);
    return { jsonBody: { exports: part, next: toCursor(next) } };
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
    return view === undefined ? notFound('export') : { headers: etag(view), jsonBody: view };
  };

type ListRevisions = (
  id: ExportId,
  range: { readonly before: number | null; readonly limit: number },
) => ReturnType<typeof listRevisions>;

/** `GET /api/exports/{id}/revisions?limit=&after=`: who changed what, and when; the newest first. */
export const exportRevisions =
  (list: ListRevisions): ApiHandler =>
  async (http) => {
    const page = readPage(http);
    if (page.kind === 'wrong') return page.answer;
    const id = exportId.safeParse(http.params.id);
    const range = { before: revisionAfter(page.after), limit: page.limit };
    const found = id.success ? await list(id.data, range) : undefined;
    if (found === undefined) return notFound('export');
    return { jsonBody: { revisions: found.revisions, next: toCursor(found.next) } };
  };
