import type { ExportId, RunId } from '../domain/ids.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import { at } from './addresses.ts';
import { cancelRun } from './cancel-run.ts';

/** A run that is cancelled, but settles first what it posted. */
export interface Ending {
  readonly kind: 'ending';
  readonly run: RunId;
  readonly messages: readonly Outgoing[];
}

/** Cancels the export's active run. `null`: none is active any more. Asked again, it goes on. */
export async function endActiveRun(ports: Ports, id: ExportId): Promise<Ending | null> {
  const active = (await ports.store.states.get(at.state(id)))?.value.active ?? null;
  return active === null ? null : endRun(ports, active.runId);
}

/** The same of one run. A claim whose run is not made, or that outlived its run, is the supervisor's to mend. */
export async function endRun(ports: Ports, run: RunId): Promise<Ending | null> {
  const cancelled = await cancelRun(ports, run);
  switch (cancelled.kind) {
    case 'cancelled':
      return null;
    case 'cancelling':
      return { kind: 'ending', run, messages: cancelled.messages };
    case 'ended':
    case 'unknown':
      return { kind: 'ending', run, messages: [] };
  }
}
