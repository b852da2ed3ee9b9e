import type { IncomingMessage } from 'node:http';
import type { HttpData } from './core.ts';
import { decodeSegment } from './routes.ts';

type Nullable = Record<string, { readonly value: string }>;

/** The path without query, and the query without its `?`. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const at = target.indexOf('?');
  return at < 0 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

/** Kestrel refuses a NUL and bytes that should have been escaped. */
export function isBadTarget(target: string): boolean {
  return /%00|[^\x21-\x7e]/.test(target);
}

export function toHttpData(
  request: IncomingMessage,
  params: Readonly<Record<string, string>>,
  body: Buffer,
): HttpData {
  const { path, query } = splitTarget(request.url ?? '/');
  const headers: Nullable = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    headers[name] = { value: (values ?? []).join(',') };
  }
  const method = request.method ?? 'GET';
  return {
    method,
    url: `http://${request.headers.host ?? '127.0.0.1'}${encodePath(path)}${query === '' ? '' : `?${query}`}`,
    nullableHeaders: headers,
    nullableQuery: joinedQuery(query),
    nullableParams: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { value }])),
    // Functions see no body with GET and HEAD.
    ...(method === 'GET' || method === 'HEAD' || body.length === 0 ? {} : { body: { bytes: body } }),
  };
}

/** Repeated keys are one, whatever their case, their values joined by commas under the first spelling. */
export function joinedQuery(query: string): Readonly<Nullable> {
  const joined = new Map<string, { readonly key: string; readonly values: string[] }>();
  for (const [key, value] of new URLSearchParams(query)) {
    const known = joined.get(key.toLowerCase());
    if (known) known.values.push(value);
    else joined.set(key.toLowerCase(), { key, values: [value] });
  }
  return Object.fromEntries(
    [...joined.values()].map(({ key, values }) => [key, { value: values.join(',') }]),
  );
}

/** Decoded and encoded anew, where an escape that survived the decoding stays what it is. */
function encodePath(path: string): string {
  const decoded = path.split('/').map(decodeSegment).join('/');
  return encodeURI(decoded.toWellFormed())
    .replace(/%25([0-9a-f]{2})/gi, '%$1')
    .replace(/[?#]/g, encodeURIComponent);
}

export type ReadBody = { readonly kind: 'body'; readonly body: Buffer } | { readonly kind: 'too-long' };

export async function readBody(request: IncomingMessage, maxBytes: number): Promise<ReadBody> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    const chunk = Buffer.isBuffer(part) ? part : Buffer.from(String(part));
    bytes += chunk.length;
    // Read to the end all the same, so that the client gets the answer and not a reset connection.
    if (bytes <= maxBytes) parts.push(chunk);
  }
  return bytes > maxBytes ? { kind: 'too-long' } : { kind: 'body', body: Buffer.concat(parts) };
}
