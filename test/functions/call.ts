import { type HttpHandler, HttpRequest, type HttpResponseInit, InvocationContext } from '@azure/functions';
import type { ApiHandler } from '../../functions/api.ts';
import { atTheEdge } from '../../functions/at-the-edge.ts';
import { type Caller, keyHolder } from '../../shared/domain/access.ts';

interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number | undefined;
  readonly headers: Headers;
  readonly text: string;
  /** Of a JSON answer, else undefined. */
  readonly json: unknown;
  /** What the function logged as an error. */
  readonly errors: readonly string[];
}

/** A context that keeps what is logged as an error, in place of the host's log. */
export const loggingContext = (functionName = 'tested') => {
  const lines: string[] = [];
  const context = new InvocationContext({
    functionName,
    invocationId: 'invocation-1',
    logHandler: (_level, ...args) => lines.push(args.join(' ')),
  });
  return { context, lines };
};

/** Calls a handler as the host would. */
export const call = async (handler: HttpHandler, options: Call = {}): Promise<Answer> => {
  const { method = 'GET', path = '', params = {}, headers = {}, body } = options;
  const request = new HttpRequest({
    method,
    url: `https://app.example.com/api${path}`,
    params: { ...params },
    query: Object.fromEntries(new URL(`https://app.example.com/api${path}`).searchParams),
    headers: { ...headers },
    ...(body !== undefined && { body: { string: body } }),
  });
  const { context, lines } = loggingContext();
  const given = await handler(request, context);
  const answer: HttpResponseInit = given ?? {};
  const text = answer.jsonBody === undefined ? String(answer.body ?? '') : JSON.stringify(answer.jsonBody);
  const answered = new Headers();
  for (const [name, value] of Object.entries(answer.headers ?? {})) answered.set(name, String(value));
  const isJson = answer.jsonBody !== undefined || (answered.get('content-type') ?? '').includes('json');
  return {
    status: answer.status,
    headers: answered,
    text,
    json: isJson ? JSON.parse(text) : undefined,
    errors: lines,
  };
};

/** The same past the guard, for somebody who may do it. */
export const callApi = (
  handler: ApiHandler,
  options: Call = {},
  caller: Caller = keyHolder,
): Promise<Answer> =>
  call(
    atTheEdge((http) => handler(http, caller)),
    options,
  );
