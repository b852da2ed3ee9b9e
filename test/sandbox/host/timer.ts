import type { HostClock } from './clock.ts';
import type { TypedData } from './core.ts';
import { errorText, type WriteLog } from './logs.ts';
import type { ParsedSchedule } from './schedule.ts';
import type { TimerLease } from './timer-lease.ts';
import { type StatusStore, statusFields, type TimerStatus } from './timer-status.ts';

export type TimerOptions = {
  readonly name: string;
  readonly schedule: ParsedSchedule;
  readonly runOnStartup: boolean;
  /** Undefined for a timer without monitor. */
  readonly store: StatusStore | undefined;
  readonly lease: TimerLease;
  readonly clock: HostClock;
  readonly run: (reason: string, data: TypedData) => Promise<void>;
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  readonly writeLog: WriteLog;
};

export type Timer = {
  stop(): Promise<void>;
  /** One run at a person's request, beside the schedule. */
  runNow(): Promise<void>;
};

const longestWaitMilliseconds = 86_400_000;

/** Runs one timer while its lease is held, never two of its runs at once. */
export function startTimer(options: TimerOptions): Timer {
  const { schedule, store, lease, clock, track, writeLog } = options;
  const stopped = new AbortController();
  let status: TimerStatus | undefined;

  function argument(isPastDue: boolean): TypedData {
    return {
      json: JSON.stringify({
        Schedule: { AdjustForDST: schedule.kind === 'cron' },
        ScheduleStatus: status === undefined ? null : statusFields(status),
        IsPastDue: isPastDue,
      }),
    };
  }

  async function write(next: TimerStatus): Promise<void> {
    if (store === undefined) return;
    status = next;
    try {
      await store.write(next);
    } catch (error) {
      writeLog({ level: 'error', category: 'Host.Triggers.Timer', message: errorText(error) });
    }
  }

  async function fire(reason: string, isPastDue: boolean): Promise<void> {
    const last = clock.now();
    await options.run(reason, argument(isPastDue));
    // A run that the drain cut off is made again at the next start.
    if (stopped.signal.aborted) return;
    const updated = clock.now();
    await write({ last, next: schedule.next(last) ?? updated, updated });
  }

  async function begin(): Promise<void> {
    const now = clock.now();
    const before = await store?.read();
    status = before;
    if (before !== undefined && now > before.next) {
      const message = `Function '${options.name}' is past due on startup. Executing now.`;
      writeLog({ level: 'information', category: 'Host.Triggers.Timer', message });
      await track(fire(`Timer fired at ${new Date(now).toISOString()}`, true));
      return;
    }
    if (before === undefined) await write({ last: undefined, next: schedule.next(now) ?? now, updated: now });
    if (options.runOnStartup)
      await track(fire(`Timer fired at ${new Date(now).toISOString()} (RunOnStartup)`, false));
  }

  async function loop(): Promise<void> {
    while (!stopped.signal.aborted) {
      await lease.whenHeld(stopped.signal);
      if (!stopped.signal.aborted) await runWhileHeld();
      if (schedule.next(clock.now()) === undefined) return;
    }
  }

  async function runWhileHeld(): Promise<void> {
    await begin();
    let next = schedule.next(clock.now());
    while (next !== undefined && !stopped.signal.aborted && lease.isHeld()) {
      const rest = next - clock.now();
      if (rest > 0) {
        await clock.wait(Math.min(rest, longestWaitMilliseconds), stopped.signal);
        continue;
      }
      const started = clock.now();
      await track(fire(`Timer fired at ${new Date(started).toISOString()}`, false));
      // Counted from the start: a run that was too long is followed at once by one run for all that it missed.
      next = schedule.next(started);
    }
  }

  loop().catch((error: unknown) =>
    writeLog({ level: 'error', category: 'Host.Triggers.Timer', message: errorText(error) }),
  );
  return {
    stop: () => {
      stopped.abort();
      return lease.stop();
    },
    runNow: () =>
      track(options.run('This function was programmatically called via the host APIs.', argument(false))),
  };
}
