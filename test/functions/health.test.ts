import { expect, test } from 'vitest';
import { healthDetails, healthDetailsView } from '../../functions/health.ts';
import { roles } from '../../shared/domain/access.ts';
import { connectionId } from '../../shared/domain/ids.ts';
import type { Health } from '../../shared/steps/check-health.ts';
import { call } from './call.ts';

const caller = { actor: { id: 'key', name: null }, role: 'administrator' } as const;
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

test.each(roles)('which connection fails, and where its key lies: told to a %s', async (role) => {
  const details = healthDetails('1.2.3', async () => ({ ok: false, checkedAt: 0, checks }));
  const answer = await call((http) => details(http, { ...caller, role }));
  expect(answer).toMatchObject({ status: 503 });
  const [storage, omnisend] = healthDetailsView.parse(answer.json).checks;
  expect(storage).toEqual(checks[0]);
  expect(omnisend).toMatchObject({ name: 'omnisend', verdict: 'failed', milliseconds: 340 });
  const isTold = /brand-eu|It does not|Mend it/.test(answer.text);
  expect(isTold).toBe(role === 'administrator');
});
