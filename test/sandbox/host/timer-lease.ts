import type { BlobServiceClient } from '@azure/storage-blob';
import type { HostClock } from './clock.ts';
import { errorText, type WriteLog } from './logs.ts';
import { isStatus } from './queue-output.ts';

export type TimerLease = {
  isHeld(): boolean;
  /** Until this host holds the lease, or the signal aborts. */
  whenHeld(signal: AbortSignal): Promise<void>;
  /** Gives the lease back, if it is held: another host has the timer at its next look. */
  stop(): Promise<void>;
};

/** For a host that is alone on its storage. */
export const alone: TimerLease = {
  isHeld: () => true,
  whenHeld: async () => undefined,
  stop: async () => undefined,
};

// "singleton" in host.json: listenerLockPeriod and listenerLockRecoveryPollingInterval, both a minute.
// https://learn.microsoft.com/azure/azure-functions/functions-host-json#singleton
const leaseSeconds = 60;
const renewMilliseconds = 30_000;
const retryMilliseconds = 60_000;
const shortestLeaseSeconds = 15;

/** Only one of the hosts on a storage runs a timer: the one that holds the lease of a blob. */
export function startTimerLease(options: {
  readonly blobs: BlobServiceClient;
  readonly hostId: string;
  readonly functionName: string;
  readonly clock: HostClock;
  readonly writeLog: WriteLog;
}): TimerLease {
  const { clock, writeLog } = options;
  const container = options.blobs.getContainerClient('azure-webjobs-hosts');
  const blob = container.getBlockBlobClient(
    `locks/${options.hostId}/Host.Functions.${options.functionName}.Listener`,
  );
  const lease = blob.getBlobLeaseClient();
  const stopped = new AbortController();
  let isHeld = false;
  let gained = Promise.withResolvers<void>();

  async function acquire(): Promise<void> {
    try {
      await lease.acquireLease(Math.max(shortestLeaseSeconds, clock.storageSeconds(leaseSeconds)));
      isHeld = true;
      gained.resolve();
    } catch (error) {
      // Somebody else has it.
      if (isStatus(error, 409)) return;
      if (!isStatus(error, 404)) throw error;
      await container.createIfNotExists();
      await blob.upload('', 0, { conditions: { ifNoneMatch: '*' } }).catch(() => undefined);
      await acquire();
    }
  }

  async function renew(): Promise<void> {
    try {
      await lease.renewLease();
    } catch (error) {
      if (!isStatus(error, 409) && !isStatus(error, 412)) throw error;
      isHeld = false;
      gained = Promise.withResolvers<void>();
    }
  }

  async function hold(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await (isHeld ? renew() : acquire());
      } catch (error) {
        writeLog({ level: 'error', category: 'Host.Triggers.Timer', message: errorText(error) });
      }
      await clock.wait(isHeld ? renewMilliseconds : retryMilliseconds, stopped.signal);
    }
  }
  const holding = hold();

  return {
    isHeld: () => isHeld,
    whenHeld: async (signal) => {
      const ended = Promise.withResolvers<void>();
      if (signal.aborted) return;
      signal.addEventListener('abort', () => ended.resolve(), { once: true });
      await Promise.race([gained.promise, ended.promise]);
    },
    stop: async () => {
      stopped.abort();
      await holding;
      if (isHeld) await lease.releaseLease().catch(() => undefined);
      isHeld = false;
    },
  };
}
