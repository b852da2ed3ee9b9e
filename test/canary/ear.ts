import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { z } from 'zod';
import { canariesIn } from './canaries.ts';

export type Place = 'queue message' | 'log' | 'error' | 'outbound URL' | 'answer';

interface Heard {
  readonly place: Place;
  readonly text: string;
}

const methods = ['log', 'info', 'warn', 'error', 'debug'] as const;
const undiciRequest = z.object({ request: z.object({ origin: z.unknown(), path: z.string() }) });
const nodeRequest = z.object({ request: z.object({ host: z.string(), path: z.string() }) });

/** Everything that leaves the app by a way on which nobody keeps it secret. */
export const openEar = () => {
  const heard: Heard[] = [];
  const hear = (place: Place, value: unknown): void => {
    heard.push({ place, text: typeof value === 'string' ? value : inspect(value, { depth: 8 }) });
  };

  const printed = methods.map((method) => console[method]);
  for (const method of methods) {
    console[method] = (...values: unknown[]) => {
      for (const value of values) hear('log', value);
    };
  }

  const onUndici = (message: unknown): void => {
    const { request } = undiciRequest.parse(message);
    hear('outbound URL', `${request.origin}${request.path}`);
  };
  const onNode = (message: unknown): void => {
    const { request } = nodeRequest.parse(message);
    hear('outbound URL', `http://${request.host}${request.path}`);
  };
  subscribe('undici:request:create', onUndici);
  subscribe('http.client.request.start', onNode);

  return {
    heard,
    hear,
    /** What gives a canary away, by place. */
    leaks: (): readonly string[] =>
      heard.flatMap(({ place, text }) =>
        canariesIn(text).map((canary) => `${place}: ${canary} in ${text.slice(0, 300)}`),
      ),
    places: (): readonly Place[] => [...new Set(heard.map(({ place }) => place))].sort(),
    close(): void {
      for (const [index, method] of methods.entries()) console[method] = printed[index] ?? console[method];
      unsubscribe('undici:request:create', onUndici);
      unsubscribe('http.client.request.start', onNode);
    },
  };
};

export type Ear = ReturnType<typeof openEar>;
