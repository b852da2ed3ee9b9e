import type { Clock } from '../../ports/clock.ts';
import type { SourceFault } from '../../ports/source.ts';
import type { TokenAnswer, Tokens } from '../../ports/tokens.ts';
import { cellOf } from './cell.ts';

export interface ClientOptions {
  /** Of the environment, e.g. `https://org.crm.dynamics.com`. */
  readonly url: string;
  readonly tokens: Tokens;
  readonly clock: Pick<Clock, 'now' | 'sleepUntil'>;
  /** Rows asked for in one page; the service gives 5,000 at most, and may give fewer. */
  readonly pageSize?: number;
  readonly timeoutMs?: number;
}

/** One page of any table. */
export interface Page {
  readonly rows: readonly unknown[];
  readonly next: string | null;
  /** How many requests at a time the service advises, where it does. */
  readonly parallel: number | undefined;
  /** How long the service took for it. */
  readonly tookMs: number;
}

/** A refusal, of which only the one who asked knows what it means. `text`: the service's words, searched and never shown. */
export interface Denied {
  readonly kind: 'denied';
  readonly status: number;
  readonly text: string;
}

export type Reply = { readonly kind: 'ok'; readonly value: Page } | Denied | SourceFault;

export interface Client {
  readonly host: string;
  readonly pageSize: number;
  /** The app's token for the environment. */
  token(): Promise<TokenAnswer>;
  /** Reads the page at a URL of the environment, of `pageSize` rows where that is given. */
  get(url: URL, pageSize?: number): Promise<Reply>;
  /** The address of a table or another resource under the service root. */
  address(path: string, query: Readonly<Record<string, string>>): URL;
  /** A link of the service's as a URL; `undefined` where it leads to another host, which must not see the token. */
  follow(link: string): URL | undefined;
}

// Five times what 5,000 rows of 20 columns come to. Four slices are read at a time, each with its answer in memory.
const maxAnswerBytes = 32_000_000;
const maxAnswerRows = 20_000;
const defaultRetrySeconds = 5;
const longestWaitSeconds = 86_400;

/** `Retry-After` in seconds or as a date. */
const retryAfterSeconds = (header: string | null, now: number): number => {
  if (header === null || header.trim() === '') return defaultRetrySeconds;
  const told = Number(header);
  const seconds = Number.isFinite(told) ? told : (Date.parse(header) - now) / 1000;
  if (Number.isNaN(seconds)) return defaultRetrySeconds;
  // A date that has passed here, by a clock that differs, is no leave to ask without a pause.
  return Math.min(Math.max(Math.ceil(seconds), 1), longestWaitSeconds);
};

/** https://learn.microsoft.com/power-apps/developer/data-platform/send-parallel-requests */
const parallelOf = (header: string | null): number | undefined => {
  const told = Number(header ?? '');
  return Number.isInteger(told) && told >= 1 ? told : undefined;
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

/** Waiting does not make it smaller. */
const tooLarge: SourceFault = {
  kind: 'configuration',
  faults: [
    {
      field: 'environment',
      message: `A page of the environment is larger than ${maxAnswerBytes / 1_000_000} MB or ${maxAnswerRows} rows.`,
      remedy: 'Match fewer columns, above all none that hold long texts.',
    },
  ],
};

/** By hand, as a schema takes as long for a page as parsing it does. */
const pageOf = (text: string, told: Pick<Page, 'parallel' | 'tookMs'>): Reply => {
  const body = jsonOf(text);
  const rows = cellOf(body, 'value');
  const next = cellOf(body, '@odata.nextLink') ?? null;
  // A page without its rows is a failed read and not an empty one.
  const isPage = Array.isArray(rows) && (next === null || (typeof next === 'string' && next !== ''));
  if (!isPage) return { kind: 'transient', message: 'an answer that is not a page' };
  return rows.length > maxAnswerRows ? tooLarge : { kind: 'ok', value: { rows, next, ...told } };
};

export const dataverseClient = (options: ClientOptions): Client => {
  const { tokens, clock, pageSize: usualSize = 5_000, timeoutMs = 60_000 } = options;
  const { origin, host } = new URL(options.url);
  // The service counts requests that it refuses, so readers that each obey only their own answers may never get in.
  let pausedUntil = 0;
  const scope = `${origin}/.default`;

  const ask = async (url: URL, token: string, pageSize: number): Promise<Reply> => {
    const from = clock.now();
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
      if (text === undefined) return tooLarge;
      const { status, headers } = response;
      if (status >= 200 && status < 300) {
        const parallel = parallelOf(headers.get('x-ms-dop-hint'));
        return pageOf(text, { parallel, tookMs: clock.now() - from });
      }
      if (status === 429) {
        const told = retryAfterSeconds(headers.get('retry-after'), clock.now());
        pausedUntil = Math.max(pausedUntil, clock.now() + told * 1000);
        return { kind: 'throttled', retryAfterSeconds: told };
      }
      // 501 says, as 400 does, that a filter is not supported.
      const denied = status >= 400 && status < 500 && status !== 408;
      if (denied || status === 501) return { kind: 'denied', status, text };
      return { kind: 'transient', message: String(status) };
    } catch (error) {
      return { kind: 'transient', message: nameOf(error) };
    }
  };

  const attempt = async (url: URL, pageSize: number, fresh: boolean): Promise<Reply> => {
    const token = await tokens.get(scope, { fresh });
    switch (token.kind) {
      case 'ok':
        return ask(url, token.token, pageSize);
      case 'unavailable':
        return { kind: 'transient', message: `no access token: ${token.message}` };
      case 'refused':
        return { kind: 'configuration', faults: [token.fault] };
    }
  };

  return {
    host,
    pageSize: usualSize,
    token: () => tokens.get(scope),
    async get(url, pageSize = usualSize) {
      const pausedMs = pausedUntil - clock.now();
      if (pausedMs > 0) return { kind: 'throttled', retryAfterSeconds: Math.ceil(pausedMs / 1000) };
      const reply = await attempt(url, pageSize, false);
      // A token may expire in the middle of a chain: the same link goes on with a new one.
      return reply.kind === 'denied' && reply.status === 401 ? attempt(url, pageSize, true) : reply;
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
