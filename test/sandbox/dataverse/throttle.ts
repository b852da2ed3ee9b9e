import { z } from 'zod';

/** Per user and web server. https://learn.microsoft.com/power-apps/developer/data-platform/api-limits */
export const limitsSchema = z.strictObject({
  windowSeconds: z.number().positive(),
  requests: z.int().positive(),
  executionSeconds: z.number().positive(),
  concurrent: z.int().positive(),
});
export type Limits = z.infer<typeof limitsSchema>;
export const SERVICE_LIMITS: Limits = {
  windowSeconds: 300,
  requests: 6_000,
  executionSeconds: 1_200,
  concurrent: 52,
};

export const THROTTLE_KINDS = ['requests', 'execution-time', 'concurrency'] as const;
export type ThrottleKind = (typeof THROTTLE_KINDS)[number];
export type Refusal = { readonly kind: ThrottleKind; readonly retryAfterSeconds: number };
export type Admission =
  | { readonly kind: 'admitted'; leave(): void; readonly headers: Readonly<Record<string, string>> }
  | ({ readonly kind: 'refused' } & { readonly refusal: Refusal });

const CONCURRENCY_PAUSE_SECONDS = 2;

/** Three limits over one sliding window. Refused requests count too, so carrying on lengthens the wait. */
export function createThrottle(now: () => number) {
  let arrivals: number[] = [];
  let executions: { readonly endedAt: number; readonly ms: number }[] = [];
  let inFlight = 0;
  let inFlightMax = 0;

  return {
    figures: () => ({ inFlight, inFlightMax }),
    reset() {
      arrivals = [];
      executions = [];
      inFlightMax = inFlight;
    },
    enter(limits: Limits): Admission {
      const time = now();
      const since = time - limits.windowSeconds * 1_000;
      arrivals = arrivals.filter((at) => at > since);
      executions = executions.filter(({ endedAt }) => endedAt > since);
      const refuse = (kind: ThrottleKind, retryAfterSeconds: number): Admission => ({
        kind: 'refused',
        refusal: { kind, retryAfterSeconds: Math.max(1, Math.ceil(retryAfterSeconds)) },
      });
      arrivals.push(time);
      if (inFlight >= limits.concurrent) return refuse('concurrency', CONCURRENCY_PAUSE_SECONDS);
      const excess = arrivals.length - limits.requests;
      if (excess > 0) return refuse('requests', ((arrivals[excess - 1] ?? time) - since) / 1_000);
      const spentMs = executions.reduce((sum, { ms }) => sum + ms, 0);
      const allowedMs = limits.executionSeconds * 1_000;
      if (spentMs > allowedMs) {
        return refuse('execution-time', ((executions[0]?.endedAt ?? time) - since) / 1_000);
      }

      inFlight++;
      inFlightMax = Math.max(inFlightMax, inFlight);
      return {
        kind: 'admitted',
        headers: {
          'x-ms-ratelimit-burst-remaining-xrm-requests': String(limits.requests - arrivals.length),
          'x-ms-ratelimit-time-remaining-xrm-requests': ((allowedMs - spentMs) / 1_000).toLocaleString(
            'en-US',
            {
              minimumFractionDigits: 2,
              maximumFractionDigits: 2,
            },
          ),
        },
        leave() {
          inFlight--;
          executions.push({ endedAt: now(), ms: now() - time });
        },
      };
    },
  };
}

const CODES: Record<ThrottleKind, string> = {
  requests: '0x80072322',
  'execution-time': '0x80072321',
  concurrency: '0x80072326',
};

export function refusalBody({ kind }: Refusal, limits: Limits): object {
  const messages: Record<ThrottleKind, string> = {
    requests: `Number of requests exceeded the limit of ${limits.requests} over time window of ${limits.windowSeconds} seconds.`,
    'execution-time': `Combined execution time of incoming requests exceeded limit of ${(limits.executionSeconds * 1_000).toLocaleString('en-US')} milliseconds over time window of ${limits.windowSeconds} seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.`,
    concurrency: `Number of concurrent requests exceeded the limit of ${limits.concurrent}.`,
  };
  return { error: { code: CODES[kind], message: messages[kind] } };
}
