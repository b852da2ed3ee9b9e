import { manualClock } from './clock.ts';
import { type OmnisendOptions, seedBrands, seedKeys, startOmnisend } from './omnisend.ts';

export type Reply = {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly headers: Headers;
};

type CallOptions = {
  readonly key?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A simulator on a clock that stands still, with the calls that tests make of it. */
export async function startForTest(options: Omit<OmnisendOptions, 'clock'> = {}) {
  const clock = manualClock();
  const { url, close } = await startOmnisend({ batchSeconds: [2, 2], ...options, clock });

  async function send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: unknown,
  ): Promise<Reply> {
    const content = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(url + path, {
      method,
      headers,
      ...(content !== undefined && { body: content }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type') === 'application/json';
    const json: unknown = isJson ? JSON.parse(text) : undefined;
    return { status: response.status, text, json, headers: response.headers };
  }

  const call = (method: string, path: string, { key = seedKeys.full, body, headers }: CallOptions = {}) => {
    const usual = { Authorization: `Omnisend-API-Key ${key}`, 'Omnisend-Version': '2026-03-15' };
    return send(method, `/api${path}`, { ...usual, ...headers }, body);
  };

  return {
    url,
    close,
    clock,
    send,
    call,
    /** Control calls fail loudly: a knob that was refused would make a test pass for nothing. */
    async control(method: string, path: string, body?: unknown): Promise<Reply> {
      const reply = await send(method, `/control${path}`, {}, body);
      if (reply.status !== 200) throw new Error(`${method} /control${path}: ${reply.text}`);
      return reply;
    },
    async contacts(brandID: string = seedBrands[0].brandID): Promise<unknown[]> {
      const { text } = await send('GET', `/control/contacts?brand=${brandID}`, {}, undefined);
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line): unknown => JSON.parse(line));
    },
    postBatch: (items: readonly unknown[], more: object = {}) =>
      call('POST', '/batches', { body: { method: 'POST', endpoint: 'contacts', items, ...more } }),
  };
}

/** The body of a contact known by e-mail, with further fields. */
export const contactOf = (email: string, more: object = {}, identifier: object = {}) => ({
  identifiers: [{ type: 'email', id: email, ...identifier }],
  ...more,
});

export const phoneOf = (phone: string, identifier: object = {}) => ({
  type: 'phone',
  id: phone,
  ...identifier,
});
