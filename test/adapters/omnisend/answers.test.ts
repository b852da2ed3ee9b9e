import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { omnisendDestination } from '../../../shared/adapters/omnisend/destination.ts';
import { limits } from '../../../shared/adapters/omnisend/version.ts';
import type { DestinationAnswer } from '../../../shared/domain/answers.ts';
import { virtualClock } from '../../memory/clock.ts';
import { type Stub, type StubAnswer, startStub } from '../stub-server.ts';
import { plain, upsertOf } from './changes.ts';
import { itHoldsToTheContract } from './contract.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const now = Date.UTC(2026, 10, 21, 9, 0, 0);
const apiKey = '5f00000000000000000000a1-exampleKey';
const change = upsertOf({ email: 'ada@example.com', firstName: 'Ada', phone: '+442079460958' });
const html = { 'Content-Type': 'text/html; charset=utf-8' };
const page = '<html><body>Bad gateway</body></html>';

const destination = (timeoutMs?: number) =>
  omnisendDestination({
    baseUrl: `${stub.url}/api/`,
    clock: virtualClock({ start: now }),
    ...(timeoutMs !== undefined && { postTimeoutMs: timeoutMs, timeoutMs }),
  });

const post = () => destination().postBatch(apiKey, { origin: 'run.1', changes: [change], options: plain });

interface Case {
  readonly id: string;
  readonly given: StubAnswer;
  readonly expected: DestinationAnswer<unknown>;
}

const problem = (status: number, rest: object = {}) => ({
  type: 'https://problems.omnisend.com/x',
  status,
  ...rest,
});
const refused = (code: string, message = '') => ({
  kind: 'refused' as const,
  faults: [{ field: '', code, message }],
});

const cases: readonly Case[] = [
  {
    id: '201 with an id',
    given: { status: 201, body: { batchID: 'b1', totalCount: 1 } },
    expected: { kind: 'ok', value: 'b1' },
  },
  {
    id: '201 with a type of its own',
    given: { status: 201, headers: { 'Content-Type': '*/*' }, body: { batchID: 'b1' } },
    expected: { kind: 'ok', value: 'b1' },
  },
  {
    id: '201 without a body',
    given: { status: 201 },
    expected: { kind: 'ambiguous', message: '201 without what it should hold' },
  },
  {
    id: '200 without an id',
    given: { status: 200, body: { totalCount: 1 } },
    expected: { kind: 'ambiguous', message: '200 without what it should hold' },
  },
  {
    id: '200 with an empty id',
    given: { status: 200, body: { batchID: '' } },
    expected: { kind: 'ambiguous', message: '200 without what it should hold' },
  },
  {
    id: '200 with HTML',
    given: { status: 200, headers: html, body: page },
    expected: { kind: 'ambiguous', message: '200 without what it should hold' },
  },
  {
    id: '400 with faults',
    given: {
      status: 400,
      body: problem(400, {
        errors: [
          { field: 'items.0.firstName', code: 'invalid_format', message: 'Must be a name, not Ada' },
          {
            field: 'items.0.identifiers.1.id',
            code: 'invalid_format',
            message: 'Not a phone: +442079460958',
          },
        ],
      }),
    },
    expected: {
      kind: 'refused',
      faults: [
        { field: 'items.0.firstName', code: 'invalid_format', message: 'Must be a name, not [value]' },
        { field: 'items.0.identifiers.1.id', code: 'invalid_format', message: 'Not a phone: [value]' },
      ],
    },
  },
  {
    id: '400 in the older shape',
    given: {
      status: 400,
      body: {
        error: '1 error(s) found.',
        fields: { 0: ['identifiers[0].channels: field required but not found in Json'] },
      },
    },
    expected: {
      kind: 'refused',
      faults: [
        {
          field: 'identifiers[0].channels',
          code: 'invalid',
          message: 'field required but not found in Json',
        },
      ],
    },
  },
  {
    id: '400 with a detail only',
    given: { status: 400, body: problem(400, { detail: 'Bad body' }) },
    expected: refused('400', 'Bad body'),
  },
  { id: '400 with nothing', given: { status: 400 }, expected: refused('400') },
  {
    id: '400 with errors of a strange shape',
    given: { status: 400, body: { errors: 'all of them', title: 'Validation failed' } },
    expected: refused('400', 'Validation failed'),
  },
  {
    id: '400 with HTML of a proxy',
    given: { status: 400, headers: html, body: page },
    expected: { kind: 'ambiguous', message: '400 with HTML' },
  },
  { id: '402', given: { status: 402, body: problem(402) }, expected: refused('402') },
  { id: '401', given: { status: 401, body: problem(401) }, expected: { kind: 'unauthorised' } },
  { id: '403', given: { status: 403, body: { error: 'Forbidden' } }, expected: { kind: 'forbidden' } },
  { id: '404', given: { status: 404, body: problem(404) }, expected: { kind: 'absent' } },
  {
    id: '404 with HTML, which is no word of Omnisend about the batch',
    given: { status: 404, headers: html, body: page },
    expected: { kind: 'ambiguous', message: '404 with HTML' },
  },
  { id: '408', given: { status: 408 }, expected: { kind: 'ambiguous', message: '408' } },
  { id: '409', given: { status: 409, body: problem(409) }, expected: { kind: 'conflict' } },
  { id: '410', given: { status: 410, body: problem(410) }, expected: { kind: 'retired' } },
  { id: '413', given: { status: 413 }, expected: { kind: 'too-large' } },
  {
    id: '413 with HTML of a proxy',
    given: { status: 413, headers: html, body: page },
    expected: { kind: 'too-large' },
  },
  {
    id: '429 with seconds in the body, before those of the header',
    given: { status: 429, headers: { 'Retry-After': '7' }, body: problem(429, { retryAfter: 30 }) },
    expected: { kind: 'throttled', retryAfterSeconds: 30 },
  },
  {
    id: '429 with null in the body',
    given: { status: 429, headers: { 'Retry-After': '7' }, body: problem(429, { retryAfter: null }) },
    expected: { kind: 'throttled', retryAfterSeconds: 7 },
  },
  {
    id: '429 with a date, rounded up',
    given: { status: 429, headers: { 'Retry-After': 'Sat, 21 Nov 2026 09:00:12 GMT' } },
    expected: { kind: 'throttled', retryAfterSeconds: 12 },
  },
  {
    id: '429 with a date that has passed',
    given: { status: 429, headers: { 'Retry-After': 'Sat, 21 Nov 2026 08:00:00 GMT' } },
    expected: { kind: 'throttled', retryAfterSeconds: 0 },
  },
  {
    id: '429 with the header of older versions',
    given: { status: 429, headers: { 'X-Rate-Limit-Reset': '59.2' } },
    expected: { kind: 'throttled', retryAfterSeconds: 60 },
  },
  {
    id: '429 with a header that says nothing',
    given: { status: 429, headers: { 'Retry-After': 'soon' } },
    expected: { kind: 'throttled' },
  },
  {
    id: '429 with HTML of a proxy',
    given: { status: 429, headers: { ...html, 'Retry-After': '9' }, body: page },
    expected: { kind: 'throttled', retryAfterSeconds: 9 },
  },
  {
    id: '429 with more than a day',
    given: { status: 429, body: { retryAfter: 1e9 } },
    expected: { kind: 'throttled', retryAfterSeconds: 86_400 },
  },
  {
    id: '500',
    given: { status: 500, body: problem(500) },
    expected: { kind: 'ambiguous', message: '500' },
  },
  {
    id: '502 with HTML',
    given: { status: 502, headers: html, body: page },
    expected: { kind: 'ambiguous', message: '502 with HTML' },
  },
  {
    id: 'a redirect, which is not followed',
    given: { status: 307, headers: { Location: '/api/elsewhere' } },
    expected: { kind: 'ambiguous', message: 'TypeError' },
  },
];

