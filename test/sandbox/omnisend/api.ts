import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './bodies.ts';
import type { Brand, World } from './brand.ts';
import type { Answered } from './contract/answers.ts';
import type { ContractRecorder } from './contract/recorder.ts';
import type { RequestFault } from './faults.ts';
import type { RequestLog } from './figures.ts';
import type { Gateway } from './gateway.ts';
import { type Problem, problem, withBrackets } from './problems.ts';
import { type Answer, findRoute } from './routes.ts';

type Context = {
  readonly world: World;
  readonly gateway: Gateway;
  readonly log: RequestLog;
  /** Absent without Omnisend's OpenAPI document. */
  readonly recorder: ContractRecorder | undefined;
};

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly brand: Brand | undefined;
  /** Holds the answer to Omnisend's OpenAPI document. */
  readonly answered: ((answered: Answered) => void) | undefined;
};

const cloudflarePage = (status: number) =>
  `<!DOCTYPE html><html><head><title>${status}: Error</title></head><body><h1>Error ${status}</h1><p>cloudflare</p></body></html>`;

const usualSlowSeconds = 12;

/** Everything under `/api`: gateway, then the fault knobs, then the service. */
export function createApi({ world, gateway, log, recorder }: Context) {
  let counted = 0;

  function note({ request, brand, endpoint }: Exchange, status: number | 'reset'): void {
    brand?.figures.answer(endpoint, status);
    log.add({
      time: new Date(world.clock.now()).toISOString(),
      brandID: brand?.seed.brandID,
      method: request.method ?? '',
      path: request.url ?? '',
      status,
    });
  }

  function send(exchange: Exchange, status: number, type: string, text: string): void {
    note(exchange, status);
    exchange.answered?.({ status, contentType: text === '' ? undefined : type, body: text });
    const contentHeaders = text === '' ? {} : { 'Content-Type': type };
    exchange.response.writeHead(status, {
      ...exchange.headers,
      ...contentHeaders,
      'Content-Length': Buffer.byteLength(text),
    });
    exchange.response.end(text);
  }

  const sendAnswer = (exchange: Exchange, { status, body }: Answer): void => {
    send(exchange, status, 'application/json', body === undefined ? '' : JSON.stringify(body));
  };

  function sendProblem(exchange: Exchange, found: Problem): void {
    const body = world.switches().fieldPaths === 'brackets' ? withBrackets(found) : found;
    sendAnswer(exchange, { status: body.status, body });
  }

  /** What the service answers carries a trace id; what the gateway refuses does not. */
  function sendServed(exchange: Exchange, answer: Answer): void {
    if (answer.status < 400 || answer.body === undefined) {
      sendAnswer(exchange, answer);
      return;
    }
    counted++;
    const instance = `urn:omnisend:request:00000000-0000-4000-8000-${String(counted).padStart(12, '0')}`;
    sendProblem(exchange, { ...problem(answer.status), ...answer.body, instance });
  }

  function serve(exchange: Exchange, fault: RequestFault, act: () => Answer): void {
    switch (fault.kind) {
      case 'none':
        sendServed(exchange, act());
        break;
      case 'throttled':
        exchange.brand?.figures.tooMany('fromFaults');
        sendProblem(exchange, fault.problem);
        break;
      case 'server-error':
        sendProblem(exchange, fault.problem);
        break;
      case 'html':
        if (fault.effect) act();
        send(exchange, fault.status, 'text/html; charset=UTF-8', cloudflarePage(fault.status));
        break;
      case 'lost':
        act();
        note(exchange, 'reset');
        exchange.request.socket.resetAndDestroy();
        break;
      case 'slow': {
        const answer = act();
        world.clock.after(world.faults().slowSeconds ?? usualSlowSeconds, () => sendServed(exchange, answer));
        break;
      }
      case 'empty': {
        const { status, body } = act();
        sendServed(exchange, status < 400 || body === undefined ? { status } : { status, body });
        break;
      }
    }
  }

  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const found = findRoute(request.method ?? '', url.pathname);
    const endpoint = found?.route.endpoint ?? 'unknown';
    const passed = gateway.pass(request.headers, endpoint, found?.route.scope);
    const { brand, headers } = passed;
    // Also where the answer is a refusal: the connection stays usable only when the body has been taken in.
    const body = await readBody(request, world.switches());
    const answered = recorder?.request({
      method: request.method ?? '',
      url: `${url.pathname}${url.search}`.replace(/^\/api/, ''),
      headers: request.headers,
      body: body.kind === 'read' ? body.bytes.toString() : undefined,
    });
    const exchange: Exchange = { request, response, endpoint, headers, brand, answered };
    if (passed.kind === 'stopped') sendProblem(exchange, passed.problem);
    else if (found === undefined) sendServed(exchange, { status: 404, body: problem(404) });
    else if (body.kind === 'refused') {
      sendServed(exchange, { status: body.problem.status, body: body.problem });
    } else {
      const call = { brand: passed.brand, world, url, id: found.id, bytes: body.bytes };
      serve(exchange, world.decisions.request(endpoint), () => found.route.act(call));
    }
  };
}
