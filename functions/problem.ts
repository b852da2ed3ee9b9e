import type { HttpResponseInit } from '@azure/functions';

/** An error answer: https://www.rfc-editor.org/rfc/rfc9457. `detail` says what to do next. */
export const problem = (
  status: number,
  title: string,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): HttpResponseInit => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type: 'about:blank', title, status, detail, ...more }),
});