describe('answers of Omnisend', () => {
  it.each(cases)('$id', async ({ given, expected }) => {
    stub.answer = () => given;
    const before = stub.requests.length;
    expect(await post()).toEqual(expected);
    expect(stub.requests.length - before).toBe(1);
  });

  it.each(['reset', 'cut'] as const)('a connection that is %s', async (given) => {
    stub.answer = () => given;
    expect(await post()).toMatchObject({ kind: 'ambiguous' });
  });

  it('no answer in time', async () => {
    stub.answer = () => 'silence';
    const slow = destination(20);
    const batch = { origin: 'run.1', changes: [change], options: plain };
    expect(await slow.postBatch(apiKey, batch)).toEqual({ kind: 'ambiguous', message: 'TimeoutError' });
    expect(await slow.brand(apiKey)).toEqual({ kind: 'ambiguous', message: 'TimeoutError' });
  });

  it('an answer without end', async () => {
    stub.answer = () => ({ status: 200, body: ' '.repeat(limits.answerBytes + 1) });
    expect(await post()).toEqual({ kind: 'ambiguous', message: 'the answer is too large' });
  });

  it('lists at most ten faults', async () => {
    const errors = Array.from({ length: 25 }, (_, place) => ({ field: `items.${place}`, code: 'required' }));
    stub.answer = () => ({ status: 400, body: { errors } });
    const answer = await post();
    expect(answer.kind === 'refused' ? answer.faults.length : answer).toBe(10);
  });

  it('says who is asking, and asks for the version', async () => {
    stub.answer = () => ({ status: 200, body: { brandID: 'abc', name: 'Example' } });
    expect(await destination().brand(` ${apiKey}\n`)).toEqual({
      kind: 'ok',
      value: { id: 'abc', name: 'Example' },
    });
    const { method, url, headers } = stub.requests.at(-1) ?? {};
    expect({ method, url }).toEqual({ method: 'GET', url: '/api/brands/current' });
    expect(headers).toMatchObject({
      authorization: `Omnisend-API-Key ${apiKey}`,
      'omnisend-version': '2026-03-15',
      'x-integration-name': 'customer-insights-omnisend-export',
    });
  });

  it.each(['', 'two\nlines', 'not–ascii'])('sends nothing for a key that cannot be one: %j', async (key) => {
    const before = stub.requests.length;
    expect(await destination().brand(key)).toEqual({ kind: 'unauthorised' });
    expect(stub.requests.length).toBe(before);
  });

  it.each([0, 101])('throws for a batch of %i', async (length) => {
    const before = stub.requests.length;
    const batch = { origin: 'run.1', changes: Array.from({ length }, () => change), options: plain };
    await expect(destination().postBatch(apiKey, batch)).rejects.toThrow(RangeError);
    expect(stub.requests.length).toBe(before);
  });
});

itHoldsToTheContract(() => stub.requests);
