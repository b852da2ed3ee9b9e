import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Manner =
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** No answer ever comes. */
  | { readonly kind: 'silence' }
  /** The head of an answer comes, and then a body without end. */
  | { readonly kind: 'drip' }
  | { readonly kind: 'reset' };

/** Somebody's own service that takes notifications, as the README describes one. */
export const startReceiver = async () => {
  const received: Received[] = [];
  let manner: Manner = { kind: 'answer', status: 202 };
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString('utf8');
    received.push({ path: request.url ?? '', headers: request.headers, body });
    switch (manner.kind) {
      case 'answer':
        return void response.writeHead(manner.status, { ...manner.headers }).end('taken');
      case 'drip':
        response.writeHead(200);
        return void response.write('taken');
      case 'reset':
        return void request.socket.destroy();
      case 'silence':
        return;
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    received,
    behave(next: Manner): void {
      manner = next;
    },
    close(): Promise<void> {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
};

/** As a receiver checks what comes in: the signature, and that it is not older than five minutes. */
export const isGenuine = ({ headers, body }: Received, secret: string, now: number): boolean => {
  const timestamp = String(headers['x-export-timestamp'] ?? '');
  const expected = `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
  const given = Buffer.from(String(headers['x-export-signature'] ?? ''));
  const isSigned = given.length === expected.length && timingSafeEqual(given, Buffer.from(expected));
  return isSigned && Math.abs(now / 1000 - Number(timestamp)) <= 300;
};
