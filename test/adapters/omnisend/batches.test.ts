import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { omnisendDestination } from '../../../shared/adapters/omnisend/destination.ts';
import type { ItemAnswer, RemoteBatch } from '../../../shared/domain/answers.ts';
import { batchId } from '../../../shared/domain/ids.ts';
import { virtualClock } from '../../memory/clock.ts';
import { type Stub, startStub } from '../stub-server.ts';
import { plain, upsertOf } from './changes.ts';
import { itHoldsToTheContract } from './contract.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const key = '5f00000000000000000000a1-exampleKey';
const id = batchId.parse('b1');
const destination = () => omnisendDestination({ baseUrl: stub.url, clock: virtualClock() });
const answer = (body: unknown) => {
  stub.answer = () => ({ status: 200, body });
};

it('reads a batch', async () => {
  const full: RemoteBatch = {
    id,
    state: 'finished',
    origin: 'run.1',
    createdAt: Date.UTC(2026, 10, 21, 9),
    total: 100,
    finished: 100,
    errors: 1,
  };
  const body = {
    batchID: 'b1',
    method: 'POST',
    endpoint: 'contacts',
    status: 'finished',
    origin: 'run.1',
    createdAt: '2026-11-21T09:00:00Z',
    totalCount: 100,
    finishedCount: 100,
    errorsCount: 1,
  };
  answer(body);
  expect(await destination().readBatch(key, id)).toEqual({ kind: 'ok', value: full });
  expect(stub.requests.at(-1)?.url).toBe('/batches/b1');
  answer({ batchID: 'b1', status: 'paused' });
  expect(await destination().readBatch(key, id)).toEqual({
    kind: 'ok',
    value: { id, state: 'inProgress', origin: '', createdAt: 0, total: 0, finished: 0, errors: 0 },
  });
});

describe('the list', () => {
  const entries = (length: number) => Array.from({ length }, (_, place) => ({ batchID: `b${place}` }));
  const cases: readonly [string, unknown, number | null][] = [
    [
      'a link',
      { batches: entries(100), paging: { next: 'https://api.example.com/x?endpoint=contacts&offset=350' } },
      350,
    ],
    [
      'a link without a host',
      { batches: entries(100), paging: { next: '/batches?offset=350&limit=250' } },
      350,
    ],
    ['a link that does not go on', { batches: entries(100), paging: { next: '/batches?offset=250' } }, 350],
    ['a link that cannot be read', { batches: entries(100), paging: { next: 'cursor' } }, 350],
    ['a link after nothing', { batches: [], paging: { next: 'cursor' } }, null],
    ['null', { batches: entries(250), paging: { next: null } }, null],
    ['no link', { batches: entries(250), paging: {} }, null],
    ['no paging after a full page', { batches: entries(250) }, 500],
    ['no paging after a short page', { batches: entries(249) }, null],
    ['null for no batches', { batches: null, paging: { next: null } }, null],
  ];
  it.each(cases)('goes on by %s', async (_, body, next) => {
    answer(body);
    expect(await destination().listBatches(key, { offset: 250 })).toMatchObject({
      kind: 'ok',
      value: { next },
    });
  });

  it('is not read in part', async () => {
    answer({ batches: [{ batchID: 'b1' }, { origin: 'run.1' }] });
    expect(await destination().listBatches(key, { offset: 0 })).toMatchObject({ kind: 'ambiguous' });
    answer({ paging: { next: null } });
    expect(await destination().listBatches(key, { offset: 0 })).toMatchObject({ kind: 'ambiguous' });
  });

  it('is asked for with its endpoint, always', async () => {
    answer({ batches: [] });
    await destination().listBatches(key, { offset: 0 });
    await destination().listBatches(key, { state: 'inProgress', from: '2026-11-20', offset: 250 });
    expect(stub.requests.slice(-2).map(({ url }) => url)).toEqual([
      '/batches?endpoint=contacts&offset=0&limit=250',
      '/batches?endpoint=contacts&status=inProgress&dateFrom=2026-11-20&offset=250&limit=250',
    ]);
  });
});

