import { createServer, request } from 'node:http';

export type StorageFault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The connection ends in the middle of the answer's body. */
  | { readonly kind: 'cut' }
  /** No answer comes. */
  | { readonly kind: 'silence' };

export interface FaultyStorage {
  /** As Azurite's, but of this. */
  readonly connectionString: string;
  /** Paths and queries that were asked for. */
  readonly asked: readonly string[];
  /** What the next requests are answered with, one each. */
  fail(...faults: readonly StorageFault[]): void;
  close(): Promise<void>;
}

/** Stands before a storage emulator and fails as told; what it is not told to fail it hands through. */
export const startFaultyStorage = async (connectionString: string): Promise<FaultyStorage> => {
  const endpoint = /BlobEndpoint=(http:\/\/[^/;]+)/.exec(connectionString)?.[1];
  if (endpoint === undefined) throw new Error('The connection string names no blob endpoint.');
  const waiting: StorageFault[] = [];
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(incoming.url ?? '');
    const fault = waiting.shift();
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'status') {
      const { status, code, headers } = fault;
      outgoing.writeHead(status, { 'x-ms-error-code': code, 'content-type': 'application/xml', ...headers });
      outgoing.end(`<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`);
      return;
    }
    const { method, url, headers } = incoming;
    const onward = request(`${endpoint}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      if (fault?.kind !== 'cut') return void answer.pipe(outgoing);
      answer.once('data', (part: Buffer) =>
        outgoing.write(part.subarray(0, part.length / 2), () => outgoing.destroy()),
      );
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    connectionString: connectionString.replace(endpoint, `http://127.0.0.1:${port}`),
    asked,
    fail: (...faults) => void waiting.push(...faults),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
