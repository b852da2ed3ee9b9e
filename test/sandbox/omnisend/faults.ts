import { z } from 'zod';
import { type Draw, fixedShare } from './chance.ts';
import { type Merged, merge } from './merge.ts';
import { invalid, type Problem, problem, validationProblem } from './problems.ts';

const share = z.number().min(0).max(1);
const status = z.number().int().min(400).max(599);
const seconds = z.number().min(0);

/** What may go wrong, and how often. Shares are of requests, batches or items, as the name says. */
const faultsSchema = z
  .strictObject({
    /** Items refused for good, the same addresses every time. */
    itemRefusals: z.array(z.strictObject({ share, status })),
    /** Items that fail the first time and succeed the next. */
    failOnce: z.strictObject({ share, status }),
    /** Refusals aimed at addresses, in batches and in single writes. */
    refuse: z.array(
      z.strictObject({ email: z.string(), field: z.string(), code: z.string(), message: z.string(), status }),
    ),
    /** Batches that stop half way; the rest of their items is never looked at. */
    stoppedShare: share,
    /** Batches that stay pending for ever. */
    stuckPendingShare: share,
    /** Batches take this long in place of the server's own range. */
    processingSeconds: z.tuple([seconds, seconds]),
    /** Requests answered 429 though the window has room. */
    throttleShare: share,
    /** `retryAfter` of those answers; null leaves it out. */
    retryAfterSeconds: seconds.nullable(),
    /** 500 or 503 with a problem document, without an effect. */
    serverErrorShare: share,
    /** HTML of a proxy: 502 and 520 without an effect, 524 with it. */
    htmlShare: share,
    /** The connection is reset after the effect. */
    lostResponseShare: share,
    /** The effect takes place at once, the answer comes `slowSeconds` later. */
    slowShare: share,
    slowSeconds: seconds,
    /** Success without a body. */
    emptyBodyShare: share,
    /** Only these endpoints, such as "POST /batches", get the faults of requests; without it all do. */
    endpoints: z.array(z.string()),
    /** Every call is answered 403. */
    block403: z.boolean(),
    /** Every call is answered 410. */
    retired: z.boolean(),
    /** Keys that are unknown from now on. */
    revokedKeys: z.array(z.string()),
    /** Requests a minute of somebody else in every brand's window. */
    otherIntegrationPerMinute: seconds,
  })
  .partial();

export type Faults = z.infer<typeof faultsSchema>;

/** Accepts some fault knobs and keeps the rest as they are. */
export const mergeFaults = (current: Faults, given: unknown): Merged<Faults> =>
  merge(current, given, { change: faultsSchema, whole: faultsSchema });

/** What becomes of one request. */
export type RequestFault =
  | { readonly kind: 'none' | 'lost' | 'slow' | 'empty' }
  | { readonly kind: 'throttled' | 'server-error'; readonly problem: Problem }
  | { readonly kind: 'html'; readonly status: number; readonly effect: boolean };

/** What becomes of one batch. */
export type BatchFault = 'none' | 'stuck' | 'stopped';

const htmlStatuses = [502, 520, 524] as const;

function choose<T>(choices: readonly [T, ...T[]], drawn: number): T {
  return choices[Math.floor(drawn * choices.length)] ?? choices[0];
}

/** Decides which requests, batches and items fail: by the seed, so that a bench can be repeated. */
export function createFaultDecisions(faults: () => Faults, seed: number, draw: Draw) {
  const failedOnce = new Set<string>();
  const happens = (purpose: string, chance: number | undefined) =>
    chance !== undefined && chance > 0 && draw(purpose) < chance;

  return {
    request(endpoint: string): RequestFault {
      const now = faults();
      if (now.endpoints !== undefined && !now.endpoints.includes(endpoint)) return { kind: 'none' };
      if (happens('throttle', now.throttleShare)) {
        const retryAfter = now.retryAfterSeconds === undefined ? 5 : now.retryAfterSeconds;
        return { kind: 'throttled', problem: problem(429, retryAfter === null ? {} : { retryAfter }) };
      }
      if (happens('serverError', now.serverErrorShare)) {
        return { kind: 'server-error', problem: problem(choose([500, 503], draw('serverErrorStatus'))) };
      }
      if (happens('html', now.htmlShare)) {
        const chosen = choose(htmlStatuses, draw('htmlStatus'));
        return { kind: 'html', status: chosen, effect: chosen === 524 };
      }
      if (happens('lostResponse', now.lostResponseShare)) return { kind: 'lost' };
      if (happens('slow', now.slowShare)) return { kind: 'slow' };
      if (happens('emptyBody', now.emptyBodyShare)) return { kind: 'empty' };
      return { kind: 'none' };
    },

    batch(): BatchFault {
      if (happens('stuckPending', faults().stuckPendingShare)) return 'stuck';
      return happens('stopped', faults().stoppedShare) ? 'stopped' : 'none';
    },

    /** A refusal aimed at the address, in whatever way the contact is written. */
    aimed(email: string): Problem | undefined {
      const aim = faults().refuse?.find((entry) => entry.email.toLowerCase() === email.toLowerCase());
      if (aim === undefined) return undefined;
      const { field, code, message } = aim;
      // Only a validation problem has a list of errors.
      return aim.status === 400
        ? validationProblem([{ field, code, message }])
        : problem(aim.status, { detail: message });
    },

    /** A refusal of a batch item by share. */
    item(brandID: string, email: string): Problem | undefined {
      const { itemRefusals, failOnce } = faults();
      if (itemRefusals !== undefined) {
        let rest = fixedShare(seed, 'itemRefusals', email);
        for (const refusal of itemRefusals) {
          if (rest < refusal.share) return refusedItem(refusal.status);
          rest -= refusal.share;
        }
      }
      if (failOnce !== undefined && fixedShare(seed, 'failOnce', email) < failOnce.share) {
        const key = `${brandID}/${email}`;
        if (!failedOnce.has(key)) {
          failedOnce.add(key);
          return refusedItem(failOnce.status);
        }
      }
      return undefined;
    },
  };
}

export type FaultDecisions = ReturnType<typeof createFaultDecisions>;

function refusedItem(code: number): Problem {
  return code === 400
    ? validationProblem([invalid('identifiers.0.id', 'Refused by the simulator')])
    : problem(code);
}
