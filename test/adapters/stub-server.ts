import { createServer, type IncomingHttpHeaders } from 'node:http';

export interface StubRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type StubAnswer =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Text as it is; anything else as JSON. */
      readonly body?: unknown;
    }
  /** The connection is reset before, or in the middle of, the answer. */
  | 'reset'
  | 'cut'
  /** No answer ever comes. */
  | 'silence';

export interface Stub {
  readonly url: string;
  readonly requests: readonly StubRequest[];
  answer: (request: StubRequest) => StubAnswer;
  close(): Promise<void>;
}

/** A server that answers as a test says and remembers what it was asked. */
export const startStub = async (): Promise<Stub> => {
  const requests: StubRequest[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const asked: StubRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(parts).toString('utf8'),
    };
    requests.push(asked);
    const answer = stub.answer(asked);
    if (answer === 'silence') return;
    if (answer === 'reset') return void request.socket.destroy();
    if (answer === 'cut') {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      return void response.write('{"', () => request.socket.destroy());
    }
    const { status, headers, body } = answer;
    const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const stub: Stub = {
    url: `http://127.0.0.1:${port}`,
    requests,
    answer: () => ({ status: 500 }),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return stub;
};
