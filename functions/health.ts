import type { HttpHandler } from '@azure/functions';

/** Anonymous, so it says only that the app is up, and which version. */
export const health =
  (version: string): HttpHandler =>
  async () => ({ jsonBody: { status: 'up', version } });
