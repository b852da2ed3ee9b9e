import type { BrandId, RunId } from './ids.ts';
import type { Step, TurnName } from './turn.ts';

interface Named extends TurnName {
  readonly version: 1;
}

interface OfRun<S extends Step> extends Named {
  readonly step: S;
  readonly run: RunId;
}

interface OfSlice extends OfRun<'read-slice'> {
  readonly slice: number;
}

interface OfLane extends Named {
  readonly step: 'send';
  readonly brand: BrandId;
  readonly lane: number;
}

type RunStep = Exclude<Step, 'read-slice' | 'send'>;

/** What a queue message says: whose it is, and the name under which its receiver finds it due. */
export type Message = { [S in RunStep]: OfRun<S> }[RunStep] | OfSlice | OfLane;
