import type { HttpHandler } from '@azure/functions';
import { z } from 'zod';
import { type Health, healthFor } from '../shared/steps/check-health.ts';
import type { ApiHandler } from './api.ts';

/** Anonymous, so it says only that the app is up, and which version. */
export const health =
  (version: string): HttpHandler =>
  async () => ({ jsonBody: { status: 'up', version } });

export const healthDetailsView = z.strictObject({
  ok: z.boolean(),
  version: z.string(),
  checkedAt: z.iso.datetime(),
  checks: z.array(
    z.strictObject({
      name: z.enum(['storage', 'vault', 'source', 'omnisend']),
      connection: z.string().nullable(),
      verdict: z.enum(['ok', 'failed', 'skipped']),
      milliseconds: z.int().min(0),
      message: z.string(),
      remedy: z.string(),
    }),
  ),
});

/** `GET /api/health/details`: what the app needs outside, just tried; 503 where anything failed, with the same body. */
export const healthDetails =
  (version: string, look: () => Promise<Health>): ApiHandler =>
  async (_http, caller) => {
    const { ok, checkedAt, checks } = healthFor(caller, await look());
    return {
      status: ok ? 200 : 503,
      headers: { 'cache-control': 'no-store' },
      jsonBody: { ok, version, checkedAt: new Date(checkedAt).toISOString(), checks },
    };
  };
