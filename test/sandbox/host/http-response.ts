import type { ServerResponse } from 'node:http';
import type { HttpCookie, HttpData } from './core.ts';

/** Any answer without a body. */
export function sendEmpty(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': '0' });
  response.end();
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

/** What a function answered. Undefined, when it answered nothing. */
export function sendHttpData(
  response: ServerResponse,
  data: HttpData | undefined,
  customHeaders: Readonly<Record<string, string>>,
): void {
  if (data === undefined) {
    sendEmpty(response, 204, customHeaders);
    return;
  }
  const status = Number(data.statusCode ?? 200);
  for (const [name, value] of Object.entries({ ...customHeaders, ...data.headers })) {
    // A body always goes out in chunks, so a length of the function's own would contradict.
    if (!/^(content-length|transfer-encoding)$/i.test(name)) response.setHeader(name, value);
  }
  const cookies = (data.cookies ?? []).map(cookieText);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  const bytes = data.body?.bytes;
  if (bytes === undefined || bytes.length === 0) {
    sendEmpty(response, status);
    return;
  }
  response.writeHead(status);
  response.write(bytes);
  response.end();
}

function cookieText(cookie: HttpCookie): string {
  const parts = [`${cookie.name}=${encodeURIComponent(cookie.value)}`];
  if (cookie.expires) parts.push(`expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`);
  if (cookie.maxAge) parts.push(`max-age=${cookie.maxAge.value}`);
  if (cookie.domain) parts.push(`domain=${cookie.domain.value}`);
  if (cookie.path) parts.push(`path=${cookie.path.value}`);
  if (cookie.secure?.value) parts.push('secure');
  if (cookie.sameSite === 'lax' || cookie.sameSite === 'strict') parts.push(`samesite=${cookie.sameSite}`);
  if (cookie.sameSite === 'explicitNone') parts.push('samesite=none');
  if (cookie.httpOnly?.value) parts.push('httponly');
  return parts.join('; ');
}
