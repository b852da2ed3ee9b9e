import type { DestinationAnswer } from '../domain/answers.ts';
import type { BrandId } from '../domain/ids.ts';
import {
  afterAnswer,
  afterFailure,
  afterFreeze,
  afterThrottled,
  isLate,
  isOpen,
  newSlots,
  type Purpose,
  reserve,
  reserveTag,
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

interface Wanted {
  readonly count: number;
  readonly purpose: Purpose;
  /** No slot further ahead than this is taken. */
  readonly withinMs?: number;
}

/** Takes the next free slots of a brand. Every request to Omnisend is made in one, whoever makes it. */
export async function reserveSlots(ports: Ports, brand: BrandId, wanted: Wanted): Promise<Reservation> {
  let reservation: Reservation = { kind: 'reserved', moments: [] };
  await changeRow(ports.store.slots, at.slots(brand), (stored) => {
    const rate = maxRate(ports);
    const answer = reserve(stored ?? newSlots(rate), { ...wanted, now: ports.clock.now(), maxRate: rate });
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
  purpose: Purpose = 'read',
): Promise<Asked<T>> {
  return askOne(ports, brand, request, { count: 1, purpose });
}

/** For somebody who waits for it: `later` at once where no slot is free within that time, and none is taken. */
export async function askSoon<T>(
  ports: Ports,
  brand: BrandId,
  request: () => Promise<DestinationAnswer<T>>,
  { withinMs }: { readonly withinMs: number },
): Promise<Asked<T>> {
  return askOne(ports, brand, request, { count: 1, purpose: 'read', withinMs });
}

/** Several questions in slots that are reserved together. Those that got none, or missed theirs, are `later`. */
export async function askAll<T>(
  ports: Ports,
  brand: BrandId,
  requests: readonly (() => Promise<DestinationAnswer<T>>)[],
): Promise<readonly Asked<T>[]> {
  return askInSlots(ports, brand, requests, { count: requests.length, purpose: 'read' });
}

async function askOne<T>(
  ports: Ports,
  brand: BrandId,
  request: () => Promise<DestinationAnswer<T>>,
  wanted: Wanted,
): Promise<Asked<T>> {
  const [asked] = await askInSlots(ports, brand, [request], wanted);
  return asked ?? { kind: 'later', at: ports.clock.now() + missedPauseMs };
}

async function askInSlots<T>(
  ports: Ports,
  brand: BrandId,
  requests: readonly (() => Promise<DestinationAnswer<T>>)[],
  wanted: Wanted,
): Promise<readonly Asked<T>[]> {
  const reservation = await reserveSlots(ports, brand, wanted);
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

/** The tag budget's own row takes part in every tag call. */
const maxTagRate = ({ limits }: Ports): number => limits.tagsPerMinute * limits.startRate;

export type TagSlot =
  | { readonly kind: 'reserved'; readonly moment: number }
  | { readonly kind: 'later'; readonly at: number };

const maxTries = 50;

/** One moment for one tag call, taken from both budgets of a brand by one transaction; then `awaitSlot` waits for it. */
export async function reserveTagSlot(ports: Ports, brand: BrandId): Promise<TagSlot> {
  const { slots } = ports.store;
  const rates = { maxRate: maxRate(ports), maxTagRate: maxTagRate(ports) };
  for (let tries = 0; tries < maxTries; tries += 1) {
    const [all, tags] = await Promise.all([slots.get(at.slots(brand)), slots.get(at.tagSlots(brand))]);
    if (all === undefined || tags === undefined) {
      await slots.insert(at.slots(brand), newSlots(rates.maxRate));
      await slots.insert(at.tagSlots(brand), newSlots(rates.maxTagRate));
      continue;
    }
    const reserved = reserveTag(all.value, tags.value, { now: ports.clock.now(), ...rates });
    if (reserved.kind === 'later') return reserved;
    const isTaken = await slots.replaceAll([
      { row: all, value: reserved.all },
      { row: tags, value: reserved.tags },
    ]);
    if (isTaken) return { kind: 'reserved', moment: reserved.moment };
  }
  throw new Error(`The slots of brand ${brand} were changed by others ${maxTries} times in a row.`);
}

/**
 * Tells the budgets what came of a tag call. Which of them a 429 is about is not said: both wait, and the scarcer one
 * goes on slower. An outage is the brand's, whatever was asked.
 */
export async function noteTagAnswer(
  ports: Ports,
  brand: BrandId,
  answer: DestinationAnswer<unknown>,
): Promise<void> {
  if (answer.kind !== 'throttled') return noteAnswers(ports, brand, [answer]);
  const { retryAfterSeconds } = answer;
  const noted = (rate: number) => ({
    now: ports.clock.now(),
    maxRate: rate,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
  await changeRow(ports.store.slots, at.slots(brand), (stored) =>
    stored === undefined ? undefined : afterFreeze(stored, noted(maxRate(ports))),
  );
  await changeRow(ports.store.slots, at.tagSlots(brand), (stored) =>
    stored === undefined ? undefined : afterThrottled(stored, noted(maxTagRate(ports))),
  );
}
