import type { DestinationAnswer } from '../domain/answers.ts';
import type { BrandId } from '../domain/ids.ts';
import {
  afterAnswer,
  afterFailure,
  afterThrottled,
  isLate,
  isOpen,
  newSlots,
  reserve,
  type Slots,
} from '../domain/slots.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';

export type Reservation =
  /** At most as many as asked for. */
  | { readonly kind: 'reserved'; readonly moments: readonly number[] }
  /** No slot soon: come back then, ms since 1970. */
  | { readonly kind: 'later'; readonly at: number };

const maxRate = ({ limits }: Ports): number => limits.requestsPerMinute * limits.startRate;

/** Takes the next free slots of a brand. Every request to Omnisend is made in one, whoever makes it. */
export async function reserveSlots(ports: Ports, brand: BrandId, count: number): Promise<Reservation> {
  let reservation: Reservation = { kind: 'reserved', moments: [] };
  await changeRow(ports.store.slots, at.slots(brand), (stored) => {
    const rate = maxRate(ports);
    const answer = reserve(stored ?? newSlots(rate), { now: ports.clock.now(), count, maxRate: rate });
    reservation = answer;
    return answer.kind === 'reserved' ? answer.slots : undefined;
  });
  return reservation;
}

/** Tells the brand's budget what came back: a 429 freezes and slows it, an outage opens its breaker. */
export async function noteAnswers(
  ports: Ports,
  brand: BrandId,
  answers: readonly DestinationAnswer<unknown>[],
): Promise<void> {
  if (answers.length === 0) return;
  await changeRow(ports.store.slots, at.slots(brand), (stored) => {
    if (stored === undefined) return undefined;
    const now = ports.clock.now();
    const after = answers.reduce<Slots>((slots, answer) => {
      switch (answer.kind) {
        case 'throttled':
          return afterThrottled(slots, {
            now,
            maxRate: maxRate(ports),
            ...(answer.retryAfterSeconds !== undefined && { retryAfterSeconds: answer.retryAfterSeconds }),
          });
        case 'ambiguous':
          return afterFailure(slots, { now, random: ports.clock.random() });
        default:
          return afterAnswer(slots);
      }
    }, stored);
    return after === stored ? undefined : after;
  });
}

/**
 * Waits for its slot; `false`: nothing may be sent in it. It was missed, the host is stopping, or the brand was frozen
 * or its breaker opened since it was reserved.
 */
export async function awaitSlot(ports: Ports, brand: BrandId, moment: number): Promise<boolean> {
  await ports.clock.sleepUntil(moment, ports.stopping);
  if (ports.stopping.aborted) return false;
  const slots = await ports.store.slots.get(at.slots(brand));
  const now = ports.clock.now();
  return slots !== undefined && !isLate(moment, now) && isOpen(slots.value, now);
}

export type Asked<T> = DestinationAnswer<T> | { readonly kind: 'later'; readonly at: number };

const missedPauseMs = 1_000;

/** One request to Omnisend in a slot of its own. */
export async function ask<T>(
  ports: Ports,
  brand: BrandId,
  request: () => Promise<DestinationAnswer<T>>,
): Promise<Asked<T>> {
  const [asked] = await askAll(ports, brand, [request]);
  return asked ?? { kind: 'later', at: ports.clock.now() + missedPauseMs };
}

/** Several requests in slots that are reserved together. Those that got none, or missed theirs, are `later`. */
export async function askAll<T>(
  ports: Ports,
  brand: BrandId,
  requests: readonly (() => Promise<DestinationAnswer<T>>)[],
): Promise<readonly Asked<T>[]> {
  const reservation = await reserveSlots(ports, brand, requests.length);
  if (reservation.kind === 'later') return requests.map(() => reservation);
  const asked = await Promise.all(
    requests.map(async (request, index): Promise<Asked<T>> => {
      const moment = reservation.moments[index];
      const isSent = moment !== undefined && (await awaitSlot(ports, brand, moment));
      return isSent ? request() : { kind: 'later', at: ports.clock.now() + missedPauseMs };
    }),
  );
  const answers = asked.flatMap((answer) => (answer.kind === 'later' ? [] : [answer]));
  await noteAnswers(ports, brand, answers);
  return asked;
}
