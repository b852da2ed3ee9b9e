import { expect } from 'vitest';
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

/** What these tests get accepted on purpose; items of a batch are judged later, one by one. */
const isTaken = (fault: string): boolean =>
  fault.startsWith('items.') ||
  fault.startsWith('Omnisend-Version: ') ||
  fault === 'firstName: null in place of string';

/** A simulator on a clock that stands still, with the calls that tests make of it. */
export async function startForTest(options: Omit<OmnisendOptions, 'clock'> = {}) {
  const clock = manualClock();
  const { url, close, contract } = await startOmnisend({ batchSeconds: [2, 2], ...options, clock });

  async function send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: unknown,
  ): Promise<Reply> {
    const content = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(url + path, {
      method,
      headers: { ...(content !== undefined && { 'Content-Type': 'application/json' }), ...headers },
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
    contract,
    /** Every answer holds to Omnisend's OpenAPI document, and what is against that was refused; where it is at hand. */
    async close(): Promise<void> {
      await close();
      const against = (contract()?.violations ?? []).map((violation) => ({
        ...violation,
        faults: violation.faults.filter((fault) => violation.of === 'response' || !isTaken(fault)),
      }));
      const accepted = against.filter(({ of, status = 0 }) => of === 'response' || status < 400);
      expect(accepted.filter(({ faults }) => faults.length > 0)).toEqual([]);
    },
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
