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

/** The same for what may be asked again: `Retry-After` in whole seconds. */
export const tryLater = (
  title: string,
  detail: string,
  seconds: number,
  more: Readonly<Record<string, unknown>> = {},
): HttpResponseInit => ({
  ...problem(503, title, detail, more),
  headers: {
    'content-type': 'application/problem+json',
    'retry-after': String(Math.max(1, Math.ceil(seconds))),
  },
});

/** Of an id in the address that nothing has. */
export const notFound = (what: 'connection' | 'export' | 'run'): HttpResponseInit =>
  problem(404, `Unknown ${what}`, `There is no ${what} of that id.`);
