import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { listen, type Reply, type Running, readJSON } from '../dataverse/http.ts';
import { createSecretStore } from './secrets.ts';
import { createVaultAPI, vaultFault } from './vault-api.ts';

export const seedSchema = z.record(z.string().regex(/^[0-9a-zA-Z-]{1,127}$/), z.string());

export type KeyVaultOptions = {
  readonly port?: number;
  /** Secrets by name. */
  readonly seed?: Readonly<Record<string, string>>;
  /** What clients are told the vault is; they must believe that it is one of Azure's. */
  readonly vaultURL?: string;
};

export const SANDBOX_VAULT_URL = 'https://sandbox.vault.azure.net';

const controlSchema = z.strictObject({
  /** The next requests fail, with 429 or a server's error. */
  failNext: z.strictObject({ count: z.int().min(0), status: z.int().min(400).max(599) }).optional(),
  /** The identity has lost its role: 403. */
  forbidden: z.boolean().optional(),
  resetFigures: z.literal(true).optional(),
});
const secretSchema = z.strictObject({
  name: z.string().regex(/^[0-9a-zA-Z-]{1,127}$/),
  value: z.string(),
  tags: z.exactOptional(z.record(z.string(), z.string())),
});

/**
 * A vault in memory with `/control` beside it. Any bearer token opens it.
 * @param now  milliseconds since 1970
 */
export async function startKeyVault(
  options: KeyVaultOptions = {},
  now: () => number = Date.now,
): Promise<Running> {
  const { port = 0, seed = {}, vaultURL = SANDBOX_VAULT_URL } = options;
  const store = createSecretStore(() => Math.floor(now() / 1_000));
  const put = (name: string, value: string, tags?: Readonly<Record<string, string>>) =>
    store.set(name, { value, ...(tags && { tags }), attributes: { enabled: true } });
  for (const [name, value] of Object.entries(seed)) put(name, value);

  let reads: Record<string, number> = {};
  let requests = 0;
  let challenges = 0;
  let forbidden = false;
  let failures = { left: 0, status: 503 };
  const api = createVaultAPI(store, vaultURL, (name) => {
    reads[name] = (reads[name] ?? 0) + 1;
  });

  async function control(request: IncomingMessage, url: URL): Promise<Reply> {
    const figures = (): Reply => ({
      status: 200,
      body: { requests, challenges, reads, secrets: store.list().length },
    });
    const route = `${request.method} ${url.pathname.slice('/control'.length)}`;
    if (route === 'GET ') return figures();
    if (route === 'POST /secrets') {
      const parsed = secretSchema.safeParse(await readJSON(request));
      if (!parsed.success) return { status: 400, body: { error: parsed.error.message } };
      return put(parsed.data.name, parsed.data.value, parsed.data.tags) === null
        ? { status: 409 }
        : figures();
    }
    if (route !== 'POST ') return { status: 404 };
    const parsed = controlSchema.safeParse(await readJSON(request));
    if (!parsed.success) return { status: 400, body: { error: parsed.error.message } };
    const { failNext, resetFigures } = parsed.data;
    forbidden = parsed.data.forbidden ?? forbidden;
    if (failNext) failures = { left: failNext.count, status: failNext.status };
    if (resetFigures) {
      reads = {};
      requests = 0;
      challenges = 0;
    }
    return figures();
  }

  const challenge = {
    'www-authenticate':
      'Bearer authorization="https://login.microsoftonline.com/00000000-0000-4000-8000-000000000000", resource="https://vault.azure.net"',
  };

  return listen(port, (request, url) => {
    if (url.pathname === '/control' || url.pathname.startsWith('/control/')) return control(request, url);
    requests++;
    if (!/^Bearer .+/.test(request.headers.authorization ?? '')) {
      challenges++;
      return { ...vaultFault(401, 'Unauthorized', 'The request carries no token.'), headers: challenge };
    }
    if (failures.left > 0) {
      failures = { ...failures, left: failures.left - 1 };
      return vaultFault(
        failures.status,
        failures.status === 429 ? 'Throttled' : 'InternalError',
        'As was asked for.',
      );
    }
    if (forbidden) return vaultFault(403, 'Forbidden', 'The caller is not authorized.', 'ForbiddenByRbac');
    return api(request, url);
  });
}