describe('an item', () => {
  const contact = { email: 'ada@example.com', firstName: 'Ada' } as const;
  const request = {
    identifiers: [{ type: 'email', id: 'Ada@Example.com', sendWelcomeMessage: false }],
    firstName: 'Ada',
  };
  const fault = (field: string, code: string, message: string) => ({
    kind: 'refused' as const,
    faults: [{ field, code, message }],
  });
  const problem = { status: 400, errors: [{ field: 'firstName', code: 'required', message: 'Not Ada' }] };
  const cases: readonly [string, object, ItemAnswer['result']][] = [
    ['201', { responseCode: 201, response: { id: 'c1' } }, { kind: 'accepted' }],
    ['200 with nothing', { responseCode: 200, status: 'finished' }, { kind: 'accepted' }],
    ['a code in quotes', { responseCode: '200' }, { kind: 'accepted' }],
    [
      '400 with a problem',
      { responseCode: 400, response: problem },
      fault('firstName', 'required', 'Not [value]'),
    ],
    [
      '400 in the older shape',
      { responseCode: 400, response: { error: '1 error', fields: { 0: ['city: too long'] } } },
      fault('city', 'invalid', 'too long'),
    ],
    ['400 with nothing', { responseCode: 400 }, fault('', '400', '')],
    ['402', { responseCode: 402 }, fault('', '402', '')],
    ['404', { responseCode: 404 }, fault('', '404', '')],
    ['409', { responseCode: 409 }, { kind: 'conflict' }],
    ['401', { responseCode: 401 }, { kind: 'again', throttled: false }],
    ['403', { responseCode: 403, response: { error: 'Forbidden' } }, { kind: 'again', throttled: false }],
    ['408', { responseCode: 408 }, { kind: 'again', throttled: false }],
    ['410', { responseCode: 410 }, { kind: 'again', throttled: false }],
    ['429', { responseCode: 429 }, { kind: 'again', throttled: true }],
    ['503', { responseCode: 503 }, { kind: 'again', throttled: false }],
    ['pending', { status: 'pending' }, { kind: 'open' }],
    ['pending with a code of 0', { status: 'pending', responseCode: 0 }, { kind: 'open' }],
    [
      'no code, a problem',
      { status: 'finished', response: problem },
      fault('firstName', 'required', 'Not [value]'),
    ],
    ['no code, the older shape', { response: { error: 'Forbidden' } }, fault('', '400', 'Forbidden')],
    ['no code, a contact', { response: { id: 'c1', status: 'subscribed' } }, { kind: 'accepted' }],
    ['no code, a contact of an older version', { response: { contactID: 'c1' } }, { kind: 'accepted' }],
    ['no code, nothing', { status: 'finished' }, { kind: 'open' }],
  ];
  it.each(cases)('%s', async (_, item, result) => {
    answer({ batchID: 'b1', errors: null, responses: [{ itemID: 'i1', request, ...item }] });
    const digest = destination().requestDigest(upsertOf({ ...contact, email: 'Ada@Example.com' }), plain);
    expect(await destination().readItems(key, id)).toEqual({
      kind: 'ok',
      value: [{ email: 'ada@example.com', digest, result }],
    });
    expect(stub.requests.at(-1)?.url).toBe('/batches/b1/items');
  });

  it('counts once where it is under errors and under responses', async () => {
    const item = { itemID: 'i1', request, responseCode: 400 };
    answer({
      batchID: 'b1',
      errors: [item],
      responses: [item, { ...item, itemID: 'i2', responseCode: 200 }],
    });
    const read = await destination().readItems(key, id);
    const kinds = read.kind === 'ok' ? read.value.map(({ result }) => result.kind) : read;
    expect(kinds).toEqual(['refused', 'accepted']);
  });

  it('is left without an answer where it has no address', async () => {
    answer({
      batchID: 'b1',
      responses: [{ itemID: 'i1', request: { firstName: 'Ada' }, responseCode: 200 }],
    });
    expect(await destination().readItems(key, id)).toEqual({ kind: 'ok', value: [] });
  });
});

itHoldsToTheContract(() => stub.requests);
