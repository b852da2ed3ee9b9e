import type { DestinationAnswer } from '../domain/answers.ts';
import type { BrandId } from '../domain/ids.ts';
import {
  afterAnswer,
  afterFailure,
  afterThrottled,
  isLate,
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

/** Waits for its slot; `false` when it was missed (then nothing may be sent) or the host is stopping. */
export async function awaitSlot(ports: Ports, moment: number): Promise<boolean> {
  await ports.clock.sleepUntil(moment, ports.stopping);
  return !ports.stopping.aborted && !isLate(moment, ports.clock.now());
}

export type Asked<T> = DestinationAnswer<T> | { readonly kind: 'later'; readonly at: number };

const maxMissed = 3;

/** One request to Omnisend in a slot of its own. */
export async function ask<T>(
  ports: Ports,
  brand: BrandId,
  request: () => Promise<DestinationAnswer<T>>,
): Promise<Asked<T>> {
  for (let missed = 0; missed < maxMissed; missed += 1) {
    const reservation = await reserveSlots(ports, brand, 1);
    if (reservation.kind === 'later') return reservation;
    const [moment] = reservation.moments;
    if (moment === undefined || !(await awaitSlot(ports, moment))) {
      if (ports.stopping.aborted) break;
      continue;
    }
    const answer = await request();
    await noteAnswers(ports, brand, [answer]);
    return answer;
  }
  return { kind: 'later', at: ports.clock.now() + 1000 };
}
