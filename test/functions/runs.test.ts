import { expect, test } from 'vitest';
import { z } from 'zod';
import { approve } from '../../functions/approve.ts';
import { cancel } from '../../functions/cancel.ts';
import { oneRun, rows, runs } from '../../functions/runs.ts';
import { type RunId, runId } from '../../shared/domain/ids.ts';
import type { Approval } from '../../shared/steps/approve-run.ts';
import type { Cancellation } from '../../shared/steps/cancel-run.ts';
import type { describeRun } from '../../shared/steps/describe-run.ts';
import type { ListedRow, RowsPage } from '../../shared/steps/list-rows.ts';
import { callApi } from './call.ts';

const run = 'newsletter.1';
const problem = (status: number, title: string) => ({ status, json: { type: 'about:blank', status, title } });

test.each([
  ['', { limit: 50 }],
  ['?export=newsletter&limit=500', { exportId: 'newsletter', limit: 500 }],
  ['?state=held&limit=1', { state: 'held', limit: 1 }],
  ['?code=key&unknown=1', { limit: 50 }],
  [
    '?state=skipped&kind=full&trigger=schedule&outcome=left-out',
    { state: 'skipped', kind: 'full', trigger: 'schedule', outcome: 'left-out', limit: 50 },
  ],
  [
    '?from=2026-05-08&to=2026-05-08T12:00:00%2B02:00',
    { from: Date.UTC(2026, 4, 8), to: Date.UTC(2026, 4, 8, 10), limit: 50 },
  ],
])('runs%s asks for %j', async (query, filter) => {
  const asked: unknown[] = [];
  const handler = runs(async (given) => {
    asked.push(given);
    return { runs: [], next: null };
  });
  const { json } = await callApi(handler, { path: `/runs${query}` });
  expect(json).toEqual({ runs: [], next: null });
  expect(asked).toEqual([filter]);
});

test('the cursor of an answer is taken back as it was given', async () => {
  const next = { at: Date.UTC(2026, 0, 5), key: 'newsletter.1' };
  const asked: unknown[] = [];
  const handler = runs(async (given) => {
    asked.push(given);
    return { runs: [], next };
  });
  const { json } = await callApi(handler);
  const after = z.object({ next: z.string() }).parse(json).next;
  await callApi(handler, { path: `/runs?after=${after}` });
  expect(asked).toEqual([{ limit: 50 }, { limit: 50, after: next }]);
});

test.each([
  ['runs', '?limit=0', 'limit'],
  ['runs', '?limit=501', 'limit'],
  ['runs', '?limit=ten', 'limit'],
  ['runs', '?export=News%20letter', 'export'],
  ['runs', '?kind=some', 'kind'],
  ['runs', '?trigger=hand', 'trigger'],
  ['runs', '?from=yesterday', 'from'],
  ['runs', '?from=2026-05-08T10:00:00', 'from'],
  ['runs', '?to=2026-13-01', 'to'],
  ['runs', '?outcome=some', 'outcome'],
  ['runs', '?after=x', 'after'],
  ['runs', '?after=WyJhIiwxXQ', 'after'],
  ['runs', `?state=${'x'.repeat(21)}`, 'state'],
  ['rows', '?outcome=accepted', 'outcome'],
  ['rows', '?offset=-1', 'offset'],
  ['rows', '?offset=1.5', 'offset'],
  ['rows', '?limit=10001', 'limit'],
  ['rows', '?format=xml', 'format'],
])('400 for %s%s, which names %s', async (name, query, field) => {
  const never = async () => {
    throw new Error('The step was called.');
  };
  const handler = name === 'runs' ? runs(never) : rows(never);
  const answer = await callApi(handler, { path: `/runs${query}`, params: { run } });
  expect(answer).toMatchObject(problem(400, 'The query is wrong'));
  expect(answer.json).toMatchObject({ errors: [{ field }] });
});

test.each(['unknown.1', 'no-dot', '../x', ''])('404 for the run %j, by every function', async (id) => {
  const asked: RunId[] = [];
  const unknown = async (one: RunId) => {
    asked.push(one);
    return undefined;
  };
  const expected = problem(404, 'Unknown run');
  expect(await callApi(oneRun(unknown), { params: { run: id } })).toMatchObject(expected);
  expect(await callApi(rows(unknown), { params: { run: id } })).toMatchObject(expected);
  const approval = approve(async (one) => {
    asked.push(one);
    return { kind: 'unknown' };
  });
  expect(await callApi(approval, { method: 'POST', params: { run: id } })).toMatchObject(expected);
  // What is no id never reaches a step.
  expect(asked).toHaveLength(id === 'unknown.1' ? 3 : 0);
});

