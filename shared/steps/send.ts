import type { BrandId } from '../domain/ids.ts';
import { type Lane, laneSeconds } from '../domain/lane.ts';
import { idleTurn, nextTurn } from '../domain/turn.ts';
import type { MessageOf } from '../messages.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { wakeLanes } from './begin-sending.ts';
import { PageClaimer } from './claim-page.ts';
import { type Held, inTurn } from './in-turn.ts';
import { laneMessage } from './outgoing.ts';
import { rescueChain } from './rescue-chain.ts';
import { sendPage } from './send-page.ts';

const pagesPerWatch = 5;
/** A pause up to this is spent in the lane's stretch: through the queue it would take seconds longer. */
const shortPauseMs = 10_000;

/** One stretch of a lane: page after page, of whichever run of the brand is sending, then its successor. */
export async function send(ports: Ports, message: MessageOf<'send'>): Promise<readonly Outgoing[]> {
  const { brand, lane } = message;
  return inTurn(ports, ports.store.lanes, at.lane(brand, lane), 'send', message, async (held) => {
    const { clock } = ports;
    // Some chance in the length, so that lanes that began together do not change over together.
    const endAt = clock.now() + laneSeconds * 1000 * (0.8 + 0.4 * clock.random());
    const claimer = new PageClaimer(ports, brand, held);
    let pages = 0;
    const hasWaited = async (until: number): Promise<boolean> => {
      if (until > Math.min(clock.now() + shortPauseMs, endAt)) return false;
      await clock.sleepUntil(until, ports.stopping);
      return true;
    };
    for (;;) {
      if (ports.stopping.aborted || clock.now() >= endAt) return goOn(ports, brand, held, pages, clock.now());
      const claimed = await claimer.next();
      if (claimed.kind === 'later') {
        if (await hasWaited(claimed.at)) continue;
        return goOn(ports, brand, held, pages, claimed.at);
      }
      if (claimed.kind === 'none') return rest(ports, brand, held, pages);
      const sent = await sendPage(ports, brand, lane, claimed.page);
      pages += 1;
      const rescued = pages % pagesPerWatch === 0 ? await rescueOthers(ports, brand, lane) : [];
      if (rescued.length > 0) return [...(await goOn(ports, brand, held, pages, clock.now())), ...rescued];
      if (sent.kind === 'later' && !(await hasWaited(sent.at)))
        return goOn(ports, brand, held, pages, sent.at);
    }
  });
}

/** Lanes watch each other: the supervisor's timer may rest for two minutes after the loss of the instance it ran on. */
async function rescueOthers(ports: Ports, brand: BrandId, lane: number): Promise<readonly Outgoing[]> {
  const messages: Outgoing[] = [];
  for (const { value } of await ports.store.lanes.list(brand)) {
    const { number } = value;
    if (number === lane) continue;
    const chain = await rescueChain(ports, ports.store.lanes, at.lane(brand, number), (turn, now) =>
      laneMessage(brand, number, turn, now),
    );
    // What is beyond rescue is the supervisor's.
    if (chain !== 'beyond-rescue') messages.push(...chain);
  }
  return messages;
}

async function goOn(
  ports: Ports,
  brand: BrandId,
  held: Held<Lane>,
  pages: number,
  notBefore: number,
): Promise<readonly Outgoing[]> {
  const now = ports.clock.now();
  const turn = nextTurn(held.turn, 'send', now, notBefore);
  await held.end(turn);
  ports.log.info('lane-worked', { brand, lane: held.value.number, pages, resting: false });
  return [laneMessage(brand, held.value.number, turn, now)];
}

/** Nothing to send. A run that began meanwhile may have seen this lane at work, so the brand is looked at once more. */
async function rest(
  ports: Ports,
  brand: BrandId,
  held: Held<Lane>,
  pages: number,
): Promise<readonly Outgoing[]> {
  await held.end(idleTurn(held.turn, ports.clock.now()), (lane) => ({ ...lane, page: null }));
  ports.log.info('lane-worked', { brand, lane: held.value.number, pages, resting: true });
  const claimable = await new PageClaimer(ports, brand, held).isAnyClaimable();
  return claimable ? wakeLanes(ports, brand) : [];
}
