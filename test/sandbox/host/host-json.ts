import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export type QueueOptions = {
  readonly batchSize: number;
  readonly newBatchThreshold: number;
  readonly maxDequeueCount: number;
  readonly visibilityTimeoutSeconds: number;
  readonly maxPollingIntervalMilliseconds: number;
  readonly messageEncoding: 'base64' | 'none';
};

export type HostOptions = {
  readonly routePrefix: string;
  readonly customHeaders: Readonly<Record<string, string>>;
  readonly queues: QueueOptions;
  readonly functionTimeoutSeconds: number | undefined;
};

export type HostJson =
  | { readonly kind: 'options'; readonly options: HostOptions }
  | { readonly kind: 'fault'; readonly fault: string };

// Seconds of a .NET time span: "[days.]hh:mm:ss[.fraction]".
const timeSpan = z.string().transform((text, context) => {
  const seconds = parseTimeSpan(text);
  if (seconds === undefined) {
    context.addIssue({ code: 'custom', message: `'${text}' is no time span (hh:mm:ss)` });
    return z.NEVER;
  }
  return seconds;
});

const defaultBatchSize = 16;
const queues = z.object({
  batchSize: z.int().min(1).max(32).default(defaultBatchSize),
  newBatchThreshold: z.int().min(0).optional(),
  maxDequeueCount: z.int().min(1).default(5),
  visibilityTimeout: timeSpan.default(0),
  maxPollingInterval: timeSpan.refine((seconds) => seconds >= 0.1, 'at least 100 ms').default(60),
  messageEncoding: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(['base64', 'none']))
    .default('base64'),
});
const http = z.object({
  routePrefix: z
    .string()
    .default('api')
    .transform((prefix) => prefix.replace(/^\/+|\/+$/g, '')),
  customHeaders: z.record(z.string(), z.string()).default({}),
});
const hostJson = z.object({
  version: z.literal('2.0'),
  functionTimeout: z.union([z.literal('-1').transform(() => undefined), timeSpan]).optional(),
  extensions: z.object({ http: http.prefault({}), queues: queues.prefault({}) }).prefault({}),
});

/** The part of host.json that the sandbox honours. `cores` enters because the real default threshold does so. */
export function parseHostJson(text: string, cores: number): HostJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'fault', fault: `host.json is no JSON: ${String(error)}` };
  }
  const parsed = hostJson.safeParse(value);
  if (!parsed.success) return { kind: 'fault', fault: `host.json: ${z.prettifyError(parsed.error)}` };
  const { extensions, functionTimeout } = parsed.data;
  const { queues: queue } = extensions;
  return {
    kind: 'options',
    options: {
      routePrefix: extensions.http.routePrefix,
      customHeaders: extensions.http.customHeaders,
      functionTimeoutSeconds: functionTimeout,
      queues: {
        batchSize: queue.batchSize,
        newBatchThreshold: queue.newBatchThreshold ?? Math.floor((queue.batchSize / 2) * cores),
        maxDequeueCount: queue.maxDequeueCount,
        visibilityTimeoutSeconds: queue.visibilityTimeout,
        maxPollingIntervalMilliseconds: queue.maxPollingInterval * 1000,
        messageEncoding: queue.messageEncoding,
      },
    },
  };
}

export async function readHostJson(root: string, cores: number): Promise<HostJson> {
  try {
    return parseHostJson(await readFile(join(root, 'host.json'), 'utf8'), cores);
  } catch (error) {
    return { kind: 'fault', fault: `host.json cannot be read: ${String(error)}` };
  }
}

export function parseTimeSpan(text: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d{1,7})?)$/.exec(text);
  if (!match) return undefined;
  const [, days = '0', hours, minutes, seconds] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) >= 60) return undefined;
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}
