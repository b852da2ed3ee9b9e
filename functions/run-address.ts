import type { HttpRequest } from '@azure/functions';

export const runAddress = (http: HttpRequest, run: string): string =>
  new URL(`/api/runs/${run}`, http.url).href;
