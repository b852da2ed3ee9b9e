import { type BrandId, brandId } from '../domain/ids.ts';
import { isEnded } from '../domain/states.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { leavePlaces } from './end-run.ts';
import { forgetAgain } from './forget.ts';
import { isolated } from './isolated.ts';
import { laneMessage } from './outgoing.ts';
import { poisonLane } from './poison.ts';
import { openRun } from './request-run.ts';
import { rescueChain } from './rescue-chain.ts';
import { superviseRun, superviseSuperseded } from './supervise-run.ts';

/** Puts right what a crash, a lost message or a silent holder left behind. Harmless at any moment, however often. */
export async function supervise(ports: Ports): Promise<readonly Outgoing[]> {
  const messages: Outgoing[] = [];
  const look = async (what: string, work: () => Promise<readonly Outgoing[]>): Promise<void> => {
    messages.push(...(await isolated(ports, what, work)));
  };
  await look('places', () => supervisePlaces(ports));
  const states = await ports.store.states.list('exports');
  for (const claim of states.flatMap((row) => row.value.active ?? [])) {
    await look(claim.runId, async () => {
      const run = await ports.store.runs.get(at.run(claim.runId));
      if (run !== undefined) return superviseRun(ports, run.value);
      const opened = await openRun(ports, claim);
      return opened.kind === 'opened' ? opened.messages : [];
    });
  }
  for (const row of await ports.store.brands.list('brands')) {
    await look(row.key, () => superviseLanes(ports, brandId.parse(row.key)));
  }
  await look('forgotten', async () => {
    await forgetAgain(ports);
    return [];
  });
  ports.log.info('supervised', { put: messages.length });
  return messages;
}

/**
 * Runs that have a place where they read or send: of one that has ended it is taken away, whatever race put it there
 * again. One that is not its export's active run is looked after here, as nobody else does.
 */
async function supervisePlaces(ports: Ports): Promise<readonly Outgoing[]> {
  const readers = await ports.store.readers.get(at.readers(ports.source.environment));
  const brands = await ports.store.brands.list('brands');
  const named = new Set([
    ...[...(readers?.value.out ?? []), ...(readers?.value.reading ?? [])].map((entry) => entry.runId),
    ...brands.flatMap((row) => row.value.sending),
  ]);
  const messages: Outgoing[] = [];
  for (const id of named) {
    const run = await ports.store.runs.get(at.run(id));
    if (run === undefined || isEnded(run.value.state)) await leavePlaces(ports, id);
    else messages.push(...(await superviseSuperseded(ports, run.value)));
  }
  return messages;
}

async function superviseLanes(ports: Ports, brand: BrandId): Promise<readonly Outgoing[]> {
  const messages: Outgoing[] = [];
  for (const row of await ports.store.lanes.list(brand)) {
    const { number } = row.value;
    const chain = await rescueChain(ports, ports.store.lanes, at.lane(brand, number), (turn, now) =>
      laneMessage(brand, number, turn, now),
    );
    messages.push(...(chain === 'beyond-rescue' ? await poisonLane(ports, { brand, lane: number }) : chain));
  }
  return messages;
}
