import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export type Running = { readonly url: string; close(): Promise<void> };

export type Reply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON; strings are streamed as NDJSON lines. */
  readonly body?: object | Iterable<string>;
  /** The connection is reset in the middle of the body. */
  readonly isCut?: boolean;
};

/** Listens on the loopback address only: simulators answer whoever asks. */
export async function listen(
  port: number,
  answer: (request: IncomingMessage, url: URL) => Promise<Reply> | Reply,
): Promise<Running> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    Promise.resolve(answer(request, url))
      .then((reply) => send(response, reply))
      .catch((fault: unknown) => {
        process.stderr.write(`${fault instanceof Error ? fault.stack : String(fault)}\n`);
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end();
      });
  });
  // As servers in front of real services do: longer than a reader pauses between two pages.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${portOf(server)}`, close: () => close(server) };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function send(response: ServerResponse, { status, headers = {}, body, isCut }: Reply): Promise<void> {
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  if (!(Symbol.iterator in body)) {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    const text = JSON.stringify(body);
    if (isCut) response.write(text.slice(0, text.length / 2), () => response.destroy());
    else response.end(text);
    return;
  }
  response.writeHead(status, { 'content-type': 'application/x-ndjson', ...headers });
  await pipeline(Readable.from(blocksOf(body)), response);
}

/** Many lines at a time: one write for each would cost more than the lines. */
function* blocksOf(lines: Iterable<string>): IterableIterator<string> {
  let block = '';
  for (const line of lines) {
    block += `${line}\n`;
    if (block.length < 65_536) continue;
    yield block;
    block = '';
  }
  if (block !== '') yield block;
}

/** The parsed body; undefined if it is no JSON. */
export async function readJSON(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
  } catch {
    return undefined;
  }
}

/** Tells whoever started the process where it listens, and ends it on SIGTERM and SIGINT. */
export function announce(running: Running): void {
  process.stdout.write(`${JSON.stringify({ listening: running.url })}\n`);
  const stop = () => void running.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
