import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { limit, readQuery } from './query.ts';

/** Room for a display name and an id, in UTF-8. */
export const cursor = z.base64url().max(1_000);

/** `?limit=&after=` of every list of documents. */
export const pageQuery = z.object({
  limit,
  after: cursor.optional(),
});

type AskedPage =
  | { readonly kind: 'ok'; readonly limit: number; readonly after: string | null }
  | { readonly kind: 'wrong'; readonly answer: HttpResponseInit };

export const readPage = (http: HttpRequest): AskedPage => {
  const query = readQuery(http, pageQuery);
  if (query.kind === 'wrong') return query;
  const { after, ...page } = query.value;
  return { kind: 'ok', ...page, after: fromCursor(after) };
};

/** Opaque to callers, so that what it says may change. */
export const toCursor = (last: string | number | null): string | null =>
  last === null ? null : Buffer.from(String(last)).toString('base64url');

export const fromCursor = (cursor: string | undefined): string | null =>
  cursor === undefined ? null : Buffer.from(cursor, 'base64url').toString();

/** Of a list of revisions, the newest first; none comes after what is no number. */
export const revisionAfter = (after: string | null): number | null =>
  after === null ? null : Number(after) || 0;
