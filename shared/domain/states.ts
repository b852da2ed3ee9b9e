/** Transitions as data; `assertTransition` is the only place where they are looked up. */
export const runTransitions = {
  queued: ['reading', 'cancelling', 'failed'],
  reading: ['planning', 'held', 'cancelling', 'failed'],
  planning: ['held', 'sending', 'succeeded', 'cancelling', 'failed'],
  held: ['planning', 'sending', 'cancelling', 'failed'],
  sending: ['settling', 'cancelling', 'failed'],
  settling: ['succeeded', 'partial', 'failed', 'cancelling'],
  cancelling: ['cancelled'],
  succeeded: [],
  partial: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type RunState = keyof typeof runTransitions;
export const runStates = Object.keys(runTransitions) as readonly RunState[];
export const isEnded = (state: RunState): boolean => runTransitions[state].length === 0;

export const batchTransitions = {
  planned: ['intent', 'cancelled', 'failed'],
  intent: ['posted', 'planned', 'split', 'settled', 'failed'],
  posted: ['settled', 'planned', 'failed'],
  settled: [],
  split: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type BatchState = keyof typeof batchTransitions;
export const batchStates = Object.keys(batchTransitions) as readonly BatchState[];

export const tagCallTransitions = {
  planned: ['intent', 'cancelled', 'failed'],
  // An intent whose answer is lost is taken over as one.
  intent: ['intent', 'requested', 'planned', 'split', 'refused', 'failed'],
  requested: [],
  refused: [],
  failed: [],
  cancelled: [],
  split: [],
} as const satisfies Record<string, readonly string[]>;

export type TagCallState = keyof typeof tagCallTransitions;
export const tagCallStates = Object.keys(tagCallTransitions) as readonly TagCallState[];

const assertTransition =
  <State extends string>(kind: string, transitions: Readonly<Record<State, readonly string[]>>) =>
  (from: State, to: State): State => {
    if (!transitions[from].includes(to)) throw new Error(`A ${kind} cannot go from ${from} to ${to}.`);
    return to;
  };

/** Returns `to`, or throws: an illegal transition is a bug of ours. */
export const toRunState = assertTransition<RunState>('run', runTransitions);
export const toBatchState = assertTransition<BatchState>('batch', batchTransitions);
export const toTagCallState = assertTransition<TagCallState>('tag call', tagCallTransitions);
