import type { z } from 'zod';
import type { DestinationAnswer } from '../../domain/answers.ts';
import type { Clock } from '../../ports/clock.ts';
import { type Answer, classed, isHtml, jsonOf } from './classing.ts';
import { apiVersion, integration, limits } from './version.ts';

export interface ClientOptions {
  /** Without a slash at its end, e.g. `https://api.omnisend.com/api`. */
  readonly baseUrl: string;
  readonly clock: Clock;
  /** For what writes, and for what reads; 30 s and 10 s by default. */
  readonly postTimeoutMs?: number;
  readonly timeoutMs?: number;
}

export interface Call<T> {
  readonly apiKey: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Ids only. Addresses and telephones never go into a URL, as URLs are logged on their way. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** A 2xx that does not hold to it has an unknown effect. */
  readonly schema: z.ZodType<T>;
  /** Texts of the request, to be masked in Omnisend's words. */
  readonly sent?: () => readonly string[];
}

const nothing = (): readonly string[] => [];

const headersOf = (apiKey: string, hasBody: boolean): Record<string, string> => ({
  Authorization: `Omnisend-API-Key ${apiKey}`,
  'Omnisend-Version': apiVersion,
  'X-INTEGRATION-NAME': integration.name,
  'X-INTEGRATION-VERSION': integration.version,
  Accept: 'application/json',
  ...(hasBody && { 'Content-Type': 'application/json' }),
});

/** The body as text; `undefined` where it is larger than allowed. */
const readCapped = async (response: Response): Promise<string | undefined> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limits.answerBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** The name of a failure, never its text, which may quote the request. */
const nameOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return error.name;
};

/** A key that no header can carry would look like a failure of the network and be tried for ever. */
const canBeSent = (apiKey: string): boolean => /^[\x21-\x7e]{1,500}$/.test(apiKey);

const exchange = async <T>(
  options: ClientOptions,
  call: Call<T>,
  apiKey: string,
): Promise<Answer | string> => {
  const query = call.query === undefined ? '' : `?${new URLSearchParams(call.query)}`;
  const timeoutMs =
    call.method === 'GET'
      ? (options.timeoutMs ?? limits.timeoutMs)
      : (options.postTimeoutMs ?? limits.postTimeoutMs);
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  try {
    const response = await fetch(`${options.baseUrl}${call.path}${query}`, {
      method: call.method,
      headers: headersOf(apiKey, body !== undefined),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body !== undefined && { body }),
    });
    const text = await readCapped(response);
    if (text === undefined) return 'the answer is too large';
    return { status: response.status, headers: response.headers, text };
  } catch (error) {
    return nameOf(error);
  }
};

/** Makes one request and classes its answer. It never repeats, and never throws for what a network may do. */
export const request = async <T>(options: ClientOptions, call: Call<T>): Promise<DestinationAnswer<T>> => {
  const apiKey = call.apiKey.trim();
  if (!canBeSent(apiKey)) return { kind: 'unauthorised' };
  const answer = await exchange(options, call, apiKey);
  if (typeof answer === 'string') return { kind: 'ambiguous', message: answer };
  const { status } = answer;
  if (status < 200 || status > 299) return classed(answer, options.clock.now(), call.sent ?? nothing);
  const parsed = call.schema.safeParse(jsonOf(answer));
  if (isHtml(answer) || !parsed.success)
    return { kind: 'ambiguous', message: `${status} without what it should hold` };
  return { kind: 'ok', value: parsed.data };
};
