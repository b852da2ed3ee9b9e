import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { type Reply, readJSON } from '../dataverse/http.ts';
import { currentOf, type Deleted, type SecretStore, type SecretVersion } from './secrets.ts';

const RETENTION_DAYS = 90;
const MAX_VALUE_BYTES = 25 * 1_024;
const DEFAULT_PAGE = 25;

const attributesSchema = z.object({
  enabled: z.exactOptional(z.boolean()),
  exp: z.exactOptional(z.number()),
  nbf: z.exactOptional(z.number()),
});
const changeSchema = z.object({
  contentType: z.exactOptional(z.string()),
  tags: z.exactOptional(z.record(z.string(), z.string())),
  attributes: z.exactOptional(attributesSchema),
});
const setSchema = changeSchema.extend({ value: z.string() });

export function vaultFault(status: number, code: string, message: string, inner?: string): Reply {
  const innererror = inner === undefined ? {} : { innererror: { code: inner } };
  return { status, body: { error: { code, message, ...innererror } } };
}

const notFound = (name: string) =>
  vaultFault(404, 'SecretNotFound', `A secret with (name/id) ${name} was not found in this key vault.`);
const badParameter = (message: string) => vaultFault(400, 'BadParameter', message);

type Read = (name: string) => void;

/**
 * The secrets part of the Key Vault REST API, without what happens before it (challenge, token).
 * https://learn.microsoft.com/rest/api/keyvault/secrets/operation-groups
 * @param vaultURL  origin that ids and next links carry
 * @param onRead  told the name of each secret whose value is given out
 */
export function createVaultAPI(store: SecretStore, vaultURL: string, onRead: Read) {
  const attributesOf = ({ attributes, created, updated }: SecretVersion) => ({
    ...attributes,
    created,
    updated,
    recoveryLevel: 'Recoverable+Purgeable',
    recoverableDays: RETENTION_DAYS,
  });
  const described = (one: SecretVersion, id: string) => ({
    id: `${vaultURL}/secrets/${id}`,
    ...(one.contentType === undefined ? {} : { contentType: one.contentType }),
    ...(one.tags === undefined ? {} : { tags: one.tags }),
    attributes: attributesOf(one),
  });
  const versioned = (one: SecretVersion) => described(one, `${one.name}/${one.version}`);
  const bundle = (one: SecretVersion): Reply => ({
    status: 200,
    body: { value: one.value, ...versioned(one) },
  });
  const gone = ({ secret, deletedDate }: Deleted, item: object) => ({
    recoveryId: `${vaultURL}/deletedsecrets/${secret[0].name}`,
    deletedDate,
    scheduledPurgeDate: deletedDate + RETENTION_DAYS * 86_400,
    ...item,
  });

  function paged(url: URL, items: readonly object[]): Reply {
    const size = Number(url.searchParams.get('maxresults') ?? DEFAULT_PAGE);
    if (!(size >= 1 && size <= DEFAULT_PAGE)) return badParameter('maxresults must be between 1 and 25.');
    const start = Number(Buffer.from(url.searchParams.get('$skiptoken') ?? 'MA', 'base64url').toString());
    if (!Number.isInteger(start)) return badParameter('The skiptoken is malformed.');
    const end = start + size;
    const next = new URL(url.pathname + url.search, vaultURL);
    next.searchParams.set('$skiptoken', Buffer.from(String(end)).toString('base64url'));
    return {
      status: 200,
      body: { value: items.slice(start, end), nextLink: end < items.length ? next.href : null },
    };
  }

  function read(name: string, version: string | undefined): Reply {
    const secret = store.get(name);
    const found = version ? secret?.find((one) => one.version === version) : secret && currentOf(secret);
    if (found === undefined) return notFound(name);
    if (!found.attributes.enabled) {
      return vaultFault(
        403,
        'Forbidden',
        'Operation get is not allowed on a disabled secret.',
        'SecretDisabled',
      );
    }
    onRead(found.name);
    return bundle(found);
  }

  async function set(request: IncomingMessage, name: string): Promise<Reply> {
    if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) return badParameter('The secret name is not allowed.');
    const parsed = setSchema.safeParse(await readJSON(request));
    if (!parsed.success) return badParameter('The request body is malformed or empty.');
    if (Buffer.byteLength(parsed.data.value) > MAX_VALUE_BYTES)
      return badParameter('The value is over 25 KB.');
    const { value, attributes, ...rest } = parsed.data;
    const added = store.set(name, {
      ...rest,
      value,
      attributes: { enabled: true, ...attributes },
    });
    if (added !== null) return bundle(added);
    const message = `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused.`;
    return vaultFault(409, 'Conflict', message, 'ObjectIsDeletedButRecoverable');
  }

  async function update(request: IncomingMessage, name: string, version: string | undefined): Promise<Reply> {
    const parsed = changeSchema.safeParse(await readJSON(request));
    if (!parsed.success) return badParameter('The request body is malformed.');
    const secret = store.get(name);
    const before = version ? secret?.find((one) => one.version === version) : secret && currentOf(secret);
    if (before === undefined) return notFound(name);
    const { attributes, ...rest } = parsed.data;
    const changed = store.update(name, before.version, {
      ...rest,
      attributes: { ...before.attributes, ...attributes },
    });
    return changed === undefined ? notFound(name) : { status: 200, body: versioned(changed) };
  }

  function deletedSecret(method: string, name: string, action: string | undefined): Reply {
    const one = store.getDeleted(name);
    if (one === undefined) return notFound(name);
    if (method === 'GET' && action === undefined)
      return { status: 200, body: gone(one, versioned(currentOf(one.secret))) };
    if (method === 'DELETE' && action === undefined) {
      store.purge(name);
      return { status: 204 };
    }
    if (method === 'POST' && action === 'recover') {
      const secret = store.recover(name);
      if (secret !== undefined) return { status: 200, body: versioned(currentOf(secret)) };
    }
    return vaultFault(405, 'MethodNotAllowed', 'The method is not allowed here.');
  }

  return async (request: IncomingMessage, url: URL): Promise<Reply> => {
    if (!url.searchParams.has('api-version')) return badParameter('api-version must be specified.');
    const [collection, name, third] = url.pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
    const method = request.method ?? 'GET';
    if (collection === 'deletedsecrets') {
      if (name !== undefined) return deletedSecret(method, name, third);
      return paged(
        url,
        store.listDeleted().map((one) => gone(one, described(currentOf(one.secret), one.secret[0].name))),
      );
    }
    if (collection !== 'secrets') return vaultFault(404, 'NotFound', 'There is nothing here.');
    if (name === undefined)
      return paged(
        url,
        store.list().map((secret) => described(currentOf(secret), secret[0].name)),
      );
    switch (method) {
      case 'GET':
        if (third !== 'versions') return read(name, third);
        return store.get(name) ? paged(url, (store.get(name) ?? []).map(versioned)) : notFound(name);
      case 'PUT':
        return set(request, name);
      case 'PATCH':
        return update(request, name, third);
      case 'DELETE': {
        const one = store.delete(name);
        return one === undefined
          ? notFound(name)
          : { status: 200, body: gone(one, versioned(currentOf(one.secret))) };
      }
      default:
        return vaultFault(405, 'MethodNotAllowed', 'The method is not allowed here.');
    }
  };
}