type Description = NonNullable<Awaited<ReturnType<typeof describeRun>>>;
const zero = { reading: { slices: 0, read: 0, rows: 0 }, planning: { shards: 0, planned: 0 } };

test('a run is described as the step describes it', async () => {
  const described: Description = {
    id: runId.parse('newsletter.1'),
    export: 'newsletter',
    kind: 'changes',
    retryOf: null,
    trigger: 'http',
    state: 'queued',
    reason: null,
    requestedAt: '2026-01-05T06:00:00.000Z',
    startedAt: null,
    endedAt: null,
    stages: null,
    tally: null,
    segments: [],
    brand: null,
    progress: {
      ...zero,
      sending: { pages: 0, batches: 0, posted: 0, settled: 0 },
      tagging: { calls: 0, requested: 0 },
    },
    changes: null,
    wouldHold: null,
    examples: null,
    secondsLeft: { stage: null, run: null },
  };
  const { json, status } = await callApi(
    oneRun(async () => described),
    { params: { run } },
  );
  expect({ json, status }).toEqual({ json: described, status: undefined });
});

const row = (values: Partial<ListedRow>): ListedRow => ({
  customerId: 'c1',
  outcome: 'refused',
  field: 'email',
  reason: 'invalid',
  message: 'must be an address',
  ...values,
});
const listed = (page: RowsPage) => rows(async () => page);

test.each([
  ['', 'refused', { offset: 0, limit: 1000 }],
  ['?outcome=left-out&offset=20&limit=10', 'left-out', { offset: 20, limit: 10 }],
])('rows%s asks for %s rows, %j', async (query, outcome, range) => {
  const asked: unknown[] = [];
  const page = { rows: [row({})], next: 20 };
  const handler = rows(async (...given) => {
    asked.push(given);
    return page;
  });
  const { json } = await callApi(handler, { path: `/runs/${run}/rows${query}`, params: { run } });
  expect(json).toEqual(page);
  expect(asked).toEqual([[run, outcome, range]]);
});

test.each([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['say "no"', '"say ""no"""'],
  ['two\nlines', '"two\nlines"'],
  ['=1+1', "'=1+1"],
  ['=HYPERLINK("https://example.com")', '"\'=HYPERLINK(""https://example.com"")"'],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@x', "'@x"],
  ['\tx', "'\tx"],
])('as CSV, %j is written %s', async (message, cell) => {
  const { headers, text } = await callApi(listed({ rows: [row({ message })], next: null }), {
    path: '?format=csv',
    params: { run },
  });
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(text).toBe(`customerId,outcome,field,reason,message\r\nc1,refused,email,invalid,${cell}\r\n`);
});

const approvals: readonly [Approval, number, object][] = [
  [{ kind: 'approved', messages: [] }, 202, { run, state: 'planning' }],
  [{ kind: 'not-held', state: 'sending' }, 409, { title: 'The run is not held', detail: 'It is sending.' }],
  [
    { kind: 'not-approvable', reason: 'It would wipe.' },
    409,
    { title: 'The run cannot be approved', detail: 'It would wipe.' },
  ],
  [{ kind: 'unknown' }, 404, { title: 'Unknown run' }],
];

const cancellations: readonly [Cancellation, number, object][] = [
  [{ kind: 'cancelled' }, 202, { run, state: 'cancelled' }],
  [{ kind: 'cancelling', messages: [] }, 202, { run, state: 'cancelling' }],
  [{ kind: 'ended', state: 'succeeded' }, 409, { title: 'The run has ended', detail: 'It is succeeded.' }],
  [{ kind: 'unknown' }, 404, { title: 'Unknown run' }],
];

test.each(cancellations)('cancel: $kind', async (cancellation, status, json) => {
  const answer = await callApi(
    cancel(async () => cancellation),
    { method: 'POST', params: { run } },
  );
  expect(answer).toMatchObject({ status, json });
});

test.each(approvals)('approve: $kind', async (approval, status, json) => {
  const answer = await callApi(
    approve(async () => approval),
    { method: 'POST', params: { run } },
  );
  expect(answer).toMatchObject({ status, json });
});
