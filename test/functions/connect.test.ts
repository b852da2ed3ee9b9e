import { expect, test } from 'vitest';
import { connectBrand } from '../../functions/connect.ts';
import { brandId, exportId } from '../../shared/domain/ids.ts';
import type { Connected } from '../../shared/steps/connect.ts';
import { callApi } from './call.ts';

const now = Date.UTC(2026, 0, 5, 6, 0, 0);
const brand = { id: brandId.parse('5f00a1'), name: 'Brand EU' };
const newsletter = exportId.parse('newsletter');
const granted = { read: 'granted', write: 'granted', brand: 'granted' } as const;
const exportUser = { ok: true, identity: null, checks: [] };
const connected: Connected = { kind: 'connected', brand, permissions: granted, exportUser, resumed: [] };

/** Calls the function with an answer of the step, and gives what the step was asked. */
async function post({
  id = 'brand-eu',
  body,
  answer = connected,
}: {
  readonly id?: string;
  readonly body?: string;
  readonly answer?: Connected;
} = {}) {
  const asked: unknown[] = [];
  const handler = connectBrand(
    () => now,
    async (...given) => {
      asked.push(given);
      return answer;
    },
  );
  const options = { method: 'POST', params: { id }, ...(body !== undefined && { body }) } as const;
  return { ...(await callApi(handler, options)), asked };
}

test.each([
  [undefined, {}],
  ['', {}],
  [' \n', {}],
  ['{}', {}],
  ['{"confirmBrand":"5f00a1"}', { confirmBrand: '5f00a1' }],
])('the body %j asks the step with %j', async (body, options) => {
  const { status, asked } = await post(body === undefined ? {} : { body });
  expect({ status: status ?? 200, asked }).toEqual({ status: 200, asked: [['brand-eu', options]] });
});

test.each([
  ['{"confirmBrand":"a/b"}', ['confirmBrand']],
  ['{"confirmBrand":null}', ['confirmBrand']],
  ['{"confirmBrand":7,"kind":"full"}', ['confirmBrand', 'body']],
  ['{"brand":"5f00a1"}', ['body']],
  ['{"confirmBrand":', ['body']],
  ['[]', ['body']],
  ['null', ['body']],
])('400 for the body %s, which names %j; nothing is asked', async (body, fields) => {
  const { status, headers, json, asked } = await post({ body });
  expect({ status, asked }).toEqual({ status: 400, asked: [] });
  expect(json).toMatchObject({ title: 'The body is wrong', errors: fields.map((field) => ({ field })) });
  expect(headers.get('content-type')).toBe('application/problem+json');
});

test.each(['Brand', '1st', '..', 'a/b', 'a'.repeat(41), ''])('404 for %j, which is no id', async (id) => {
  const { status, json, asked } = await post({ id });
  expect({ status, json, asked }).toMatchObject({ status: 404, json: { title: 'Unknown connection' } });
  expect(asked).toEqual([]);
});

test('200 with the brand, the permissions, and what was resumed', async () => {
  const { status, json } = await post({ answer: { ...connected, resumed: [newsletter] } });
  expect(status ?? 200).toBe(200);
  expect(json).toEqual({
    connection: 'brand-eu',
    brand,
    permissions: granted,
    advice: [],
    exportUser,
    resumed: ['newsletter'],
  });
});

test.each([
  [{ ...granted, read: 'missing' }, [/may not read contacts.* Give/]],
  [{ ...granted, write: 'missing' }, [/may not write contacts.* Give/]],
  [{ ...granted, brand: 'missing' }, [/may not read brands/]],
  [{ read: 'missing', write: 'granted', brand: 'missing' }, [/not read contacts/, /not read brands/]],
] as const)('%j: a sentence for each that is not granted', async (permissions, sentences) => {
  const { json } = await post({ answer: { ...connected, permissions } });
  expect(json).toMatchObject({ permissions, advice: sentences.map((like) => expect.stringMatching(like)) });
});

const stop = (code: 'key-missing' | 'key-refused' | 'permission-missing'): Connected => ({
  kind: 'stop',
  reason: { code, message: 'It is so.' },
  remedy: 'Mend it.',
});

const refusals: readonly [Connected, number, object, string | null][] = [
  [{ kind: 'unknown-connection' }, 404, { title: 'Unknown connection' }, null],
  [stop('key-missing'), 422, { code: 'key-missing', detail: 'It is so. Mend it.' }, null],
  [stop('key-refused'), 422, { code: 'key-refused' }, null],
  [stop('permission-missing'), 422, { code: 'permission-missing' }, null],
  [
    { kind: 'other-brand', brand, exports: [{ export: newsletter, brand: brandId.parse('5f00b2') }] },
    409,
    {
      code: 'brand-changed',
      detail: expect.stringContaining('{"confirmBrand": "5f00a1"}'),
      brand,
      exports: [{ export: 'newsletter', brand: '5f00b2' }],
    },
    null,
  ],
  [{ kind: 'busy', at: now + 6_001 }, 503, { code: 'busy' }, '7'],
  [{ kind: 'busy', at: now - 1 }, 503, { code: 'busy' }, '1'],
  [{ kind: 'unreachable', what: 'vault' }, 503, { title: 'Key Vault cannot be reached' }, '15'],
  [{ kind: 'unreachable', what: 'omnisend' }, 503, { title: 'Omnisend cannot be reached' }, '15'],
];

test.each(refusals)('%j → %i', async (answer, status, json, retryAfter) => {
  const answered = await post({ answer });
  expect(answered).toMatchObject({ status, json: { type: 'about:blank', status, ...json } });
  expect(answered.headers.get('content-type')).toBe('application/problem+json');
  expect(answered.headers.get('retry-after')).toBe(retryAfter);
});
