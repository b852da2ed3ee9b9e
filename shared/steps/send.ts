import type { BrandId, RunId } from '../domain/ids.ts';
import { type Lane, laneSeconds } from '../domain/lane.ts';
import { idleTurn, nextTurn } from '../domain/turn.ts';
import type { MessageOf } from '../messages.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { wakeLanes } from './begin-sending.ts';
import { PageClaimer } from './claim-page.ts';
import { countRequests } from './count-requests.ts';
import { type Held, inTurn } from './in-turn.ts';
import { laneMessage } from './outgoing.ts';
import { rescueChain } from './rescue-chain.ts';
import { sendPage } from './send-page.ts';

const pagesPerWatch = 5;
/** A pause up to this is spent in the lane's stretch: through the queue it would take seconds longer. */
const shortPauseMs = 10_000;

interface Work {
  readonly pages: number;
  readonly requests: number;
}

const nothing: Work = { pages: 0, requests: 0 };
/** What a stretch did, by the run that it did it for. */
type Worked = Map<RunId, Work>;

/** One stretch of a lane: page after page, of whichever run of the brand is sending, then its successor. */
export async function send(given: Ports, message: MessageOf<'send'>): Promise<readonly Outgoing[]> {
  const { brand, lane } = message;
  const { ports, requests } = countRequests(given);
  return inTurn(ports, ports.store.lanes, at.lane(brand, lane), 'send', message, async (held) => {
    const { clock } = ports;
    // Some chance in the length, so that lanes that began together do not change over together.
    const endAt = clock.now() + laneSeconds * 1000 * (0.8 + 0.4 * clock.random());
    const claimer = new PageClaimer(ports, brand, held);
    let pages = 0;
    const worked: Worked = new Map();
    const hasWaited = async (until: number): Promise<boolean> => {
      if (until > Math.min(clock.now() + shortPauseMs, endAt)) return false;
      await clock.sleepUntil(until, ports.stopping);
      return true;
    };
    for (;;) {
      if (ports.stopping.aborted || clock.now() >= endAt)
        return goOn(ports, brand, held, worked, clock.now());
      const claimed = await claimer.next();
      if (claimed.kind === 'later') {
        if (await hasWaited(claimed.at)) continue;
        return goOn(ports, brand, held, worked, claimed.at);
      }
      if (claimed.kind === 'none') return rest(ports, brand, held, worked);
      const { page } = claimed;
      const before = requests();
      const sent = await sendPage(ports, brand, lane, page);
      pages += 1;
      const soFar = worked.get(page.runId) ?? nothing;
      worked.set(page.runId, { pages: soFar.pages + 1, requests: soFar.requests + requests() - before });
      const rescued = pages % pagesPerWatch === 0 ? await rescueOthers(ports, brand, lane) : [];
      if (rescued.length > 0) return [...(await goOn(ports, brand, held, worked, clock.now())), ...rescued];
      if (sent.kind === 'later' && !(await hasWaited(sent.at)))
        return goOn(ports, brand, held, worked, sent.at);
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
  worked: Worked,
  notBefore: number,
): Promise<readonly Outgoing[]> {
  const now = ports.clock.now();
  const turn = nextTurn(held.turn, 'send', now, notBefore);
  await held.end(turn);
  tell(ports, brand, held.value.number, worked, false);
  return [laneMessage(brand, held.value.number, turn, now)];
}

/** Nothing to send. A run that began meanwhile may have seen this lane at work, so the brand is looked at once more. */
async function rest(
  ports: Ports,
  brand: BrandId,
  held: Held<Lane>,
  worked: Worked,
): Promise<readonly Outgoing[]> {
  await held.end(idleTurn(held.turn, ports.clock.now()), (lane) => ({ ...lane, page: null }));
  tell(ports, brand, held.value.number, worked, true);
  const claimable = await new PageClaimer(ports, brand, held).isAnyClaimable();
  return claimable ? wakeLanes(ports, brand) : [];
}

/** One event per run; one without a run where there was nothing to send. */
function tell(ports: Ports, brand: BrandId, lane: number, worked: Worked, resting: boolean): void {
  const works: readonly (readonly [RunId | null, Work])[] = worked.size > 0 ? [...worked] : [[null, nothing]];
  for (const [run, { pages, requests }] of works) {
    ports.log.info('lane-worked', { run, brand, lane, pages, requests, resting });
  }
}
