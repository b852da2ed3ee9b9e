import { describe, expect, it } from 'vitest';
import { type Answered, checkAnswer } from './answers.ts';
import { ask, document } from './asking.ts';
import { contractDocument, createContractRecorder, ifSkipped } from './recorder.ts';
import { operationOf } from './requests.ts';

describe.skipIf(contractDocument === undefined)(`answers, by Omnisend's OpenAPI document${ifSkipped}`, () => {
  const json = (status: number, body: unknown): Answered => ({
    status,
    contentType: 'application/json',
    body: JSON.stringify(body),
  });
  const html = (status: number): Answered => ({
    status,
    contentType: 'text/html; charset=UTF-8',
    body: '<p>',
  });
  const empty = (status: number): Answered => ({ status, contentType: undefined, body: '' });
  const problem = (status: number, more: object = {}) =>
    json(status, { type: 't', title: 't', status, ...more });
  const items = (lists: object) => json(200, { batchID: 'b1', ...lists });

  it.each<[string, string, Answered, string[], string[]]>([
    ['POST', '/batches', json(201, { batchID: 'b1', totalCount: 1 }), [], []],
    ['POST', '/batches', json(201, { id: 'b1' }), ['id: not declared'], []],
    ['POST', '/batches', json(200, { batchID: 'b1' }), ['200: not declared'], []],
    ['POST', '/batches', empty(201), [], ['success without a body']],
    ['POST', '/batches', html(520), [], ['HTML of a proxy']],
    ['POST', '/batches', html(200), ['200: HTML'], []],
    ['POST', '/batches', empty(400), ['400: no body'], []],
    ['POST', '/batches', { ...json(201, {}), body: '{' }, ['201: not JSON'], []],
    [
      'POST',
      '/batches',
      { ...json(201, {}), contentType: 'text/plain' },
      ['201: not as application/json'],
      [],
    ],
    ['POST', '/batches', problem(429, { retryAfter: 5 }), [], ['429, not declared by POST /batches']],
    ['GET', '/contacts', problem(429, { retryAfter: 5 }), [], []],
    ['GET', '/contacts', problem(429, { retryAfter: '5' }), ['retryAfter: string in place of integer'], []],
    ['GET', '/contacts', problem(403, { errors: [] }), ['errors: not declared'], []],
    ['GET', '/contacts', json(403, { status: 401 }), ['403: a problem of another status'], []],
    ['POST', '/contacts', problem(409), [], ['409, not declared by POST /contacts']],
    ['PATCH', '/contacts/c1', problem(409), [], []],
    ['POST', '/contacts', problem(404), ['404: not declared'], []],
    ['POST', '/contacts', problem(422), ['422: not declared'], []],
    ['GET', '/lists', problem(404), [], ['404, not declared by any operation']],
    ['POST', '/contacts/tags', empty(202), [], []],
    ['POST', '/contacts/tags', json(202, {}), ['202: a body that is not declared'], []],
    ['GET', '/contacts/c1', json(200, { id: 1 }), ['id: integer in place of string'], []],
    ['GET', '/batches/b1', json(200, { status: 'done' }), ['status: not a state of a batch'], []],
    [
      'GET',
      '/batches/b1/items',
      items({ errors: [{ response: { error: 'x', fields: {} } }] }),
      [],
      ['an item error as in version 3'],
    ],
    [
      'GET',
      '/batches/b1/items',
      items({ errors: [{ response: { error: 'x', why: 'y' } }] }),
      ['errors: neither error nor fields'],
      [],
    ],
    ['GET', '/batches/b1/items', items({ errors: [{ response: { errors: [{ field: 'a' }] } }] }), [], []],
    [
      'GET',
      '/batches/b1/items',
      items({ errors: [{ response: { colour: 'red' } }] }),
      ['colour: not declared'],
      [],
    ],
    [
      'GET',
      '/batches/b1/items',
      items({ responses: [{ response: {} }, { response: { id: 'c1' } }, {}] }),
      [],
      [],
    ],
    [
      'GET',
      '/batches/b1/items',
      items({ responses: [{ response: { contactID: 'c1' } }] }),
      ['contactID: not declared'],
      [],
    ],
  ])('an answer to %s %s: %j', (method, url, answered, faults, departures) => {
    const found = checkAnswer(document, operationOf(document, method, url), answered);
    expect(found).toEqual({ faults, departures });
  });

  it('is counted by the recorder, with what is against it', () => {
    const recorder = createContractRecorder(document);
    recorder.request(ask('GET', '/contacts'))(empty(200));
    recorder.request(ask('GET', '/lists'))(problem(404, { errors: [] }));
    recorder.request(ask('GET', '/contacts?x=1'));
    expect(recorder.report()).toEqual({
      requests: 3,
      responses: 2,
      violations: [
        { of: 'request', operation: 'GET /lists', status: 404, faults: ['no such operation'] },
        { of: 'response', operation: 'GET /lists', status: 404, faults: ['errors: not declared'] },
        { of: 'request', operation: 'GET /contacts', status: undefined, faults: ['?x: not declared'] },
      ],
      departures: { 'success without a body': 1, '404, not declared by any operation': 1 },
    });
  });
});
