import type { BrandId } from '../domain/ids.ts';
import { type Lane, lanesPerBrand } from '../domain/lane.ts';
import type { Run } from '../domain/run.ts';
import { firstTurn, nextTurn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { laneMessage } from './outgoing.ts';

/** Puts a run among those that the brand's lanes send, then wakes the lanes: in this order none is overlooked. */
export async function beginSending(ports: Ports, run: Run): Promise<readonly Outgoing[]> {
  const { brand } = run;
  if (brand === null) throw new Error(`Run ${run.id} sends without a brand.`);
  await changeRow(ports.store.brands, at.brand(brand.id), (stored) =>
    stored?.sending.includes(run.id)
      ? undefined
      : {
          sending: [...(stored?.sending ?? []), run.id],
          merging: stored?.merging ?? 'unknown',
          asking: stored?.asking ?? null,
        },
  );
  return wakeLanes(ports, brand.id);
}

/**
 * Instances take several messages of a queue at once. Apart by more than their longest pause between two looks, lanes
 * come to different instances, so that the loss of one is not the loss of all.
 */
const apartMs = 3_000;

/** Begins the chain of every lane of the brand that has none. */
export async function wakeLanes(ports: Ports, brand: BrandId): Promise<readonly Outgoing[]> {
  const now = ports.clock.now();
  const messages: Outgoing[] = [];
  for (let number = 0; number < lanesPerBrand; number += 1) {
    let begun: Outgoing | undefined;
    await changeRow<Lane>(ports.store.lanes, at.lane(brand, number), (stored) => {
      begun = undefined;
      if (stored !== undefined && stored.turn.state !== 'idle') return undefined;
      const notBefore = now + number * apartMs;
      const turn =
        stored === undefined
          ? firstTurn('send', now, notBefore)
          : nextTurn(stored.turn, 'send', now, notBefore);
      begun = laneMessage(brand, number, turn, now);
      return { number, turn, page: stored?.page ?? null };
    });
    if (begun !== undefined) messages.push(begun);
  }
  return messages;
}
