import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { keyVaultSecrets } from '../../../shared/adapters/key-vault/secrets.ts';
import { virtualClock } from '../../memory/clock.ts';
import { listen } from '../listen.ts';

type Answer = { readonly status: number; readonly code?: string; readonly value?: string };

const credential = { getToken: async () => ({ token: 'token-1', expiresOnTimestamp: Date.UTC(2100, 0) }) };

/** A vault that gives the next of `answers` to each authorised request, and notes what it was asked. */
const scriptedVault = async (answers: readonly Answer[]) => {
  const asked: string[] = [];
  const left = [...answers];
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.headers.authorization !== 'Bearer token-1') {
      response.setHeader(
        'www-authenticate',
        'Bearer authorization="https://login.microsoftonline.com/tenant", resource="https://vault.azure.net"',
      );
      response.writeHead(401).end('{}');
      return;
    }
    asked.push(`${request.method} ${request.url?.split('?')[0]}`);
    const { status, code, value } = left.shift() ?? { status: 500, code: 'NotScripted' };
    const id = 'https://sandbox.vault.azure.net/secrets/name/v1';
    response
      .writeHead(status)
      .end(JSON.stringify(code ? { error: { code, message: code } } : { value, id, attributes: {} }));
  });
  const vaultUrl = await listen(server);
  return { asked, secrets: keyVaultSecrets({ vaultUrl, credential, clock: virtualClock(), sandbox: true }) };
};

const get = 'GET /secrets/name/';
const put = 'PUT /secrets/name';
const del = 'DELETE /secrets/name';
const recover = 'POST /deletedsecrets/name/recover';

test.each<[string, readonly Answer[], unknown]>([
  ['a value', [{ status: 200, value: 'v' }], { kind: 'ok', value: 'v' }],
  ['not found', [{ status: 404, code: 'SecretNotFound' }], { kind: 'absent' }],
  ['no permission', [{ status: 403, code: 'Forbidden' }], { kind: 'forbidden' }],
])('get: %s', async (_, answers, expected) => {
  const { secrets, asked } = await scriptedVault(answers);
  expect(await secrets.get('name')).toEqual(expected);
  expect(asked).toEqual([get]);
});

test('get: a fault of the vault is an answer, after at most three more tries', async () => {
  const { secrets, asked } = await scriptedVault(Array(9).fill({ status: 503, code: 'Unavailable' }));
  expect(await secrets.get('name')).toEqual({ kind: 'unavailable' });
  expect(asked).toEqual([get, get, get, get]);
});

test.each<[string, readonly Answer[], unknown, readonly string[]]>([
  [
    'new',
    [
      { status: 404, code: 'SecretNotFound' },
      { status: 200, value: 'v' },
      { status: 200, value: 'v' },
    ],
    { kind: 'ok', value: 'v' },
    [get, put, get],
  ],
  [
    'another writer was later: the newest counts',
    [
      { status: 404, code: 'SecretNotFound' },
      { status: 200, value: 'v' },
      { status: 200, value: 'theirs' },
    ],
    { kind: 'ok', value: 'theirs' },
    [get, put, get],
  ],
  [
    'a conflict: read again',
    [
      { status: 404, code: 'SecretNotFound' },
      { status: 409, code: 'Conflict' },
      { status: 200, value: 'theirs' },
    ],
    { kind: 'ok', value: 'theirs' },
    [get, put, get],
  ],
  [
    'deleted, and its name kept by the vault: brought back and overwritten',
    [
      { status: 404, code: 'SecretNotFound' },
      { status: 409, code: 'Conflict' },
      { status: 404, code: 'SecretNotFound' },
      { status: 404, code: 'SecretNotFound' },
      { status: 200, value: 'old' },
      { status: 200, value: 'old' },
      { status: 200, value: 'v' },
      { status: 200, value: 'v' },
    ],
    { kind: 'ok', value: 'v' },
    [get, put, get, get, recover, get, put, get],
  ],
  [
    'deleted, and may not be brought back',
    [
      { status: 404, code: 'SecretNotFound' },
      { status: 409, code: 'Conflict' },
      { status: 404, code: 'SecretNotFound' },
      { status: 404, code: 'SecretNotFound' },
      { status: 403, code: 'Forbidden' },
    ],
    { kind: 'forbidden' },
    [get, put, get, get, recover],
  ],
  ['there already', [{ status: 200, value: 'there' }], { kind: 'ok', value: 'there' }, [get]],
  ['may not read', [{ status: 403, code: 'Forbidden' }], { kind: 'forbidden' }, [get]],
  [
    'may not write',
    [
      { status: 404, code: 'SecretNotFound' },
      { status: 403, code: 'Forbidden' },
    ],
    { kind: 'forbidden' },
    [get, put],
  ],
])('create: %s', async (_, answers, expected, requests) => {
  const { secrets, asked } = await scriptedVault(answers);
  expect(await secrets.create('name', 'v')).toEqual(expected);
  expect(asked).toEqual(requests);
});

test.each<[string, readonly Answer[], unknown, readonly string[]]>([
  ['there', [{ status: 200, value: 'v' }], { kind: 'absent' }, [del]],
  ['gone already', [{ status: 404, code: 'SecretNotFound' }], { kind: 'absent' }, [del]],
  ['may not', [{ status: 403, code: 'Forbidden' }], { kind: 'forbidden' }, [del]],
  [
    'no answer',
    Array(9).fill({ status: 503, code: 'Unavailable' }),
    { kind: 'unavailable' },
    Array(4).fill(del),
  ],
])('remove: %s', async (_, answers, expected, requests) => {
  const { secrets, asked } = await scriptedVault(answers);
  expect(await secrets.remove('name')).toEqual(expected);
  expect(asked).toEqual(requests);
});

test('a value that may no longer be read is forgotten', async () => {
  const { secrets } = await scriptedVault([
    { status: 200, value: 'v' },
    { status: 403, code: 'Forbidden' },
    { status: 404, code: 'SecretNotFound' },
  ]);
  await secrets.get('name');
  expect(await secrets.get('name', { fresh: true })).toEqual({ kind: 'forbidden' });
  expect(await secrets.get('name')).toEqual({ kind: 'absent' });
});

test('plain http is refused outside the sandbox', () => {
  const options = { vaultUrl: 'http://127.0.0.1:1', credential, clock: virtualClock(), sandbox: false };
  expect(() => keyVaultSecrets(options)).toThrow('for the sandbox only');
});
