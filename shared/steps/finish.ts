import type { Run } from '../domain/run.ts';
import { endState } from '../domain/run-tally.ts';
import { idleTurn, nextTurn } from '../domain/turn.ts';
import type { MessageOf } from '../messages.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { finalAccountFor } from './account.ts';
import { at } from './addresses.ts';
import { freeMarkers } from './claim-markers.ts';
import { commitOneShard, loadSent, makeCurrent } from './commit-snapshot.ts';
import { afterEnd, ended, type Reason } from './end-run.ts';
import { inTurn } from './in-turn.ts';
import { runMessage } from './outgoing.ts';

const stepSeconds = 240;

/** Commits the snapshot and ends the run. Figures and state are derived from stored rows. */
export async function finish(ports: Ports, message: MessageOf<'finish'>): Promise<readonly Outgoing[]> {
  return inTurn(ports, ports.store.runs, at.run(message.run), 'finish', message, async (held) => {
    const endAt = ports.clock.now() + stepSeconds * 1000;
    const sent = await loadSent(ports, held.value);
    const shards = held.value.plan?.shards ?? 0;
    for (let shard = held.value.committed.shards; shard < shards; shard += 1) {
      if (ports.clock.now() >= endAt || ports.stopping.aborted) {
        const now = ports.clock.now();
        const turn = nextTurn(held.turn, 'finish', now);
        await held.end(turn);
        return [runMessage(held.value.id, turn, now)];
      }
      const { records, markers } = await commitOneShard(ports, held.value, shard, sent);
      await held.update((run) => ({
        ...run,
        committed: {
          shards: shard + 1,
          records: run.committed.records + records,
          markers: [...new Set([...run.committed.markers, ...markers])].sort(),
        },
      }));
    }
    await makeCurrent(ports, held.value, held.value.committed.records);
    await freeMarkers(ports, held.value, held.value.committed.markers);

    const tally = await finalAccountFor(ports, held.value);
    const now = ports.clock.now();
    await held.end(idleTurn(held.turn, now), (run) => {
      const state =
        run.state === 'cancelling'
          ? 'cancelled'
          : endState(tally, {
              kind: run.kind,
              stopped: run.stop !== null,
              outside: run.plan?.tally.outside ?? 0,
            });
      return ended(run, state, reasonFor(run, state), tally, now);
    });
    await afterEnd(ports, held.value);
    return [];
  });
}

const reasonFor = (run: Run, state: Run['state']): Reason | null => {
  if (run.stop !== null) return { code: run.stop.code, message: run.stop.message };
  return state === 'partial'
    ? { code: 'rows-refused', message: 'Some rows were refused or have no final answer; they are listed.' }
    : run.reason;
};
