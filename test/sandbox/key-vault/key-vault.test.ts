import { type DeletedSecret, SecretClient, type SecretProperties } from '@azure/keyvault-secrets';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Running } from '../dataverse/http.ts';
import { createRedirectingClient } from './http-client.ts';
import { SANDBOX_VAULT_URL, startKeyVault } from './key-vault.ts';

let vault: Running;
let client: SecretClient;
let scopes: string[];

beforeEach(async () => {
  vault = await startKeyVault({ seed: { 'brand-eu': 'first-key' } });
  scopes = [];
  const credential = {
    getToken: (scope: string | string[]) => {
      scopes.push(...[scope].flat());
      return Promise.resolve({ token: 'any', expiresOnTimestamp: Date.now() + 3_600_000 });
    },
  };
  client = new SecretClient(SANDBOX_VAULT_URL, credential, {
    httpClient: createRedirectingClient(vault.url),
    retryOptions: { maxRetries: 0 },
  });
});
afterEach(() => vault.close());

async function control(path: string, body?: object): Promise<unknown> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  return (await fetch(`${vault.url}/control${path}`, init)).json();
}

async function namesOf(pages: AsyncIterable<SecretProperties | DeletedSecret>): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of pages) names.push(name);
  return names;
}

describe('vault, through the Azure client', () => {
  it('asks for a token once, for the vault', async () => {
    expect((await client.getSecret('brand-eu')).value).toBe('first-key');
    await client.getSecret('brand-eu');
    expect(scopes).toEqual(['https://vault.azure.net/.default']);
    expect(await control('')).toEqual({ requests: 3, challenges: 1, reads: { 'brand-eu': 2 }, secrets: 1 });
  });

  it('keeps every version', async () => {
    const second = await client.setSecret('brand-eu', 'second-key', { tags: { brand: 'eu' } });
    const [first] = await namesAndVersions();
    expect((await client.getSecret('brand-eu')).value).toBe('second-key');
    expect((await client.getSecret('brand-eu', { version: first ?? '' })).value).toBe('first-key');
    expect(second.properties.tags).toEqual({ brand: 'eu' });
    await control('/secrets', { name: 'brand-eu', value: 'rotated' });
    expect((await client.getSecret('brand-eu')).value).toBe('rotated');
    expect(await namesAndVersions()).toHaveLength(3);
  });

  async function namesAndVersions(): Promise<string[]> {
    const versions: string[] = [];
    for await (const { version } of client.listPropertiesOfSecretVersions('brand-eu'))
      versions.push(version ?? '');
    return versions;
  }

  it('lists all secrets over several pages', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `secret-${String(index).padStart(2, '0')}`);
    for (const name of names) await control('/secrets', { name, value: 'x' });
    expect(await namesOf(client.listPropertiesOfSecrets())).toEqual(['brand-eu', ...names]);
  });

  it('refuses a disabled secret until it is enabled', async () => {
    const { properties } = await client.getSecret('brand-eu');
    const version = properties.version ?? '';
    await client.updateSecretProperties('brand-eu', version, { enabled: false });
    await expect(client.getSecret('brand-eu')).rejects.toMatchObject({ statusCode: 403, code: 'Forbidden' });
    await client.updateSecretProperties('brand-eu', version, { enabled: true });
    expect((await client.getSecret('brand-eu')).value).toBe('first-key');
  });

  it('deletes, keeps the name taken, recovers, and purges', async () => {
    const deletion = await client.beginDeleteSecret('brand-eu', { intervalInMs: 1 });
    expect((await deletion.pollUntilDone()).recoveryId).toBe(`${SANDBOX_VAULT_URL}/deletedsecrets/brand-eu`);
    await expect(client.getSecret('brand-eu')).rejects.toMatchObject({
      statusCode: 404,
      code: 'SecretNotFound',
    });
    await expect(client.setSecret('brand-eu', 'x')).rejects.toMatchObject({
      statusCode: 409,
      code: 'Conflict',
    });
    expect(await namesOf(client.listDeletedSecrets())).toEqual(['brand-eu']);

    await (await client.beginRecoverDeletedSecret('brand-eu', { intervalInMs: 1 })).pollUntilDone();
    expect((await client.getSecret('brand-eu')).value).toBe('first-key');

    await (await client.beginDeleteSecret('brand-eu', { intervalInMs: 1 })).pollUntilDone();
    await client.purgeDeletedSecret('brand-eu');
    expect(await namesOf(client.listDeletedSecrets())).toEqual([]);
    expect((await client.setSecret('brand-eu', 'anew')).value).toBe('anew');
  });

  it('loses and regains the role, and fails on demand', async () => {
    await control('', { forbidden: true });
    await expect(client.getSecret('brand-eu')).rejects.toMatchObject({ statusCode: 403 });
    await control('', { forbidden: false, failNext: { count: 1, status: 503 } });
    await expect(client.getSecret('brand-eu')).rejects.toMatchObject({ statusCode: 503 });
    expect((await client.getSecret('brand-eu')).value).toBe('first-key');
  });
});

describe('vault, without a client', () => {
  const cases: [name: string, path: string, init: RequestInit, status: number, code: string][] = [
    ['no token', '/secrets/brand-eu?api-version=7.6', { headers: {} }, 401, 'Unauthorized'],
    ['no version of the API', '/secrets/brand-eu', {}, 400, 'BadParameter'],
    ['no such secret', '/secrets/none?api-version=7.6', {}, 404, 'SecretNotFound'],
    ['no such version', '/secrets/brand-eu/0123?api-version=7.6', {}, 404, 'SecretNotFound'],
    ['name', '/secrets/a_b?api-version=7.6', { method: 'PUT', body: '{"value":"x"}' }, 400, 'BadParameter'],
    ['no body', '/secrets/a?api-version=7.6', { method: 'PUT' }, 400, 'BadParameter'],
    [
      'value over 25 KB',
      '/secrets/a?api-version=7.6',
      { method: 'PUT', body: JSON.stringify({ value: 'x'.repeat(25_601) }) },
      400,
      'BadParameter',
    ],
    [
      'purge of a live one',
      '/deletedsecrets/brand-eu?api-version=7.6',
      { method: 'DELETE' },
      404,
      'SecretNotFound',
    ],
  ];
  it.each(cases)('%s', async (_, path, init, status, code) => {
    const response = await fetch(vault.url + path, { headers: { authorization: 'Bearer any' }, ...init });
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status,
      body: { error: { code } },
    });
  });
});
