import { createTimeLog } from './rate-window.ts';

type Span = { first: string | undefined; last: string | undefined; requestsBetween: number };

/** Counts of one brand's requests, taken where they arrive and where they are answered. */
export function createFigures(windowMs: number) {
  const byEndpoint: Record<string, Record<string, number>> = {};
  const itemsByCode: Record<string, number> = {};
  const tooMany = { fromWindow: 0, fromFaults: 0 };
  const posts: Span = { first: undefined, last: undefined, requestsBetween: 0 };
  const windows = { all: createTimeLog(windowMs), tags: createTimeLog(windowMs) };
  const most = { all: 0, tags: 0 };
  let arrived = 0;
  let firstPostAt = 0;
  let accepted = 0;
  let refused = 0;

  function sawInWindow(which: 'all' | 'tags', nowMs: number): void {
    windows[which].add(nowMs);
    most[which] = Math.max(most[which], windows[which].size(nowMs));
  }

  return {
    /** Every request whose key names the brand, refused ones included. */
    arrival(endpoint: string, nowMs: number): void {
      arrived++;
      sawInWindow('all', nowMs);
      if (endpoint.endsWith('/contacts/tags')) sawInWindow('tags', nowMs);
      if (endpoint !== 'POST /batches') return;
      const time = new Date(nowMs).toISOString();
      if (posts.first === undefined) {
        posts.first = time;
        firstPostAt = arrived;
      }
      posts.last = time;
      posts.requestsBetween = arrived - firstPostAt + 1;
    },
    answer(endpoint: string, status: number | 'reset'): void {
      byEndpoint[endpoint] ??= {};
      const counts = byEndpoint[endpoint];
      counts[status] = (counts[status] ?? 0) + 1;
      if (status !== 'reset' && status < 400) accepted++;
      else refused++;
    },
    tooMany(reason: keyof typeof tooMany): void {
      tooMany[reason]++;
    },
    item(code: number): void {
      itemsByCode[code] = (itemsByCode[code] ?? 0) + 1;
    },
    report: () => ({
      requests: { total: arrived, accepted, refused, byEndpoint },
      tooManyRequests: tooMany,
      batchPosts: posts,
      maxInWindow: most,
      itemsByCode,
    }),
  };
}

export type Figures = ReturnType<typeof createFigures>;

export type LoggedRequest = {
  readonly time: string;
  readonly brandID: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly status: number | 'reset';
};

/** The latest requests, at most `capacity`. */
export function createRequestLog(capacity = 20_000) {
  const ring: LoggedRequest[] = [];
  let next = 0;
  return {
    add(request: LoggedRequest): void {
      ring[next] = request;
      next = (next + 1) % capacity;
    },
    oldestFirst: (): LoggedRequest[] => [...ring.slice(next), ...ring.slice(0, next)],
  };
}

export type RequestLog = ReturnType<typeof createRequestLog>;
