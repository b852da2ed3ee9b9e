import { expect, test } from 'vitest';
import { z } from 'zod';
import { readBody } from '../../functions/body.ts';
import { callApi } from './call.ts';

const schema = z.strictObject({ text: z.string().optional() });
const send = (body: string) =>
  callApi(
    async (http) => {
      const asked = await readBody(http, schema, 'Send {"text": "…"}.');
      return asked.kind === 'wrong' ? asked.answer : { jsonBody: asked.value };
    },
    { method: 'POST', body },
  );
const empty = '{"text":""}'.length;
const most = 256 * 1024;

test.each([
  ['the most', 'a'.repeat(most - empty), 200],
  ['one byte more', 'a'.repeat(most - empty + 1), 413],
  ['as many characters of more bytes', 'é'.repeat(most - empty - 1), 413],
])('a body of %s', async (_what, text, status) => {
  const answer = await send(JSON.stringify({ text }));
  expect(answer.status ?? 200).toBe(status);
  if (status === 413)
    expect([answer.headers.get('content-type'), answer.json]).toMatchObject([
      'application/problem+json',
      { status, detail: 'Send at most 256 KB.' },
    ]);
});

test.each([
  ['nothing', ''],
  ['blanks', ' \n'],
  ['a byte order mark first', '\ufeff{}'],
])('%s counts as {}', async (_what, body) => {
  expect((await send(body)).json).toEqual({});
});

test.each(['{', 'null', '[]', '"text"', '{"text":1}', '{"more":1}', '['.repeat(100_000)])(
  'a wrong one is 400 (%#)',
  async (body) => {
    expect(await send(body)).toMatchObject({ status: 400, json: { title: 'The body is wrong' } });
  },
);
