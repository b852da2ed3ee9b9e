import { createDraw, type Draw } from '../sandbox/omnisend/chance.ts';

type When = 'before' | 'after';

/** What goes wrong at a call of a port: before the outside world sees it, or after it took effect. */
export type Fault =
  /** The process dies. */
  | { readonly kind: 'die'; readonly when: When }
  /** The process is told to stop, and goes on until it is gone. */
  | { readonly kind: 'stop' }
  /** A storage error; of the destination an answer without certainty, of the source a transient one. */
  | { readonly kind: 'throw'; readonly when: When }
  /** The whole process stands still, then goes on. */
  | { readonly kind: 'stall'; readonly when: When; readonly ms: number }
  /** Of `queue.put`: the message is lost, or there twice. */
  | { readonly kind: 'lose' }
  | { readonly kind: 'double' };

export interface Call {
  /** Port and operation, e.g. `store.pages.replace`, `queue.put`. */
  readonly name: string;
  readonly args: readonly unknown[];
  readonly process: number;
}

/** Consulted at every call of every process. */
export type FaultPlan = (call: Call) => Fault | undefined;

export const noFaults: FaultPlan = () => undefined;

/** The `nth` call of this name (from 1), and if `times` is given as many after it. */
export const at = (name: string, fault: Fault, nth = 1, times = 1): FaultPlan => {
  let calls = 0;
  return (call) => {
    if (call.name !== name) return undefined;
    calls += 1;
    return calls >= nth && calls < nth + times ? fault : undefined;
  };
};

/** Every call of this name. */
export const always = (name: string, fault: Fault): FaultPlan => at(name, fault, 1, Number.POSITIVE_INFINITY);

/** Every call of this name whose first argument begins so fails. */
export const broken =
  (name: string, prefix: string): FaultPlan =>
  (call) =>
    call.name === name && String(call.args[0]).startsWith(prefix)
      ? { kind: 'throw', when: 'before' }
      : undefined;

/** How often each call is made by a run in which nothing goes wrong, by the call's name. */
export type CallCounts = ReadonlyMap<string, number>;

/** Changes nothing, and counts. */
export const counting =
  (counts: Map<string, number>): FaultPlan =>
  ({ name }) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return undefined;
  };

interface Chaos {
  readonly seed: number;
  /** How many faults in all. */
  readonly faults: number;
  readonly counts: CallCounts;
}

/** Every kind of call is hit as often as the others: reading makes most of the calls, sending the dangerous ones. */
const scattered = ({ seed, faults, counts }: Chaos, fault: (draw: Draw, call: Call) => Fault): FaultPlan => {
  const draw = createDraw(seed);
  const names = [...counts.keys()].sort();
  const moments = new Set<string>();
  while (moments.size < faults) {
    const name = names[Math.floor(draw('name') * names.length)] ?? '';
    moments.add(`${name} ${1 + Math.floor(draw('nth') * (counts.get(name) ?? 1))}`);
  }
  const made = new Map<string, number>();
  const count = counting(made);
  return (call) => {
    if (moments.size === 0) return undefined;
    count(call);
    return moments.delete(`${call.name} ${made.get(call.name)}`) ? fault(draw, call) : undefined;
  };
};

const whenOf = (draw: Draw): When => (draw('when') < 0.5 ? 'before' : 'after');

/** Kills the process at random calls of any port. */
export const kills = (chaos: Chaos): FaultPlan =>
  scattered(chaos, (draw) => ({ kind: 'die', when: whenOf(draw) }));

/** Anything that can go wrong, at random calls of any port. */
export const everything = (chaos: Chaos): FaultPlan =>
  scattered(chaos, (draw, { name }) => {
    const kind = draw('kind');
    if (name === 'queue.put' && kind < 0.6) return { kind: kind < 0.3 ? 'lose' : 'double' };
    if (kind < 0.35) return { kind: 'throw', when: whenOf(draw) };
    if (kind < 0.65) return { kind: 'die', when: whenOf(draw) };
    if (kind < 0.75) return { kind: 'stop' };
    // A request that is out reaches Omnisend within the POST's time-out, or never: it does not lie about for minutes.
    const when = name.startsWith('destination.') ? 'after' : whenOf(draw);
    return { kind: 'stall', when, ms: Math.floor(10_000 + draw('stall') * 390_000) };
  });
