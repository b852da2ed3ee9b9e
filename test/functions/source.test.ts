import { expect, test } from 'vitest';
import { exportCheck, lookAround, sourceChecks } from '../../functions/source.ts';
import type { CheckedExport } from '../../shared/steps/check-export.ts';
import type { LookFault } from '../../shared/steps/look-around.ts';
import { callApi } from './call.ts';

const fault = { field: 'matching.email', message: 'There is no such column.', remedy: 'Name another.' };
const faults: readonly [LookFault, number, object, string | null][] = [
  [{ kind: 'configuration', faults: [fault] }, 422, { faults: [fault] }, null],
  [{ kind: 'throttled', retryAfterSeconds: 7.2 }, 503, { title: 'Not now' }, '8'],
  [{ kind: 'transient', message: '503' }, 503, { title: 'Not now' }, '10'],
  [{ kind: 'link-dead' }, 503, { title: 'Not now' }, '10'],
];

test('segments and columns come as the source gives them', async () => {
  const answer = await callApi(
    lookAround('segments', async () => ({ kind: 'ok', value: [{ name: 'VIP' }] })),
  );
  expect(answer.json).toEqual({ segments: [{ name: 'VIP' }] });
});

test.each(faults)('%j while looking around', async (given, status, json, retryAfter) => {
  const answer = await callApi(lookAround('columns', async () => given));
  expect(answer).toMatchObject({ status, json });
  expect(answer.headers.get('retry-after')).toBe(retryAfter);
});

test('the export user is in order when every check is', async () => {
  const good = { name: 'token', ok: true, message: 'It is there.', remedy: '' } as const;
  const bad = { ...good, name: 'role', ok: false, remedy: 'Give it the role.' } as const;
  expect((await callApi(sourceChecks(async () => [good]))).json).toEqual({ ok: true, checks: [good] });
  expect((await callApi(sourceChecks(async () => [good, bad]))).json).toEqual({
    ok: false,
    checks: [good, bad],
  });
});

test.each([
  [{ kind: 'checked', faults: [], slices: 16 }, undefined, { export: 'newsletter', ok: true, faults: [] }],
  [{ kind: 'checked', faults: [fault], slices: 0 }, undefined, { ok: false, faults: [fault] }],
  [{ kind: 'unknown-export' }, 404, { title: 'Unknown export' }],
  [{ kind: 'transient', message: '503' }, 503, { title: 'Not now' }],
] as const satisfies readonly (readonly [CheckedExport, number | undefined, object])[])(
  'an export that is %j',
  async (given, status, json) => {
    const answer = await callApi(
      exportCheck(async () => given),
      { params: { id: 'newsletter' } },
    );
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject(json);
  },
);

test('an id that can be no export is not asked about', async () => {
  const ask = exportCheck(() => Promise.reject(new Error('asked')));
  expect((await callApi(ask, { params: { id: '../x' } })).status).toBe(404);
});
