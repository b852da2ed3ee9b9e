import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { problem } from './problem.ts';

/** How many of a list come at once. */
export const limit = z.coerce.number().int().min(1).max(500).default(50);

type Query<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'wrong'; readonly answer: HttpResponseInit };

/** Every fault of a query at once. */
export const readQuery = <T>(http: HttpRequest, schema: z.ZodType<T>): Query<T> => {
  const parsed = schema.safeParse(Object.fromEntries(http.query));
  if (parsed.success) return { kind: 'ok', value: parsed.data };
  const errors = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  return { kind: 'wrong', answer: wrongQuery(errors) };
};

export const wrongQuery = (errors: readonly { readonly field: string; readonly message: string }[]) =>
  problem(400, 'The query is wrong', 'Correct the parameters named.', { errors });

/** The address of the next part of a list that is asked for as CSV: https://www.rfc-editor.org/rfc/rfc8288 */
export const nextLink = (http: HttpRequest, parameter: string, value: string): { readonly link: string } => {
  const url = new URL(http.url);
  url.searchParams.set(parameter, value);
  // The function key must not be repeated in an answer.
  url.searchParams.delete('code');
  return { link: `<${url.href}>; rel="next"` };
};
