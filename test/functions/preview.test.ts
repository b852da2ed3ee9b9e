import { expect, test } from 'vitest';
import { preview } from '../../functions/preview.ts';
import { customerId } from '../../shared/domain/ids.ts';
import type { ProfileAnswer, ProfilePreview } from '../../shared/steps/preview-profile.ts';
import { callApi } from './call.ts';

const traced: ProfilePreview = {
  customerId: customerId.parse('a1'),
  source: { segments: ['VIP'], changedAt: null, values: { EMail: 'ann@example.com' } },
  leftOut: [],
  decision: { kind: 'upsert', why: 'It is new.' },
  contact: { email: 'ann@example.com' },
  markers: { set: ['segment_VIP'], taken: [] },
  known: null,
  askedAddress: null,
  notes: [],
};

/** Calls the function with an answer of the step, and gives what the step was asked. */
async function post({
  id = 'newsletter',
  body = '{"customerId":"a1"}',
  answer = { kind: 'traced', preview: traced },
}: {
  readonly id?: string;
  readonly body?: string;
  readonly answer?: ProfileAnswer;
} = {}) {
  const asked: unknown[] = [];
  const handler = preview(async (...given) => {
    asked.push(given);
    return answer;
  });
  return { ...(await callApi(handler, { method: 'POST', params: { id }, body })), asked };
}

test.each([
  ['{"customerId":"a1"}', { customerId: 'a1' }],
  ['{"email":"Ann@Example.com"}', { email: 'Ann@Example.com' }],
])('200 for %s, with the whole way, kept by nobody', async (body, asked) => {
  const answer = await post({ body });
  expect(answer.status ?? 200).toBe(200);
  expect(answer.asked).toEqual([['newsletter', asked]]);
  expect(answer.json).toEqual({ export: 'newsletter', ...traced });
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test.each([
  '',
  '{}',
  '[]',
  'null',
  '{"email":',
  '{"email":""}',
  '{"email":7}',
  '{"customerId":""}',
  '{"customerId":"ann@example.com"}',
  '{"customerId":"a1","email":"ann@example.com"}',
  '{"customerId":"a1","full":true}',
])('400 for the body %j, which is not repeated; nothing is asked', async (body) => {
  const { status, json, text, asked } = await post({ body });
  expect({ status, asked }).toEqual({ status: 400, asked: [] });
  expect(json).toMatchObject({ title: 'The body is wrong', detail: expect.stringContaining('customerId') });
  expect(text).not.toContain('ann@');
});

test.each(['Newsletter', '../x', ''])('404 for %j, which is no id', async (id) => {
  expect(await post({ id })).toMatchObject({ status: 404, json: { title: 'Unknown export' }, asked: [] });
});

const fault = { field: 'EMail', message: 'There is no such column.', remedy: 'Name another.' };
const answers: readonly [ProfileAnswer, number, object, string | null][] = [
  [{ kind: 'unknown-export' }, 404, { title: 'Unknown export' }, null],
  [{ kind: 'email-malformed' }, 400, { title: 'The body is wrong' }, null],
  [{ kind: 'not-known-by-email' }, 404, { detail: expect.stringContaining('Give the customer id') }, null],
  [{ kind: 'not-supported', message: 'Files.' }, 422, { detail: 'Files.' }, null],
  [{ kind: 'vault-unavailable' }, 503, { title: 'Not now' }, '15'],
  [{ kind: 'configuration', faults: [fault] }, 422, { faults: [fault] }, null],
  [{ kind: 'throttled', retryAfterSeconds: 7.2 }, 503, { title: 'Not now' }, '8'],
  [{ kind: 'transient', message: '503' }, 503, { title: 'Not now' }, '10'],
];

test.each(answers)('%j → %i', async (answer, status, json, retryAfter) => {
  const answered = await post({ answer });
  expect(answered).toMatchObject({ status, json: { type: 'about:blank', status, ...json } });
  expect(answered.headers.get('retry-after')).toBe(retryAfter);
});
