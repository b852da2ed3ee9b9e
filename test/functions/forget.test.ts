import { expect, test } from 'vitest';
import { forgetAddress, liftAddress } from '../../functions/forget.ts';
import { brandId, exportId, runId } from '../../shared/domain/ids.ts';
import { nothingErased } from '../../shared/steps/erase.ts';
import type { Forgetting, Lifting } from '../../shared/steps/forget.ts';
import { callApi } from './call.ts';

const run = runId.parse('newsletter.20261122T0600');
const brand = brandId.parse('5f00a1');
const forgotten: Forgetting = {
  kind: 'forgotten',
  erased: { ...nothingErased, spool: 2, snapshots: 1 },
  active: [],
  brands: [
    { export: exportId.parse('newsletter'), brand },
    { export: exportId.parse('offers'), brand },
  ],
};
const body = '{"email":"ann@example.com"}';

const asked: string[] = [];
const forgetting = (answer: Forgetting = forgotten, sent: string | undefined = body) => {
  asked.length = 0;
  const handler = forgetAddress(async (email) => {
    asked.push(email);
    return answer;
  });
  return callApi(handler, { method: 'POST', path: '/forget', ...(sent !== undefined && { body: sent }) });
};
const lifting = (answer: Lifting, sent = body) => {
  asked.length = 0;
  const handler = liftAddress(async (email) => {
    asked.push(email);
    return answer;
  });
  return callApi(handler, { method: 'POST', path: '/forget/lift', body: sent });
};

test('200 with what was erased where, and what is left to do by hand, once per brand', async () => {
  const { status, json, text } = await forgetting();
  expect(status).toBe(200);
  expect(json).toMatchObject({
    state: 'erased',
    erased: { spool: 2, changes: 0, taggings: 0, snapshots: 1, rows: 0 },
    active: [],
    byHand: [expect.stringContaining('brand 5f00a1'), expect.stringContaining('Customer Insights')],
  });
  expect(text).not.toContain('ann@');
});

test('202 with the runs that are still active', async () => {
  const { status, json } = await forgetting({ ...forgotten, active: [run] });
  expect({ status, json }).toMatchObject({
    status: 202,
    json: { state: 'erased-again-later', active: [run] },
  });
});

test('the address is normalised as a run does', async () => {
  await forgetting(forgotten, '{"email":"  Ann@Example.COM "}');
  expect(asked).toEqual(['ann@example.com']);
});

test.each([
  ['', ['email']],
  ['{}', ['email']],
  ['{"email":7}', ['email']],
  ['{"email":""}', ['email']],
  ['{"email":"ann.example.com"}', ['email']],
  ['{"email":"ann@example.com","ann@example.com":1}', ['body']],
  ['[]', ['body']],
  ['{"email":', ['body']],
])(
  '400 for the body %s, which names %j and repeats nothing of it; nothing is asked',
  async (sent, fields) => {
    for (const answer of [await forgetting(forgotten, sent), await lifting({ kind: 'lifted' }, sent)]) {
      expect({ status: answer.status, asked }).toEqual({ status: 400, asked: [] });
      expect(answer.json).toMatchObject({ errors: fields.map((field) => ({ field })) });
      expect(answer.text.replaceAll('<the address>', '')).not.toContain('ann');
    }
  },
);

const faults = [
  [{ kind: 'unavailable' }, 503, 'unreachable', '15'],
  [{ kind: 'forbidden' }, 422, 'vault-forbidden', null],
] as const;

test.each(faults)('%j → %i', async (fault, status, code, retryAfter) => {
  for (const answer of [await forgetting(fault), await lifting(fault)]) {
    expect(answer).toMatchObject({ status, json: { code } });
    expect(answer.headers.get('retry-after')).toBe(retryAfter);
  }
});

test('lifted, or never forgotten', async () => {
  expect((await lifting({ kind: 'lifted' })).json).toEqual({ state: 'lifted' });
  expect(await lifting({ kind: 'not-forgotten' })).toMatchObject({
    status: 404,
    json: { title: 'Not forgotten' },
  });
});
