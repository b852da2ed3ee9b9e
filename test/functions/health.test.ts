import { expect, test } from 'vitest';
import { healthDetails, healthDetailsView } from '../../functions/health.ts';
import { connectionId } from '../../shared/domain/ids.ts';
import type { Health } from '../../shared/steps/check-health.ts';
import { call } from './call.ts';

const caller = { actor: { id: 'key', name: null }, role: 'viewer' } as const;
const checks: Health['checks'] = [
  { name: 'storage', connection: null, verdict: 'ok', milliseconds: 12, message: 'It works.', remedy: '' },
  {
    name: 'omnisend',
    connection: connectionId.parse('brand-eu'),
    verdict: 'failed',
    milliseconds: 340,
    message: 'It does not.',
    remedy: 'Mend it.',
  },
];

test.each([
  [true, 200],
  [false, 503],
])('where all is in order is %s: %i, with every verdict and no copy kept on its way', async (ok, status) => {
  const details = healthDetails('1.2.3', async () => ({ ok, checkedAt: Date.UTC(2026, 0, 5), checks }));
  const answer = await call((http) => details(http, caller));
  expect(answer).toMatchObject({ status });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(healthDetailsView.parse(answer.json)).toEqual({
    ok,
    version: '1.2.3',
    checkedAt: '2026-01-05T00:00:00.000Z',
    checks,
  });
});
