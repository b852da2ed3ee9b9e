import { expect, test } from 'vitest';
import { failureOf } from '../../../shared/adapters/identity/failures.ts';

const named = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });
const entra = (code: string, text = 'words of the service') =>
  named('AuthenticationError', `invalid_client: AADSTS${code}: ${text} Trace ID: 1`);

const refused: readonly (readonly [string, string])[] = [
  ['7000222', 'The credential of the app has expired. (AADSTS7000222)'],
  ['7000215', 'The credential of the app is wrong. (AADSTS7000215)'],
  ['700016', 'The tenant does not know the app. (AADSTS700016)'],
  ['90002', 'There is no such tenant. (AADSTS90002)'],
  ['500011', 'The tenant knows no environment at this address. (AADSTS500011)'],
  ['53003', 'A conditional access rule of the tenant keeps the app out. (AADSTS53003)'],
  ['700213', 'The app registration does not trust the identity that the app shows. (AADSTS700213)'],
];
test.each(refused)('AADSTS%s needs a person', (code, message) => {
  const answer = failureOf(entra(code), true);
  expect(answer).toEqual({
    kind: 'refused',
    fault: { field: 'identity', message, remedy: expect.any(String) },
  });
  expect(JSON.stringify(answer)).not.toContain('words of the service');
});

test('a code is found in whatever the error is made of', () => {
  const inner = named('AggregateAuthenticationError', 'ChainedTokenCredential failed', {
    errors: [named('CredentialUnavailableError', 'none'), entra('7000222')],
  });
  expect(failureOf(named('Error', 'no token', { cause: inner }), false).kind).toBe('refused');
});

test.each([
  ['a code that may pass', entra('90033'), true],
  ['a code that is not known', entra('123456789'), false],
  ['a network that is down', named('RestError', 'ECONNREFUSED'), false],
  [
    'an identity that the platform serves at other times',
    named('CredentialUnavailableError', 'no answer'),
    true,
  ],
  ['nothing that is an error', 'AADSTS7000222', true],
])('%s is waited for', (_, error, served) => {
  expect(failureOf(error, served).kind).toBe('unavailable');
});

test.each(['CredentialUnavailableError', 'AggregateAuthenticationError'])(
  '%s where no identity is served says that there is none',
  (name) => {
    expect(failureOf(named(name, 'tried all'), false)).toMatchObject({
      kind: 'refused',
      fault: { message: 'The app has no identity here.' },
    });
  },
);
