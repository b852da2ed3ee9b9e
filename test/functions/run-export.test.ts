import { expect, test } from 'vitest';
import { runExport } from '../../functions/run-export.ts';
import { runId } from '../../shared/domain/ids.ts';
import type { Claim } from '../../shared/domain/run.ts';
import type { RunRequest } from '../../shared/steps/request-run.ts';
import { callApi } from './call.ts';

const now = Date.UTC(2026, 0, 5, 6, 0, 0);
const run = runId.parse('newsletter.20260105T060000000Z');
const url = `https://app.example.com/api/runs/${run}`;

/** Calls the function with an answer of the step, and gives what the step was asked. */
async function post({
  id = 'newsletter',
  body,
  key,
  answer = { kind: 'accepted', run, messages: [] },
}: {
  readonly id?: string;
  readonly body?: string;
  readonly key?: string;
  readonly answer?: RunRequest;
} = {}) {
  const claims: Claim[] = [];
  const handler = runExport(
    () => now,
    async (claim) => {
      claims.push(claim);
      return answer;
    },
  );
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  const path = `/exports/${encodeURIComponent(id)}/run?code=secret`;
  const options = { method: 'POST', path, params: { id }, headers } as const;
  return { ...(await callApi(handler, body === undefined ? options : { ...options, body })), claims };
}

test('202 with the address of the run', async () => {
  const { status, headers, json, claims } = await post();
  expect({ status, json }).toEqual({ status: 202, json: { run, url } });
  expect(headers.get('location')).toBe(url);
  expect(claims).toEqual([
    { runId: run, exportId: 'newsletter', kind: 'changes', trigger: 'http', requestedAt: now },
  ]);
});

test.each([
  ['', 'changes'],
  ['  \n', 'changes'],
  ['{}', 'changes'],
  ['{"kind":"changes"}', 'changes'],
  ['{"kind":"full"}', 'full'],
  ['{"kind":"dry-run"}', 'dry-run'],
  ['{"kind":"retry"}', 'retry'],
])('body %j asks for a run of the kind %s', async (body, kind) => {
  const { status, claims } = await post({ body });
  expect(status).toBe(202);
  expect(claims).toMatchObject([{ kind }]);
});

test.each([
  ['{"kind":"everything"}', 'kind'],
  ['{"kind":null}', 'kind'],
  ['{"dryRun":true}', 'body'],
  ['{"kind":"full","segments":[]}', 'body'],
  ['{"kind":', 'body'],
  ['[]', 'body'],
  ['"full"', 'body'],
  ['null', 'body'],
])('400 for the body %s, which names %s; nothing is claimed', async (body, field) => {
  const { status, headers, json, claims } = await post({ body });
  expect(json).toMatchObject({ status: 400, title: 'The body is wrong', errors: [{ field }] });
  expect(status).toBe(400);
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(claims).toEqual([]);
});

test.each(['Newsletter', '1st', '..', 'a/b', 'a'.repeat(41), ''])(
  '404 for %j, which is no id',
  async (id) => {
    const { status, json, claims } = await post({ id });
    expect({ status, json }).toMatchObject({ status: 404, json: { status: 404, title: 'Unknown export' } });
    expect(claims).toEqual([]);
  },
);

const answers: readonly [answer: RunRequest, status: number, json: object][] = [
  [{ kind: 'known', run }, 202, { run, url }],
  [{ kind: 'active', run }, 409, { status: 409, title: 'A run is active', run, url }],
  [
    { kind: 'nothing-to-retry', reason: 'The lists are gone.' },
    409,
    { title: 'There is nothing to retry', detail: 'The lists are gone.' },
  ],
  [{ kind: 'unknown-export' }, 404, { title: 'Unknown export' }],
  [
    { kind: 'unknown-connection', connection: 'brand-eu' },
    409,
    { detail: expect.stringContaining('brand-eu') },
  ],
  [{ kind: 'paused', reason: 'No key.', remedy: 'Store it.' }, 409, { detail: 'No key. Store it.' }],
];

test.each(answers)('$kind', async (answer, status, json) => {
  const answered = await post({ answer });
  expect(answered.status).toBe(status);
  expect(answered.json).toMatchObject(json);
  expect(answered.headers.get('location')).toBe(status === 202 ? url : null);
});

test('an Idempotency-Key names the run: the same for the same key, and for that export alone', async () => {
  const named = async (id: string, key: string) => (await post({ id, key })).claims[0]?.runId;
  const first = await named('newsletter', 'order 66');
  expect(first).toMatch(/^newsletter\.k[0-9a-f]{24}$/);
  expect(await named('newsletter', 'order 66')).toBe(first);
  expect(await named('newsletter', 'order 67')).not.toBe(first);
  expect(await named('other', 'order 66')).not.toBe(first);
  expect(await named('newsletter', 'k'.repeat(200))).toBeDefined();
});

test.each(['', 'k'.repeat(201)])('400 for an Idempotency-Key of the wrong length (%#)', async (key) => {
  const { status, json, claims } = await post({ key });
  expect({ status, json }).toMatchObject({ status: 400, json: { title: 'The Idempotency-Key is wrong' } });
  expect(claims).toEqual([]);
});
