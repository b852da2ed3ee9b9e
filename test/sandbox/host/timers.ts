import type { BlobServiceClient } from '@azure/storage-blob';
import type { HostClock } from './clock.ts';
import type { Invoke } from './invoke.ts';
import type { WriteLog } from './logs.ts';
import type { LoadedFunction } from './registrations.ts';
import type { Settings } from './settings.ts';
import { startTimer, type Timer } from './timer.ts';
import { alone, startTimerLease, type TimerLease } from './timer-lease.ts';
import { blobStatusStore } from './timer-status.ts';

export async function startTimers(shared: {
  readonly functions: readonly LoadedFunction[];
  readonly settings: Settings;
  readonly clock: HostClock;
  readonly invoke: Invoke;
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  readonly writeLog: WriteLog;
  /** Whether other hosts run on the same storage: then only one of them runs a timer. */
  readonly isOneOfMany: boolean;
}): Promise<{ stop(): Promise<unknown>; runNow(name: string): boolean }> {
  const { clock, invoke, track, writeLog } = shared;
  const hostId = hostIdOf(shared.settings);
  const timers = new Map<string, Timer>();
  const leaseOf = async (functionName: string): Promise<TimerLease> => {
    const blobs = await openBlobs(shared.settings.AzureWebJobsStorage ?? '');
    return startTimerLease({ blobs, hostId, functionName, clock, writeLog });
  };
  for (const target of shared.functions) {
    const { trigger } = target;
    if (trigger.kind !== 'timer') continue;
    const blobs = trigger.monitor === undefined ? undefined : await openBlobs(trigger.monitor);
    const timer = startTimer({
      name: target.name,
      schedule: trigger.schedule,
      runOnStartup: trigger.runOnStartup,
      store: blobs === undefined ? undefined : blobStatusStore(blobs, hostId, target.name),
      lease: shared.isOneOfMany ? await leaseOf(target.name) : alone,
      clock,
      track,
      writeLog,
      run: async (reason, data) => {
        await invoke(target, { reason, data, triggerMetadata: {} });
      },
    });
    timers.set(target.name, timer);
  }
  return {
    stop: () => Promise.all([...timers.values()].map((timer) => timer.stop())),
    runNow: (name) => {
      const timer = timers.get(name);
      void timer?.runNow();
      return timer !== undefined;
    },
  };
}

async function openBlobs(connectionString: string): Promise<BlobServiceClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob');
  return BlobServiceClient.fromConnectionString(connectionString, { retryOptions: { maxTries: 3 } });
}

/** https://learn.microsoft.com/azure/azure-functions/storage-considerations#host-id-considerations */
function hostIdOf(settings: Settings): string {
  const id = settings.AzureFunctionsWebHost__hostid ?? settings.WEBSITE_SITE_NAME ?? 'sandbox';
  return id.toLowerCase().slice(0, 32);
}
