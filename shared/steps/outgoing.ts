import type { BrandId, RunId } from '../domain/ids.ts';
import type { Turn } from '../domain/turn.ts';
import type { Outgoing } from '../ports/queue.ts';

const delaySeconds = (turn: Turn, now: number): number =>
  Math.max(0, Math.ceil((turn.notBefore - now) / 1000));

/** The message that a turn of a run's row asks for. */
export const runMessage = (run: RunId, turn: Turn, now: number): Outgoing => {
  const { step, epoch, sequence } = turn;
  if (step === 'send' || step === 'read-slice') throw new Error(`A run's own chain has no step ${step}.`);
  return { message: { version: 1, step, run, epoch, sequence }, delaySeconds: delaySeconds(turn, now) };
};

export const sliceMessage = (run: RunId, slice: number, turn: Turn, now: number): Outgoing => ({
  message: { version: 1, step: 'read-slice', run, slice, epoch: turn.epoch, sequence: turn.sequence },
  delaySeconds: delaySeconds(turn, now),
});

export const laneMessage = (brand: BrandId, lane: number, turn: Turn, now: number): Outgoing => ({
  message: { version: 1, step: 'send', brand, lane, epoch: turn.epoch, sequence: turn.sequence },
  delaySeconds: delaySeconds(turn, now),
});
