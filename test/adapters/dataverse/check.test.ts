import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TokenAnswer } from '../../../shared/ports/tokens.ts';
import { type Stub, type StubAnswer, startStub } from '../stub-server.ts';
import { type Resource, refusal, rows, serve, sourceOn } from './environment.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const oneRow = rows([{ msdynci_customerid: 'a' }]);
const inOrder = { memberships: oneRow, profiles: oneRow };
const ok: TokenAnswer = { kind: 'ok', token: 'token' };

const cases: readonly {
  readonly id: string;
  readonly token?: TokenAnswer;
  readonly answers?: Partial<Record<Resource, StubAnswer>>;
  /** Names of the checks that fail, with a part of what is said. */
  readonly failed: readonly (readonly [string, RegExp])[];
}[] = [
  { id: 'all in order', failed: [] },
  {
    id: 'an expired credential',
    token: { kind: 'refused', fault: { field: 'identity', message: 'It has expired.', remedy: 'Renew it.' } },
    failed: [['token', /It has expired\. Renew it\./]],
  },
  {
    id: 'no token now',
    token: { kind: 'unavailable', message: 'TimeoutError' },
    failed: [['token', /TimeoutError.*later/]],
  },
  {
    id: 'an identity that the environment does not know',
    answers: { memberships: refusal(401) },
    failed: [['environment', /application user/]],
  },
  {
    id: 'a right that is missing',
    answers: { profiles: refusal(403) },
    failed: [['role', /prvReadmsdynci_customerprofile.*security role/]],
  },
  {
    id: 'both rights',
    answers: { memberships: refusal(403), profiles: refusal(403) },
    failed: [
      ['role', /segmentmembership/],
      ['role', /customerprofile/],
    ],
  },
  {
    id: 'a product that is not installed',
    answers: { memberships: refusal(404), profiles: refusal(404) },
    failed: [
      ['environment', /installed/],
      ['environment', /installed/],
    ],
  },
  {
    id: 'rows that are hidden, or not there yet',
    answers: { memberships: rows([]) },
    failed: [['row', /no row of the segment memberships.*whole organisation/]],
  },
  {
    id: 'another server at the address',
    answers: { memberships: { status: 200, body: '<html>' } },
    failed: [['environment', /did not answer as Dataverse does.*address/]],
  },
  {
    id: 'too many requests',
    answers: { memberships: { status: 429, headers: { 'Retry-After': '9' } } },
    failed: [['environment', /9 more seconds.*later/]],
  },
  { id: 'a reset', answers: { profiles: 'reset' }, failed: [['environment', /address/]] },
];

it('names the identity that the token is of, and nothing else of it', async () => {
  const ids = { appid: '00000000-0000-4000-8000-00000000000a', oid: '00000000-0000-4000-8000-00000000000b' };
  const tokenOf = (payload: unknown) => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`;
  const identityOf = async (token: string) => {
    serve(stub, { memberships: () => oneRow, profiles: () => oneRow });
    const [first] = await sourceOn(stub, { tokens: { get: async () => ({ kind: 'ok', token }) } }).check();
    return first?.identity;
  };
  const both = { clientId: ids.appid, objectId: ids.oid };
  expect(await identityOf(tokenOf({ ...ids, name: 'canary' }))).toEqual(both);
  expect(await identityOf(tokenOf({ azp: ids.appid, oid: 'canary' }))).toEqual({ ...both, objectId: null });
  for (const odd of ['opaque', 'a.b.c', tokenOf({}), tokenOf([]), tokenOf({ appid: 'canary' })]) {
    expect(await identityOf(odd)).toBeUndefined();
  }
});

it.each(cases)('$id', async ({ token = ok, answers, failed }) => {
  const given = { ...inOrder, ...answers };
  serve(stub, { memberships: () => given.memberships, profiles: () => given.profiles });
  const checks = await sourceOn(stub, { tokens: { get: async () => token } }).check();
  const wrong = checks.filter((check) => !check.ok);
  expect(wrong.map(({ name }) => name)).toEqual(failed.map(([name]) => name));
  for (const [place, [, pattern]] of failed.entries()) {
    expect(`${wrong[place]?.message} ${wrong[place]?.remedy}`).toMatch(pattern);
  }
  if (failed.length === 0) {
    expect(checks.map(({ name }) => name)).toEqual(['token', 'environment', 'role', 'row', 'row']);
  }
  expect(checks.filter((check) => check.ok).every(({ remedy }) => remedy === '')).toBe(true);
});
