import { cancelUnposted, failUnposted } from '../domain/batch.ts';
import { idleTurn, isNamed, type Step, type Turn } from '../domain/turn.ts';
import type { Message, MessageOf } from '../messages.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { wakeLanes } from './begin-sending.ts';
import { changePage } from './change-page.ts';
import { changeRow } from './change-row.ts';
import { failRun } from './end-run.ts';
import { loadChanges } from './load.ts';

/**
 * What a message that failed for good means: a lane's, for the page it was at; any other step's, for its run. One whose
 * name is no longer due means nothing: its chain has gone on without it.
 */
export async function poison(ports: Ports, message: Message): Promise<readonly Outgoing[]> {
  ports.log.error('message-poisoned', { ...message });
  const turn = await turnOf(ports, message);
  if (turn === undefined || !isNamed(turn, message.step, message)) return [];
  switch (message.step) {
    case 'send':
      return poisonLane(ports, message);
    case 'read-slice':
      return failRun(ports, message.run, poisoned(message.step));
    case 'start-run':
    case 'plan-shards':
    case 'cut-pages':
    case 'settle':
    case 'finish':
      return failRun(ports, message.run, poisoned(message.step), { chainDead: true });
  }
}

async function turnOf(ports: Ports, message: Message): Promise<Turn | undefined> {
  const { lanes, slices, runs } = ports.store;
  switch (message.step) {
    case 'send':
      return (await lanes.get(at.lane(message.brand, message.lane)))?.value.turn;
    case 'read-slice':
      return (await slices.get(at.slice(message.run, message.slice)))?.value.turn;
    default:
      return (await runs.get(at.run(message.run)))?.value.turn;
  }
}

const poisoned = (step: Message['step']) => ({
  code: 'step-failed',
  message: `The step ${step} failed again and again; the log names the error.`,
});

/** Why a message of a poison queue had no effect. */
export type PoisonTrouble =
  /** It is none of ours, or of another version: nothing waits for it. */
  | { readonly kind: 'unreadable' }
  /** The supervisor does what it would have done, a while later. */
  | { readonly kind: 'failed'; readonly error: unknown };

/** What such a message held is not told: it may be anything. */
export function tellPoison(ports: Ports, step: Step, trouble: PoisonTrouble): void {
  switch (trouble.kind) {
    case 'unreadable':
      ports.log.error('message-unreadable', { step });
      return;
    case 'failed': {
      const { error } = trouble;
      ports.log.error('poison-failed', { step, error: error instanceof Error ? error.message : 'unknown' });
      return;
    }
  }
}

/** The unposted batches of the lane's page are failed, so that they cannot stop the lane again; then it goes on. */
export async function poisonLane(
  ports: Ports,
  { brand, lane: number }: Pick<MessageOf<'send'>, 'brand' | 'lane'>,
): Promise<readonly Outgoing[]> {
  const lane = await ports.store.lanes.get(at.lane(brand, number));
  const named = lane?.value.page;
  if (named) {
    const address = at.page(named.runId, named.number);
    const page = await ports.store.pages.get(address);
    if (page !== undefined) {
      // A change list that cannot be read may be what poisoned the message; then the rows stay unsent.
      const changes = await loadChanges(ports, page.value).catch(() => null);
      // The row may name a page that another lane was quicker to take.
      await changePage(ports, page.value, changes ?? [], (stored) =>
        stored.lane === number
          ? { ...(changes === null ? cancelUnposted(stored) : failUnposted(stored, changes)), lane: null }
          : undefined,
      );
    }
  }
  await changeRow(ports.store.lanes, at.lane(brand, number), (stored) =>
    stored === undefined || stored.turn.state === 'idle'
      ? undefined
      : { ...stored, page: null, turn: idleTurn(stored.turn, ports.clock.now()) },
  );
  return wakeLanes(ports, brand);
}
