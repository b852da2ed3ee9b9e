import { runId } from '../domain/ids.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';

/** A timer looks after many things: one that fails is reported, and the others are looked after all the same. */
export async function isolated(
  ports: Ports,
  what: string,
  work: () => Promise<readonly Outgoing[]>,
): Promise<readonly Outgoing[]> {
  try {
    return await work();
  } catch (error) {
    ports.log.error('supervision-failed', {
      what,
      run: runId.safeParse(what).data ?? null,
      error: error instanceof Error ? error.message : 'unknown',
    });
    return [];
  }
}
