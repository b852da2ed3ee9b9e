import type { BlobServiceClient } from '@azure/storage-blob';
import { z } from 'zod';
import { isStatus } from './queue-output.ts';

/** Milliseconds; `last` is undefined before the first run. */
export type TimerStatus = {
  readonly last: number | undefined;
  readonly next: number;
  readonly updated: number;
};
export type StatusStore = {
  read(): Promise<TimerStatus | undefined>;
  write(status: TimerStatus): Promise<void>;
};

const never = '0001-01-01T00:00:00+00:00';
const time = z.string().transform((text) => Date.parse(text));
const stored = z.object({ Last: time, Next: time, LastUpdated: time });

/** The blob in which the real host remembers a monitored timer, in its place and form. */
export function blobStatusStore(blobs: BlobServiceClient, hostId: string, functionName: string): StatusStore {
  const container = blobs.getContainerClient('azure-webjobs-hosts');
  const blob = container.getBlockBlobClient(`timers/${hostId}/Host.Functions.${functionName}/status`);
  return {
    read: async () => {
      try {
        const { Last, Next, LastUpdated } = stored.parse(JSON.parse(String(await blob.downloadToBuffer())));
        return { last: Last === Date.parse(never) ? undefined : Last, next: Next, updated: LastUpdated };
      } catch (error) {
        if (isStatus(error, 404)) return undefined;
        throw error;
      }
    },
    write: async (status) => {
      const text = JSON.stringify(statusFields(status));
      const upload = () => blob.upload(text, Buffer.byteLength(text));
      try {
        await upload();
      } catch (error) {
        if (!isStatus(error, 404)) throw error;
        await container.createIfNotExists();
        await upload();
      }
    },
  };
}

/** As stored, and as the handler's argument shows it before its keys are camel-cased. */
export function statusFields(status: TimerStatus): {
  readonly Last: string;
  readonly Next: string;
  readonly LastUpdated: string;
} {
  return {
    Last: status.last === undefined ? never : offset(status.last),
    Next: offset(status.next),
    LastUpdated: offset(status.updated),
  };
}

function offset(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '+00:00');
}
