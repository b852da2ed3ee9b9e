import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { collect } from './bodies.ts';
import type { Brand } from './brand.ts';
import { contactView } from './contact-view.ts';
import { controlPage } from './control-page.ts';
import type { Merged } from './merge.ts';
import type { Simulation } from './simulation.ts';

/** Everything under `/control`: what a test or a person wants to see and change. No key is asked. */
export function createControl(simulation: Simulation) {
  const reply = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };

  async function change<T>(
    request: IncomingMessage,
    response: ServerResponse,
    merge: (given: unknown) => Merged<T>,
    keep: (merged: T) => void,
  ): Promise<void> {
    const text = (await collect(request))?.toString() ?? '';
    let given: unknown;
    try {
      given = JSON.parse(text);
    } catch {
      return reply(response, 400, { faults: [{ path: '', message: 'Must be valid JSON' }] });
    }
    const merged = merge(given);
    if (merged.kind === 'refused') return reply(response, 400, { faults: merged.faults });
    keep(merged.value);
    reply(response, 200, merged.value);
  }

  async function contacts(response: ServerResponse, brandID: string | null): Promise<void> {
    const brand = simulation.brand(brandID ?? '');
    if (brand === undefined) return reply(response, 404, { message: 'Unknown brand' });
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    await pipeline(Readable.from(contactLines(brand)), response);
  }

  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /control':
        return reply(response, 200, simulation.report());
      case 'GET /control/page':
        response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(controlPage);
        return;
      case 'GET /control/contacts':
        return contacts(response, url.searchParams.get('brand'));
      case 'GET /control/requests':
        return reply(response, 200, simulation.requests());
      case 'POST /control/faults':
        return change(request, response, simulation.mergeFaults, simulation.setFaults);
      case 'DELETE /control/faults':
        simulation.setFaults({});
        return reply(response, 200, {});
      case 'POST /control/switches':
        return change(request, response, simulation.mergeSwitches, simulation.setSwitches);
      case 'POST /control/reset':
        simulation.reset();
        return reply(response, 200, {});
      default:
        return reply(response, 404, { message: 'Unknown control path' });
    }
  };
}

const linesPerPart = 200;

/** Every contact as one JSON line, by e-mail address, in parts that leave room for other requests. */
async function* contactLines({ contacts }: Brand): AsyncGenerator<string> {
  const sorted = contacts.all.toSorted((a, b) => compare(a.email ?? '', b.email ?? '') || a.place - b.place);
  for (let start = 0; start < sorted.length; start += linesPerPart) {
    const part = sorted.slice(start, start + linesPerPart);
    yield part.map((contact) => `${JSON.stringify(contactView(contacts, contact))}\n`).join('');
    await setImmediate();
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
