import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AdminResponse } from './admin.ts';
import type { HttpData } from './core.ts';
import { isBadTarget, readBody, splitTarget, toHttpData } from './http-request.ts';
import { sendEmpty, sendHttpData, sendJson } from './http-response.ts';
import type { InvocationResult } from './invoke.ts';
import { type Keys, mayCall, presentedKey } from './keys.ts';
import { errorText, type WriteLog } from './logs.ts';
import type { LoadedFunction, Trigger } from './registrations.ts';
import { compareRoutes, matchRoute } from './routes.ts';

export type HttpFunction = LoadedFunction<Extract<Trigger, { kind: 'http' }>>;
export type HttpServerOptions = {
  readonly port: number;
  readonly keys: Keys;
  readonly functions: readonly HttpFunction[];
  readonly customHeaders: Readonly<Record<string, string>>;
  /** Set when host.json is at fault: then every route says so. */
  readonly fault: string | undefined;
  readonly run: (target: HttpFunction, data: HttpData) => Promise<InvocationResult>;
  readonly admin: (method: string, path: string, body: string) => Promise<AdminResponse>;
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  readonly writeLog: WriteLog;
};
export type HttpServer = {
  readonly url: string;
  /** New connections are refused at once; what is in flight ends. */
  close(): void;
  /** Cuts what is still open. */
  destroy(): void;
};

const maxBodyBytes = 104_857_600;

export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const functions = [...options.functions].sort((a, b) => compareRoutes(a.trigger.route, b.trigger.route));
  const server = createServer((request, response) => {
    response.setHeader('server', 'Kestrel');
    void options.track(
      answer({ ...options, functions }, request, response).catch((error: unknown) => {
        options.writeLog({ level: 'error', category: 'Host.Http', message: errorText(error) });
        if (!response.headersSent) sendEmpty(response, 500);
        else response.destroy();
      }),
    );
  });
  // Functions may take minutes; the real front end has its own limits, which are not the host's.
  server.requestTimeout = 0;
  const { port } = await listen(server, options.port);
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.keepAliveTimeout = 1;
    },
    destroy: () => server.closeAllConnections(),
  };
}

async function listen(server: Server, port: number): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address;
}

async function answer(
  options: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = request.url ?? '/';
  const method = request.method ?? 'GET';
  if (isBadTarget(target)) return sendEmpty(response, 400);
  const { path } = splitTarget(target);
  if (/^\/admin(\/|$)/i.test(path)) return answerAdmin(options, request, response, method, path);
  if (options.fault !== undefined)
    return sendText(response, 503, 'Function host is not running.', 'text/plain');
  if (path === '/') return sendText(response, 200, homePage, 'text/html');

  for (const candidate of options.functions) {
    const params = matchRoute(candidate.trigger.route, path);
    if (params === undefined || !candidate.trigger.methods.includes(method)) continue;
    if (!mayCall(candidate.trigger.authLevel, presentedKey(request, options.keys)))
      return sendEmpty(response, 401);
    const read = await readBody(request, maxBodyBytes);
    if (read.kind === 'too-long') return sendEmpty(response, 500);
    const result = await options.run(candidate, toHttpData(request, params, read.body));
    return result.kind === 'failed'
      ? sendEmpty(response, 500)
      : sendHttpData(response, result.returnValue?.http, options.customHeaders);
  }
  return sendEmpty(response, 404);
}

async function answerAdmin(
  options: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  method: string,
  path: string,
): Promise<void> {
  if (/^\/admin\/host\/ping\/?$/i.test(path)) return sendEmpty(response, method === 'HEAD' ? 404 : 200);
  const presented = presentedKey(request, options.keys);
  if (presented === 'function') return sendEmpty(response, 403);
  if (presented !== 'master') return sendEmpty(response, 401, { 'www-authenticate': 'Bearer' });
  const read = await readBody(request, maxBodyBytes);
  if (read.kind === 'too-long') return sendEmpty(response, 500);
  const reply = await options.admin(method, path.replace(/\/$/, ''), read.body.toString('utf8'));
  return reply.body === undefined
    ? sendEmpty(response, reply.status)
    : sendJson(response, reply.status, reply.body);
}

const homePage =
  '<!DOCTYPE html><html lang="en"><head><title>Functions</title></head><body><h1>Your Azure Function App is up and running.</h1></body></html>';

function sendText(response: ServerResponse, status: number, text: string, contentType: string): void {
  response.writeHead(status, {
    'content-type': `${contentType}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
