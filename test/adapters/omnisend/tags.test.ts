import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { omnisendDestination } from '../../../shared/adapters/omnisend/destination.ts';
import type { DestinationAnswer } from '../../../shared/domain/answers.ts';
import { virtualClock } from '../../memory/clock.ts';
import { type Stub, type StubAnswer, startStub } from '../stub-server.ts';
import { itHoldsToTheContract } from './contract.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const apiKey = '5f00000000000000000000a1-exampleKey';
const emails = ['ada@example.com', "o'hara+x@example.com"];
const destination = (timeoutMs?: number) =>
  omnisendDestination({
    baseUrl: `${stub.url}/api`,
    clock: virtualClock(),
    ...(timeoutMs !== undefined && { postTimeoutMs: timeoutMs, timeoutMs: 60_000 }),
  });
const change = (direction: 'add' | 'remove', timeoutMs?: number) =>
  destination(timeoutMs).changeTags(apiKey, { direction, tag: 'segment_VIP', emails });

it.each([
  ['add', 'POST'],
  ['remove', 'DELETE'],
] as const)('to %s is to %s the tag and the addresses, as JSON', async (direction, method) => {
  stub.answer = () => ({ status: 202 });
  expect(await change(direction)).toEqual({ kind: 'ok', value: null });
  const asked = stub.requests.at(-1);
  expect(asked).toMatchObject({
    method,
    url: '/api/contacts/tags',
    headers: {
      authorization: `Omnisend-API-Key ${apiKey}`,
      'omnisend-version': '2026-03-15',
      'content-type': 'application/json',
    },
  });
  expect(asked?.body).toBe(JSON.stringify({ emails, tags: ['segment_VIP'] }));
});

interface Case {
  readonly id: string;
  readonly given: StubAnswer;
  readonly expected: DestinationAnswer<null>;
}

const html = { 'Content-Type': 'text/html; charset=utf-8' };
const problem = {
  type: 'https://problems.omnisend.com/validation-failed',
  status: 400,
  errors: [
    { field: 'emails.1', code: 'invalid_format', message: "Not an address: o'hara+x@example.com" },
    { field: 'emails.ada@example.com', code: 'invalid_format', message: 'ada@example.com is blocked' },
  ],
};

const cases: readonly Case[] = [
  { id: '202 without a body', given: { status: 202 }, expected: { kind: 'ok', value: null } },
  { id: '202 with an object', given: { status: 202, body: {} }, expected: { kind: 'ok', value: null } },
  { id: '202 with text', given: { status: 202, body: 'Accepted' }, expected: { kind: 'ok', value: null } },
  { id: '200', given: { status: 200, body: { ok: true } }, expected: { kind: 'ok', value: null } },
  { id: '204', given: { status: 204 }, expected: { kind: 'ok', value: null } },
  {
    id: '400, its words masked',
    given: { status: 400, body: problem },
    expected: {
      kind: 'refused',
      faults: [
        { field: 'emails.1', code: 'invalid_format', message: 'Not an address: [value]' },
        { field: 'emails.[value]', code: 'invalid_format', message: '[value] is blocked' },
      ],
    },
  },
  { id: '401', given: { status: 401 }, expected: { kind: 'unauthorised' } },
  { id: '403', given: { status: 403 }, expected: { kind: 'forbidden' } },
  { id: '404', given: { status: 404 }, expected: { kind: 'absent' } },
  { id: '410', given: { status: 410 }, expected: { kind: 'retired' } },
  { id: '413', given: { status: 413 }, expected: { kind: 'too-large' } },
  {
    id: '429',
    given: { status: 429, body: { status: 429, retryAfter: 7 } },
    expected: { kind: 'throttled', retryAfterSeconds: 7 },
  },
  { id: '503', given: { status: 503 }, expected: { kind: 'ambiguous', message: '503' } },
  {
    id: '502 with HTML',
    given: { status: 502, headers: html, body: '<html></html>' },
    expected: { kind: 'ambiguous', message: '502 with HTML' },
  },
  {
    id: '200 with HTML',
    given: { status: 200, headers: html, body: '<html></html>' },
    expected: { kind: 'ambiguous', message: '200 without what it should hold' },
  },
];

describe.each(['add', 'remove'] as const)('the answer to %s', (direction) => {
  it.each(cases)('$id', async ({ given, expected }) => {
    stub.answer = () => given;
    expect(await change(direction)).toEqual(expected);
  });

  it('a reset connection has an unknown effect, and no address in its words', async () => {
    stub.answer = () => 'reset';
    const answer = await change(direction);
    expect(answer).toEqual({ kind: 'ambiguous', message: expect.any(String) });
    expect(JSON.stringify(answer)).not.toContain('@');
  });

  it('is waited for as long as that of any write', async () => {
    stub.answer = () => 'silence';
    expect(await change(direction, 50)).toEqual({ kind: 'ambiguous', message: 'TimeoutError' });
  });
});

itHoldsToTheContract(() => stub.requests);
