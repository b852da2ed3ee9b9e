import { admitSlices, concurrencyOf, noReaders, type Readers } from '../domain/slice.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import { sliceMessage } from './outgoing.ts';

interface Change {
  /** A run that begins to read. */
  readonly joining?: Readers['reading'][number];
  /** A slice that gives its place back. */
  readonly leaving?: Readers['out'][number];
  /** The source's advice on how many requests to make at a time. */
  readonly advised?: number | undefined;
}

/** Puts slices that wait for a place where one is free: any run's, in turn, within the environment's bound. */
export async function admitReaders(ports: Ports, change: Change = {}): Promise<readonly Outgoing[]> {
  const { joining, leaving, advised } = change;
  let admitted: Readers['out'] = [];
  await changeRow(ports.store.readers, at.readers(ports.source.environment), (stored) => {
    const before = stored ?? noReaders;
    const advice = { advised: advised === undefined ? before.advised : Math.max(1, Math.floor(advised)) };
    const known = [...before.out, ...before.reading].some((entry) => entry.runId === joining?.runId);
    const result = admitSlices(
      {
        ...before,
        ...advice,
        out: before.out.filter((entry) => entry.runId !== leaving?.runId || entry.slice !== leaving.slice),
        reading: joining && !known ? [...before.reading, joining] : before.reading,
      },
      concurrencyOf(advice, ports.limits.readConcurrency),
    );
    admitted = result.admitted;
    return result.readers;
  });
  const now = ports.clock.now();
  const messages: Outgoing[] = [];
  for (const { runId, slice } of admitted) {
    const row = await ports.store.slices.get(at.slice(runId, slice));
    if (row?.value.state === 'waiting') messages.push(sliceMessage(runId, slice, row.value.turn, now));
  }
  return messages;
}
