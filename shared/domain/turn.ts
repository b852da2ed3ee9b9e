import { z } from 'zod';

/** The verbs that queue messages ask for, one queue each. */
export const steps = [
  'start-run',
  'read-slice',
  'plan-shards',
  'cut-pages',
  'send',
  'settle',
  'finish',
] as const;
export type Step = (typeof steps)[number];

/**
 * Which message of a chain is due, stored in the row that the chain works on. A message whose name is not the due one,
 * or is taken already, has no effect: so a doubled message cannot double a chain.
 */
export const turn = z.object({
  step: z.enum(steps),
  epoch: z.int().min(0),
  sequence: z.int().min(0),
  /** `idle`: no message of the chain is out. The name counts on from here when it is begun again. */
  state: z.enum(['due', 'taken', 'idle']),
  /** Last sign of life, ms since 1970: when it became due, was taken, or last reported progress. */
  at: z.int(),
  /** Not before this moment, ms since 1970: the message is put with that delay. */
  notBefore: z.int(),
  /** Epochs in a row that were begun by the supervisor without progress since. */
  silentEpochs: z.int().min(0),
});
export type Turn = z.infer<typeof turn>;

/** What a message names besides its scope (run or brand) and part (slice or lane). */
export interface TurnName {
  readonly epoch: number;
  readonly sequence: number;
}

const messageLostAfterMs = 60_000;
const holderSilentAfterMs = 60_000;
/** The fifth epoch in a row without progress counts as poison. */
export const maxSilentEpochs = 5;

export const firstTurn = (step: Step, now: number, notBefore = now): Turn => ({
  step,
  epoch: 0,
  sequence: 0,
  state: 'due',
  at: now,
  notBefore,
  silentEpochs: 0,
});

/** No message is out until the chain is begun again. */
export const idleTurn = (held: Turn, now: number): Turn => ({
  ...held,
  sequence: held.sequence + 1,
  state: 'idle',
  at: now,
  notBefore: now,
  silentEpochs: 0,
});

/** The chain goes on with `step` under the next name. Ending a step is progress, so silent epochs start over. */
export const nextTurn = (held: Turn, step: Step, now: number, notBefore = now): Turn => ({
  step,
  epoch: held.epoch,
  sequence: held.sequence + 1,
  state: 'due',
  at: now,
  notBefore: Math.max(now, notBefore),
  silentEpochs: 0,
});

/** Whether a message of this name is the chain's present one, taken already or not. */
export const isNamed = (row: Turn, step: Step, name: TurnName): boolean =>
  row.state !== 'idle' && row.step === step && row.epoch === name.epoch && row.sequence === name.sequence;

export const isDue = (due: Turn, step: Step, name: TurnName): boolean =>
  due.state === 'due' && isNamed(due, step, name);

export const isHeldBy = (row: Turn, held: Turn): boolean =>
  row.state === 'taken' &&
  row.step === held.step &&
  row.epoch === held.epoch &&
  row.sequence === held.sequence;

export const takenTurn = (due: Turn, now: number): Turn => ({ ...due, state: 'taken', at: now });

/** The holder is alive. `progressed` says that work was done, so earlier silent epochs no longer count. */
export const aliveTurn = (held: Turn, now: number, progressed: boolean): Turn => ({
  ...held,
  at: now,
  silentEpochs: progressed ? 0 : held.silentEpochs,
});

/** A step that throws gives its name back, so that the queue's own retries find it due and count up to poison. */
export const givenBackTurn = (held: Turn, now: number): Turn => ({ ...held, state: 'due', at: now });

export type Rescue =
  | { readonly kind: 'none' }
  /** Put the same message again. */
  | { readonly kind: 'put-again'; readonly turn: Turn }
  /** Its holder is silent: a new epoch takes over. */
  | { readonly kind: 'take-over'; readonly turn: Turn }
  | { readonly kind: 'beyond-rescue' };

/** What the supervisor does about a chain, looked at `now`. */
export const rescue = (row: Turn, now: number): Rescue => {
  if (row.state === 'idle') return { kind: 'none' };
  const silentMs = now - Math.max(row.at, row.notBefore);
  if (row.state === 'due') {
    return silentMs > messageLostAfterMs
      ? { kind: 'put-again', turn: { ...row, at: now } }
      : { kind: 'none' };
  }
  if (silentMs <= holderSilentAfterMs) return { kind: 'none' };
  if (row.silentEpochs + 1 >= maxSilentEpochs) return { kind: 'beyond-rescue' };
  return {
    kind: 'take-over',
    turn: {
      ...row,
      epoch: row.epoch + 1,
      state: 'due',
      at: now,
      notBefore: now,
      silentEpochs: row.silentEpochs + 1,
    },
  };
};
