import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { problem } from './problem.ts';

const cursor = z.base64url().max(400);

/** `?limit=&after=` of every list of documents. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  after: cursor.optional(),
});

type AskedPage =
  | { readonly kind: 'ok'; readonly limit: number; readonly after: string | null }
  | { readonly kind: 'wrong'; readonly answer: HttpResponseInit };

export const readPage = (http: HttpRequest): AskedPage => {
  const parsed = pageQuery.safeParse(Object.fromEntries(http.query));
  if (parsed.success) {
    const { limit, after } = parsed.data;
    return { kind: 'ok', limit, after: after === undefined ? null : fromCursor(after) };
  }
  const errors = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  const detail = 'Send a "limit" from 1 to 500, and as "after" what "next" said.';
  return { kind: 'wrong', answer: problem(400, 'The query is wrong', detail, { errors }) };
};

/** Opaque to callers, so that what it says may change. */
export const toCursor = (last: string | number | null): string | null =>
  last === null ? null : Buffer.from(String(last)).toString('base64url');

const fromCursor = (text: string): string => Buffer.from(text, 'base64url').toString();
