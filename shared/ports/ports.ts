import type { Blobs } from './blobs.ts';
import type { Clock } from './clock.ts';
import type { Destination } from './destination.ts';
import type { Log } from './log.ts';
import type { Notifier } from './notifier.ts';
import type { Queue } from './queue.ts';
import type { Secrets } from './secrets.ts';
import type { Source } from './source.ts';
import type { Store } from './store.ts';

/** Numbers that a step needs to know; all are settings of the app. */
interface Limits {
  /** Omnisend's budget per brand: requests in any 60 s. */
  readonly requestsPerMinute: number;
  /** The same of calls that set or take tags, which count in the first one too. */
  readonly tagsPerMinute: number;
  /** Share of the budgets at which a brand starts, and which it never exceeds. */
  readonly startRate: number;
  /** Slices of one environment that are read at the same time. */
  readonly readConcurrency: number;
}

/** All that a step may touch. */
export interface Ports {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly queue: Queue;
  readonly secrets: Secrets;
  readonly source: Source;
  readonly destination: Destination;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  /** 32 random bytes as text, for a hash secret. */
  readonly newSecret: () => string;
  /** Set when the host is about to stop: a step ends at its next safe point and puts its successor. */
  readonly stopping: AbortSignal;
}
