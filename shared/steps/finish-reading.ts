import type { RunId } from '../domain/ids.ts';
import { entered } from '../domain/stages.ts';
import { nextTurn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { loadSlices } from './load.ts';
import { runMessage } from './outgoing.ts';

/** When every slice of a run is read, planning begins. Of two slices that end at once, one does it. */
export async function finishReading(ports: Ports, id: RunId): Promise<readonly Outgoing[]> {
  const slices = await loadSlices(ports, id);
  if (slices.length === 0 || slices.some((slice) => slice.state !== 'read')) return [];
  const now = ports.clock.now();
  let messages: readonly Outgoing[] = [];
  await changeRow(ports.store.runs, at.run(id), (run) => {
    messages = [];
    if (run?.state !== 'reading') return undefined;
    const turn = nextTurn(run.turn, 'plan-shards', now);
    messages = [runMessage(id, turn, now)];
    return { ...entered(run, 'planning', now), turn, progressAt: now };
  });
  return messages;
}
