import { z } from 'zod';
import type { Clock } from '../../ports/clock.ts';
import type { Tokens } from '../../ports/tokens.ts';

export interface DataverseOptions {
  /** Of the environment, e.g. `https://org.crm.dynamics.com`. */
  readonly url: string;
  readonly tokens: Tokens;
  readonly clock: Clock;
  /** Rows asked for in one page; the service gives 5,000 at most, and may give fewer. */
  readonly pageSize?: number;
  readonly timeoutMs?: number;
}

/** One page of any table. */
interface Page {
  readonly rows: readonly unknown[];
  readonly next: string | null;
}

export type Reply =
  | { readonly kind: 'ok'; readonly value: Page }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }
  | { readonly kind: 'transient'; readonly message: string }
  /** What it means depends on what was asked. `text`: the service's words, to be searched and not to be shown. */
  | { readonly kind: 'denied'; readonly status: number; readonly text: string };

export interface Client {
  /** Reads the page at a URL of the environment. */
  get(url: URL): Promise<Reply>;
  /** The address of a table or another resource under the service root. */
  address(path: string, query: Readonly<Record<string, string>>): URL;
  /** A link of the service's as a URL; `undefined` where it leads to another host, which must not see the token. */
  follow(link: string): URL | undefined;
}

const maxAnswerBytes = 64_000_000;
const defaultRetrySeconds = 5;
const longestWaitSeconds = 86_400;

const pageBody = z
  .object({ value: z.array(z.unknown()), '@odata.nextLink': z.string().min(1).optional() })
  .transform((body): Page => ({ rows: body.value, next: body['@odata.nextLink'] ?? null }));

/** `Retry-After` in seconds or as a date. */
const retryAfterSeconds = (header: string | null, now: number): number => {
  if (header === null || header.trim() === '') return defaultRetrySeconds;
  const told = Number(header);
  const seconds = Number.isFinite(told) ? told : (Date.parse(header) - now) / 1000;
  if (Number.isNaN(seconds)) return defaultRetrySeconds;
  return Math.min(Math.max(Math.ceil(seconds), 0), longestWaitSeconds);
};

/** The name of a failure, never its text, which may quote the request. */
const nameOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return error.name;
};

const readCapped = async (response: Response): Promise<string | undefined> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const pageOf = (text: string): Reply => {
  const parsed = pageBody.safeParse(jsonOf(text));
  // A page without its rows is a failed read and not an empty one.
  return parsed.success
    ? { kind: 'ok', value: parsed.data }
    : { kind: 'transient', message: 'an answer that is not a page' };
};

export const dataverseClient = (options: DataverseOptions): Client => {
  const { tokens, clock, pageSize = 5_000, timeoutMs = 60_000 } = options;
  const { origin } = new URL(options.url);
  const scope = `${origin}/.default`;

  const tokenOf = async (fresh: boolean): Promise<string | undefined> => {
    try {
      return await tokens.get(scope, { fresh });
    } catch {
      return undefined;
    }
  };

  const attempt = async (url: URL, fresh: boolean): Promise<Reply> => {
    const token = await tokenOf(fresh);
    if (token === undefined) return { kind: 'transient', message: 'no access token' };
    try {
      const response = await fetch(url, {
        headers: {
          Authorization: `Bearer ${token}`,
          Accept: 'application/json',
          'OData-MaxVersion': '4.0',
          'OData-Version': '4.0',
          // The same with every link of a chain:
          // https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/page-results
          Prefer: `odata.maxpagesize=${pageSize}`,
        },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await readCapped(response);
      if (text === undefined) return { kind: 'transient', message: 'the answer is too large' };
      const { status } = response;
      if (status >= 200 && status < 300) return pageOf(text);
      if (status === 429) {
        const seconds = retryAfterSeconds(response.headers.get('retry-after'), clock.now());
        return { kind: 'throttled', retryAfterSeconds: seconds };
      }
      // 501 says, as 400 does, that a filter is not supported.
      const denied = status >= 400 && status < 500 && status !== 408;
      if (denied || status === 501) return { kind: 'denied', status, text };
      return { kind: 'transient', message: String(status) };
    } catch (error) {
      return { kind: 'transient', message: nameOf(error) };
    }
  };

  return {
    async get(url) {
      const reply = await attempt(url, false);
      // A token may expire in the middle of a chain: the same link goes on with a new one.
      return reply.kind === 'denied' && reply.status === 401 ? attempt(url, true) : reply;
    },
    address(path, query) {
      const parts = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      return new URL(`${origin}/api/data/v9.2/${path}${parts.length > 0 ? `?${parts.join('&')}` : ''}`);
    },
    follow(link) {
      const url = URL.parse(link, `${origin}/api/data/v9.2/`);
      return url !== null && url.origin === origin ? url : undefined;
    },
  };
};
