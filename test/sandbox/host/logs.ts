export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical';

export type HostLog = {
  readonly time: string;
  readonly level: LogLevel;
  /** As the real host names them: `Function.<name>`, `Function.<name>.User`, `Host.…`. */
  readonly category: string;
  readonly message: string;
  readonly invocationId?: string;
};

export type WriteLog = (line: Omit<HostLog, 'time'>) => void;

export function stampLogs(log: (line: HostLog) => void, now: () => number): WriteLog {
  return (line) => log({ time: new Date(now()).toISOString(), ...line });
}

/** Text of anything thrown, with its stack where there is one. */
export function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
