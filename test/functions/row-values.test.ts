import { expect, test } from 'vitest';
import { atTheEdge } from '../../functions/at-the-edge.ts';
import { rowValues } from '../../functions/row-values.ts';
import type { Caller } from '../../shared/domain/access.ts';
import type { RowValuesAnswer, ValuedRow } from '../../shared/steps/row-values.ts';
import { call } from './call.ts';

const caller: Caller = { actor: { id: 'key', name: null }, role: 'administrator' };
const run = 'newsletter.1';
const row: ValuedRow = {
  customerId: 'c1',
  outcome: 'refused',
  field: 'email',
  reason: 'invalid',
  message: 'No.',
  values: { email: 'finch@example.com', firstName: '=1+1' },
};
const page = (over: object = {}): RowValuesAnswer => ({
  kind: 'page',
  fields: ['email', 'firstName', 'phone'],
  rows: [row],
  next: null,
  ...over,
});

/** Calls the function, and gives what the step was asked besides. */
const get = async (query: string, answer: RowValuesAnswer = page(), id = run) => {
  const asked: unknown[] = [];
  const handler = rowValues(async (...given) => {
    asked.push(given);
    return answer;
  });
  const given = await call(
    atTheEdge((http) => handler(http, caller)),
    { path: `/runs/${id}/rows/values${query}`, params: { run: id } },
  );
  return { ...given, asked };
};

test.each([
  ['', { outcome: 'refused', limit: 50, after: null }],
  ['?outcome=left-out&limit=500&after=abc', { outcome: 'left-out', limit: 500, after: 'abc' }],
])('%s asks the step for %j, as who called', async (query, expected) => {
  const { json, asked, headers } = await get(query, page({ next: 'abc' }));
  expect(asked).toEqual([[caller, run, expected]]);
  expect(json).toEqual({ rows: [row], next: 'abc' });
  expect(headers.get('cache-control')).toBe('no-store');
});

test.each([
  ['?limit=501', 'limit'],
  ['?limit=0', 'limit'],
  ['?outcome=duplicate', 'outcome'],
  ['?outcome=accepted', 'outcome'],
  ['?format=xml', 'format'],
  ['?after=', 'after'],
])('400 for %s, which names %s', async (query, field) => {
  const { status, json, asked } = await get(query);
  expect({ status, asked }).toEqual({ status: 400, asked: [] });
  expect(json).toMatchObject({ errors: [{ field }] });
});

test.each<[RowValuesAnswer['kind'], number]>([
  ['forbidden', 403],
  ['unknown-run', 404],
  ['removed', 410],
  ['wrong-cursor', 400],
])('%s is %i', async (kind, status) => {
  const answer = kind === 'page' ? page() : { kind };
  expect(await get('', answer)).toMatchObject({ status, json: { type: 'about:blank', status } });
});

test('what is no run never reaches the step', async () => {
  expect(await get('', page(), 'no-dot')).toMatchObject({ status: 404, asked: [] });
});

test('as CSV, with a column for each field, formulas shown as text, and the way to the next page', async () => {
  const bare = { ...row, customerId: 'c2', values: null };
  const { headers, text } = await get(
    '?format=csv&code=function-key&limit=2',
    page({ rows: [row, bare], next: 'abc' }),
  );
  expect(text).toBe(
    'customerId,outcome,field,reason,message,value of email,value of firstName,value of phone\r\n' +
      "c1,refused,email,invalid,No.,finch@example.com,'=1+1,\r\n" +
      'c2,refused,email,invalid,No.,,,\r\n',
  );
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('link')).toBe(
    `<https://app.example.com/api/runs/${run}/rows/values?format=csv&limit=2&after=abc>; rel="next"`,
  );
});
