import type { DestinationFault } from '../../shared/domain/answers.ts';
import type { ItemRule } from '../memory/memory-brand.ts';
import type { MemoryDestinationOptions } from '../memory/memory-destination.ts';
import { createDraw, type Draw, fixedShare } from '../sandbox/omnisend/chance.ts';

/** What goes wrong in the world of a seed, besides the faults at calls of the ports. */
export interface Weather {
  readonly size: number;
  readonly processes: number;
  readonly requestsPerMinute: number;
  /** Faults before or after calls of ports. */
  readonly faults: number;
  readonly batchSeconds: readonly [number, number];
  readonly listingLagSeconds: number;
  /** Batches that take hours, not seconds. */
  readonly lateBatches: number;
  readonly stoppedShare: number;
  readonly refusedShare: number;
  readonly failingShare: number;
  /** Requests in all that get an injected answer: lost ones, 500s, 429s. */
  readonly injected: number;
  /** Old messages are put again, late and in any order. */
  readonly repeatsMessages: boolean;
  /** A person cancels a run, whatever it is at. */
  readonly cancels: boolean;
  /** While a run sends, a newer one takes its export from it, as by a person's hand in the table. */
  readonly supersedes: boolean;
}

const oneOf = <T>(draw: Draw, purpose: string, values: readonly [T, ...T[]]): T =>
  values[Math.floor(draw(purpose) * values.length)] ?? values[0];

export const calm: Weather = {
  size: 80,
  processes: 1,
  requestsPerMinute: 400,
  faults: 0,
  batchSeconds: [1, 3],
  listingLagSeconds: 1,
  lateBatches: 0,
  stoppedShare: 0,
  refusedShare: 0,
  failingShare: 0,
  injected: 0,
  repeatsMessages: false,
  cancels: false,
  supersedes: false,
};

export const weatherOf = (seed: number): Weather => {
  const draw = createDraw(seed);
  return {
    size: oneOf(draw, 'size', [30, 80, 140]),
    processes: oneOf(draw, 'processes', [1, 1, 2, 3]),
    requestsPerMinute: oneOf(draw, 'rate', [400, 60, 24]),
    faults: oneOf(draw, 'faults', [0, 4, 10, 20, 30]),
    batchSeconds: oneOf(draw, 'batches', [
      [1, 3],
      [1, 90],
      [20, 400],
    ]),
    listingLagSeconds: oneOf(draw, 'lag', [0, 1, 20, 60]),
    lateBatches: oneOf(draw, 'late', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2]),
    stoppedShare: oneOf(draw, 'stopped', [0, 0, 0.2]),
    refusedShare: oneOf(draw, 'refused', [0, 0.02]),
    failingShare: oneOf(draw, 'failing', [0, 0.05]),
    injected: oneOf(draw, 'injected', [0, 3, 8]),
    repeatsMessages: oneOf(draw, 'repeats', [false, false, true]),
    cancels: oneOf(draw, 'cancels', [false, false, false, true]),
    supersedes: oneOf(draw, 'supersedes', [false, false, false, false, false, false, true]),
  };
};

export const isRefused = (seed: number, { refusedShare }: Weather, email: string): boolean =>
  fixedShare(seed, 'refused', email) < refusedShare;

const lost: DestinationFault = { kind: 'ambiguous', message: 'no answer' };

/** Omnisend in this weather. */
export const destinationIn = (
  seed: number,
  weather: Weather,
  isOver: () => boolean,
): Omit<MemoryDestinationOptions, 'clock' | 'seed'> => {
  const draw = createDraw(seed ^ 0x5eed);
  let injected = 0;
  let late = 0;
  const inject = (purpose: string, fault: () => DestinationFault): DestinationFault | undefined => {
    if (isOver() || injected >= weather.injected || draw(purpose) >= 0.15) return undefined;
    injected += 1;
    return fault();
  };
  const item: ItemRule = ({ email }, seen) => {
    if (isRefused(seed, weather, email)) {
      return { kind: 'refused', faults: [{ field: 'email', code: 'invalid', message: 'not liked' }] };
    }
    const failsOnce = !isOver() && seen === 0 && fixedShare(seed, 'failing', email) < weather.failingShare;
    return failsOnce ? { kind: 'again', throttled: fixedShare(seed, 'kind', email) < 0.5 } : undefined;
  };
  return {
    batchSeconds: weather.batchSeconds,
    listingLagSeconds: weather.listingLagSeconds,
    item,
    lasts: () => {
      if (isOver() || late >= weather.lateBatches || draw('late') < 0.4) return undefined;
      late += 1;
      return 3_600 * (1 + 5 * draw('hours'));
    },
    stopAfter: (origin) =>
      !isOver() && fixedShare(seed, 'stopped', origin) < weather.stoppedShare
        ? Math.floor(draw('reach') * 40)
        : undefined,
    before: () =>
      inject('before', () => (draw('throttled') < 0.4 ? { kind: 'throttled', retryAfterSeconds: 7 } : lost)),
    after: () => inject('after', () => lost),
  };
};
