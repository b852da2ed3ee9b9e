import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import type { HostClock } from './clock.ts';
import type { QueueOptions } from './host-json.ts';
import { errorText, type WriteLog } from './logs.ts';
import { type MessageRun, startMessageRun } from './message-run.ts';
import { isStatus } from './queue-output.ts';

export type RunMessage = (text: string, message: DequeuedMessageItem) => Promise<'succeeded' | 'failed'>;

export type QueueListenerOptions = {
  readonly queue: QueueClient;
  /** Undefined when the queue is itself a poison queue, or its name would become too long. */
  readonly poisonQueue: QueueClient | undefined;
  readonly settings: QueueOptions;
  readonly clock: HostClock;
  readonly random: () => number;
  readonly run: RunMessage;
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  readonly writeLog: WriteLog;
};

export type QueueListener = {
  /** Fetches no more, while runs still going settle their message as usual. */
  stopFetching(): void;
  /** Fetches no more; runs still going neither delete nor release their message, as after the real drain. */
  stop(): void;
  /** Shows every message in flight again at once, as the real host does when its worker has crashed. */
  releaseAll(): Promise<void>;
};

export function startQueueListener(options: QueueListenerOptions): QueueListener {
  const { queue, settings, clock, random, track, writeLog } = options;
  const stopped = new AbortController();
  const fetching = new AbortController();
  const running = new Set<MessageRun>();
  let ended = Promise.withResolvers<void>();

  function start(message: DequeuedMessageItem): void {
    const run = startMessageRun(options, message, stopped.signal);
    running.add(run);
    void track(run.ended).then(() => {
      running.delete(run);
      ended.resolve();
      ended = Promise.withResolvers<void>();
    });
  }

  async function fetchBatch(): Promise<number> {
    try {
      const { receivedMessageItems } = await queue.receiveMessages({
        numberOfMessages: settings.batchSize,
        visibilityTimeout: clock.storageSeconds(lockSeconds),
        abortSignal: fetching.signal,
      });
      receivedMessageItems.forEach(start);
      return receivedMessageItems.length;
    } catch (error) {
      // A missing queue is asked for again on the same back-off, and is not made.
      if (!fetching.signal.aborted && !isStatus(error, 404)) {
        const message = `Receiving from '${queue.name}' failed: ${errorText(error)}`;
        writeLog({ level: 'error', category: 'Host.Triggers.Queue', message });
      }
      return 0;
    }
  }

  async function listen(): Promise<void> {
    let empty = 0;
    while (!fetching.signal.aborted) {
      if (running.size > settings.newBatchThreshold) {
        await ended.promise;
        continue;
      }
      const received = await fetchBatch();
      if (received > 0) {
        empty = 0;
        continue;
      }
      const delay = backOffMilliseconds(empty, settings.maxPollingIntervalMilliseconds, random);
      empty += 1;
      await clock.wait(Math.max(delay, leastRealMilliseconds * clock.speed), fetching.signal);
    }
  }

  void listen();
  const stopFetching = () => {
    fetching.abort();
    ended.resolve();
  };
  return {
    stopFetching,
    stop: () => {
      stopped.abort();
      stopFetching();
    },
    releaseAll: async () => {
      await Promise.allSettled([...running].map((run) => run.release()));
    },
  };
}

/** How long a received message stays hidden; fixed in the real host. */
export const lockSeconds = 600;
const leastRealMilliseconds = 20;
const firstMilliseconds = 100;

/** Wait after the n-th empty receive in a row: from 0.1 s, about doubling with jitter, up to the maximum. */
export function backOffMilliseconds(empty: number, maxMilliseconds: number, random: () => number): number {
  const jitter = 0.8 + 0.4 * random();
  return Math.min(maxMilliseconds, firstMilliseconds * 2 ** Math.min(empty, 30) * jitter);
}
