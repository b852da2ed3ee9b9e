import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { appServiceIdentity, requestToken } from '../../../shared/adapters/identity/app-service.ts';
import { appCredential } from '../../../shared/adapters/identity/credential.ts';
import { identityTokens } from '../../../shared/adapters/identity/tokens.ts';
import { virtualClock } from '../../memory/clock.ts';
import { listen } from '../listen.ts';

const scope = 'https://example.org/.default';
const start = Date.UTC(2026, 0, 5);
const given = (token: string) => ({ kind: 'ok', token });

/** The identity endpoint of App Service; tokens are numbered and last an hour from the real `expiresFrom`. */
const identityEndpoint = async (
  expiresFrom: number,
  answer?: { readonly status: number; readonly body: string },
) => {
  const asked: Record<string, string | undefined>[] = [];
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://127.0.0.1').searchParams;
    const secret = request.headers['x-identity-header'];
    asked.push({ ...Object.fromEntries(query), header: Array.isArray(secret) ? secret.join() : secret });
    const token = {
      access_token: `token-${asked.length}`,
      expires_on: String(expiresFrom / 1000 + 3_600),
      resource: query.get('resource'),
      token_type: 'Bearer',
    };
    response.setHeader('content-type', 'application/json');
    response.writeHead(answer?.status ?? 200).end(answer?.body ?? JSON.stringify(token));
  });
  const url = await listen(server);
  return {
    asked,
    environment: { IDENTITY_ENDPOINT: `${url}/msi/token`, IDENTITY_HEADER: 'sandbox' },
  };
};

test('the credential speaks the protocol of App Service, over plain http to this machine, and keeps its token', async () => {
  const { asked, environment } = await identityEndpoint(Date.now() - (Date.now() % 1000));
  const before = { ...process.env };
  Object.assign(process.env, environment, { AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential' });
  onTestFinished(() => {
    process.env = before;
  });
  const credential = appCredential({ clientId: 'client-1' });
  const clock = virtualClock({ start: Date.now() });
  const tokens = identityTokens({ credential, clock, identity: appServiceIdentity(environment, 'client-1') });

  expect(await tokens.get(scope)).toEqual(given('token-1'));
  expect(await tokens.get(scope)).toEqual(given('token-1'));
  expect(asked).toMatchObject([
    { resource: 'https://example.org', client_id: 'client-1', header: 'sandbox' },
  ]);

  expect(await tokens.get(scope, { fresh: true })).toMatchObject(given('token-2'));
  expect(await tokens.get(scope)).toEqual(given('token-2'));
  expect(asked[1]).toEqual({
    'api-version': '2019-08-01',
    resource: 'https://example.org',
    client_id: 'client-1',
    header: 'sandbox',
  });
});

test('a fresh token is given until five minutes before its end, per scope', async () => {
  const { asked, environment } = await identityEndpoint(start);
  const clock = virtualClock({ start });
  const credential = { getToken: async () => ({ token: 'from the credential', expiresOnTimestamp: 0 }) };
  const tokens = identityTokens({ credential, clock, identity: appServiceIdentity(environment) });

  expect(await tokens.get(scope)).toEqual(given('from the credential'));
  expect(await tokens.get(scope, { fresh: true })).toMatchObject(given('token-1'));
  expect(await tokens.get('https://example.com/.default')).toEqual(given('from the credential'));
  await clock.advance(55 * 60_000 - 1);
  expect(await tokens.get(scope)).toEqual(given('token-1'));
  await clock.advance(1);
  expect(await tokens.get(scope)).toEqual(given('from the credential'));
  expect(asked).toHaveLength(1);
});

test('without an endpoint of App Service, fresh gives what the credential gives', async () => {
  const credential = { getToken: async () => ({ token: 'from the credential', expiresOnTimestamp: 0 }) };
  const tokens = identityTokens({ credential, clock: virtualClock(), identity: appServiceIdentity({}) });
  expect(await tokens.get(scope, { fresh: true })).toEqual(given('from the credential'));
});

test.each([
  [500, '{}', 'identity endpoint 500'],
  [429, '{}', 'identity endpoint 429'],
  [200, 'no JSON', 'an answer that is no token'],
  [200, '{"access_token":"secret-1"}', 'an answer that is no token'],
  [200, '{"access_token":"secret-1","expires_on":"soon"}', 'an answer that is no token'],
])(
  'an answer %i %s is waited for, and neither token nor header is repeated',
  async (status, body, message) => {
    const { environment } = await identityEndpoint(start, { status, body });
    const identity = appServiceIdentity(environment);
    if (!identity) throw new Error('No identity.');
    expect(await requestToken(identity, scope)).toEqual({ kind: 'unavailable', message });
  },
);

test('an endpoint that is not there is waited for', async () => {
  const identity = { endpoint: 'http://127.0.0.1:9/msi/token', header: 'sandbox' };
  expect(await requestToken(identity, scope)).toEqual({ kind: 'unavailable', message: 'TypeError' });
});

test.each([
  ['{"error":"invalid_request","error_description":"Identity not found"}', 'The platform does not know'],
  ['{"error_description":"AADSTS500011: The resource principal named x was not found"}', 'AADSTS500011'],
])('a refusal of the endpoint is a fault with a remedy: %s', async (body, part) => {
  const { environment } = await identityEndpoint(start, { status: 400, body });
  const identity = appServiceIdentity(environment);
  // The credential itself only says that something failed.
  const credential = { getToken: () => Promise.reject(new Error('ManagedIdentityCredential failed')) };
  const tokens = identityTokens({ credential, clock: virtualClock({ start }), identity });
  const answer = await tokens.get(scope);
  expect(answer).toMatchObject({ kind: 'refused', fault: { field: 'identity' } });
  expect(answer.kind === 'refused' && answer.fault.message).toContain(part);
  expect(JSON.stringify(answer)).not.toContain('resource principal');
});

test('a credential without a token is asked again', async () => {
  const credential = { getToken: async () => null };
  const tokens = identityTokens({ credential, clock: virtualClock(), identity: undefined });
  expect(await tokens.get(scope)).toEqual({ kind: 'unavailable', message: 'no token' });
});
