import { z } from 'zod';
import type { DestinationFault } from '../../domain/answers.ts';
import { fieldFaults } from './faults.ts';

/** An answer that arrived whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const longestWaitSeconds = 86_400;

/** From what stands before Omnisend, never from itself. */
export const isHtml = ({ headers, text }: Answer): boolean =>
  (headers.get('content-type') ?? '').includes('text/html') || /^\s*</.test(text);

/** The body as JSON; `undefined` where it is none. */
export const jsonOf = ({ text }: Answer): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const seconds = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);
const bodyWait = z.object({ retryAfter: seconds });

const headerWait = (value: string | null, now: number): number | undefined => {
  if (value === null || value.trim() === '') return undefined;
  const told = Number(value);
  if (Number.isFinite(told)) return told;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : (date - now) / 1000;
};

/** Body first, then `Retry-After`, then the seconds to the next window that older versions of the API gave. */
const retryAfterSeconds = (answer: Answer, now: number): number | undefined => {
  const body = bodyWait.safeParse(jsonOf(answer));
  const told = body.success
    ? body.data.retryAfter
    : (headerWait(answer.headers.get('retry-after'), now) ??
      headerWait(answer.headers.get('x-rate-limit-reset'), now));
  return told === undefined ? undefined : Math.min(Math.max(Math.ceil(told), 0), longestWaitSeconds);
};

const throttled = (answer: Answer, now: number): DestinationFault => {
  const told = retryAfterSeconds(answer, now);
  return told === undefined ? { kind: 'throttled' } : { kind: 'throttled', retryAfterSeconds: told };
};

/**
 * Classes an answer that is not a success by what to do next. HTML comes from what stands before Omnisend, so
 * whatever its status it tells nothing of the request, but for "too much" and "too large".
 */
export const classed = (answer: Answer, now: number, sent: () => readonly string[]): DestinationFault => {
  const { status } = answer;
  if (status === 429) return throttled(answer, now);
  if (status === 413) return { kind: 'too-large' };
  if (isHtml(answer)) return { kind: 'ambiguous', message: `${status} with HTML` };
  switch (status) {
    case 401:
      return { kind: 'unauthorised' };
    case 403:
      return { kind: 'forbidden' };
    case 404:
      return { kind: 'absent' };
    case 408:
      return { kind: 'ambiguous', message: '408' };
    case 409:
      return { kind: 'conflict' };
    case 410:
      return { kind: 'retired' };
  }
  if (status >= 400 && status < 500) {
    return { kind: 'refused', faults: fieldFaults(status, jsonOf(answer), sent) };
  }
  return { kind: 'ambiguous', message: String(status) };
};
