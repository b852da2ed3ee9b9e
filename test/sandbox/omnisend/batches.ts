import { deflateRawSync } from 'node:zlib';
import type { Draw } from './chance.ts';
import type { Clock } from './clock.ts';
import type { BatchFault } from './faults.ts';
import type { Problem } from './problems.ts';
import type { Switches } from './switches.ts';

export const batchStates = ['pending', 'inProgress', 'finished', 'stopped'] as const;
export type BatchState = (typeof batchStates)[number];

export type ItemResult = { readonly code: number; readonly problem?: Problem };

export type Batch = {
  readonly place: number;
  readonly origin: string | undefined;
  readonly createdAtMs: number;
  readonly total: number;
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
  state: BatchState;
  /** Items in the order of the request of which a result is known. */
  finished: number;
  /** Response codes; 0 while an item has none. */
  readonly codes: Uint16Array;
  problems: Map<number, Problem> | undefined;
  /** The request: parsed until all is applied, then its bytes, deflated, for whoever reads the items. */
  body:
    | { readonly kind: 'parsed'; readonly items: readonly unknown[] }
    | { readonly kind: 'deflated'; readonly bytes: Buffer };
};

const retentionSeconds = 7 * 24 * 3600;
// A batch is applied in several parts, so that finishedCount can be seen to grow.
const parts = 4;
const pendingPart = 0.3;

type Context = {
  readonly brandID: string;
  readonly clock: Clock;
  readonly draw: Draw;
  readonly switches: () => Switches;
  readonly seconds: () => readonly [number, number];
  readonly fault: () => BatchFault;
  readonly apply: (item: unknown) => ItemResult;
};

/** The batches of one brand: pending, then in progress, then finished, each in a time of its own. */
export function createBatchBook({ brandID, clock, draw, switches, seconds, fault, apply }: Context) {
  // Oldest first; `firstPlace` is the place of the first one still kept.
  let kept: Batch[] = [];
  let firstPlace = 0;
  const idPrefix = `ba${brandID.slice(-6)}`;

  function applyPart(batch: Batch, items: readonly unknown[], until: number): void {
    for (; batch.finished < until; batch.finished++) {
      const index = batch.finished;
      const result = apply(items[index]);
      batch.codes[index] = result.code;
      if (result.problem === undefined) continue;
      batch.problems ??= new Map();
      batch.problems.set(index, result.problem);
    }
  }

  function start(batch: Batch, bytes: Buffer, items: readonly unknown[]): void {
    const decided = fault();
    if (decided === 'stuck') return;
    const [least, most] = seconds();
    const lasts = least + (most - least) * draw('batchSeconds');
    const stopAfter = decided === 'stopped' ? Math.floor(draw('stopAfter') * batch.total) : batch.total;
    const partSeconds = (lasts * (1 - pendingPart)) / parts;

    const end = (state: BatchState) => {
      batch.state = state;
      batch.endedAtMs = clock.now();
      batch.body = { kind: 'deflated', bytes: deflateRawSync(bytes, { level: 1 }) };
    };
    const next = (part: number) => {
      applyPart(batch, items, Math.min(Math.ceil((batch.total * part) / parts), stopAfter));
      if (stopAfter < batch.total && batch.finished >= stopAfter) end('stopped');
      else if (batch.finished === batch.total) end('finished');
      else clock.after(partSeconds, () => next(part + 1));
    };
    clock.after(lasts * pendingPart, () => {
      batch.state = 'inProgress';
      batch.startedAtMs = clock.now();
      clock.after(partSeconds, () => next(1));
    });
  }

  function dropExpired(): void {
    const bound = clock.now() - clock.ms(retentionSeconds);
    let expired = 0;
    while ((kept[expired]?.createdAtMs ?? bound) < bound) expired++;
    if (expired === 0) return;
    kept = kept.slice(expired);
    firstPlace += expired;
  }

  return {
    idOf: (batch: Batch) => idPrefix + batch.place.toString(16).padStart(16, '0'),
    /** `bytes` is the whole request body that `items` was parsed from. */
    add(items: readonly unknown[], origin: string | undefined, bytes: Buffer): Batch {
      dropExpired();
      const batch: Batch = {
        place: firstPlace + kept.length,
        origin,
        createdAtMs: clock.now(),
        total: items.length,
        startedAtMs: undefined,
        endedAtMs: undefined,
        state: 'pending',
        finished: 0,
        codes: new Uint16Array(items.length),
        problems: undefined,
        body: { kind: 'parsed', items },
      };
      kept.push(batch);
      start(batch, bytes, items);
      return batch;
    },
    byID(id: string): Batch | undefined {
      dropExpired();
      if (!/^[0-9a-f]{24}$/.test(id) || !id.startsWith(idPrefix)) return undefined;
      return kept[Number.parseInt(id.slice(8), 16) - firstPlace];
    },
    /** Those that a list shows already, oldest first. */
    listed(): readonly Batch[] {
      dropExpired();
      const bound = clock.now() - clock.ms(switches().batchListLagSeconds);
      const last = kept.findLastIndex((batch) => batch.createdAtMs <= bound);
      return kept.slice(0, last + 1);
    },
    countByState(): Record<BatchState, number> {
      const counts = { pending: 0, inProgress: 0, finished: 0, stopped: 0 };
      for (const batch of kept) counts[batch.state]++;
      return counts;
    },
  };
}

export type BatchBook = ReturnType<typeof createBatchBook>;
