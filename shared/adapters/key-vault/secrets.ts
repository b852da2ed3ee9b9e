import type { SecretClient } from '@azure/keyvault-secrets';
import type { Clock } from '../../ports/clock.ts';
import type { SecretAnswer, Secrets } from '../../ports/secrets.ts';
import { isLoopbackHttp, sandboxVaultUrl, sendTo } from './sandbox.ts';

type TokenCredential = ConstructorParameters<typeof SecretClient>[1];

interface VaultOptions {
  readonly vaultUrl: string;
  readonly credential: TokenCredential;
  readonly clock: Pick<Clock, 'now'>;
  readonly cacheMinutes?: number;
  /** Allows a vault at plain http on this machine. */
  readonly sandbox: boolean;
}

// Few and short: they multiply with those of the queue.
const retryOptions = { maxRetries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 };
const recovery = { everyMs: 500, forMs: 20_000 } as const;

/** Secrets in Azure Key Vault. Values are held in memory only; errors name secrets, never values. */
export const keyVaultSecrets = (options: VaultOptions): Secrets => {
  const { clock, cacheMinutes = 10 } = options;
  const client = lazyClient(options);
  const cache = new Map<string, { readonly value: string; readonly until: number }>();

  const remember = (name: string, value: string): SecretAnswer => {
    cache.set(name, { value, until: clock.now() + cacheMinutes * 60_000 });
    return { kind: 'ok', value };
  };

  const read = async (name: string): Promise<SecretAnswer> => {
    try {
      const { value } = await (await client()).getSecret(name);
      return value === undefined ? { kind: 'absent' } : remember(name, value);
    } catch (error) {
      const answer = refusal(error);
      if (answer.kind !== 'unavailable') cache.delete(name);
      return answer;
    }
  };

  /** What is deleted holds its name for as long as the vault keeps it, so it is brought back and overwritten. */
  const overwriteDeleted = async (...[name, value, tags]: Parameters<SecretClient['setSecret']>) => {
    const vault = await client();
    const poller = await vault.beginRecoverDeletedSecret(name, { intervalInMs: recovery.everyMs });
    await poller.pollUntilDone({ abortSignal: AbortSignal.timeout(recovery.forMs) });
    await vault.setSecret(name, value, tags);
  };

  return {
    async get(name, { fresh = false } = {}) {
      checkSecretName(name);
      const cached = cache.get(name);
      if (!fresh && cached && cached.until > clock.now()) return { kind: 'ok', value: cached.value };
      const answer = await read(name);
      return answer.kind === 'unavailable' && cached && !fresh ? { kind: 'ok', value: cached.value } : answer;
    },

    // The vault has no "write unless there": a write makes a new version. Reading again after it lets two writers of
    // the same moment agree on the newest; who must be alone for certain claims a row first.
    async create(name, value, { tags = {} } = {}) {
      checkSecretName(name);
      const before = await read(name);
      if (before.kind !== 'absent') return before;
      try {
        await (await client()).setSecret(name, value, { tags });
      } catch (error) {
        if (status(error) !== 409) return refusal(error);
        const other = await read(name);
        if (other.kind !== 'absent') return other;
        try {
          await overwriteDeleted(name, value, { tags });
        } catch (failed) {
          const answer = refusal(failed);
          return answer.kind === 'forbidden' ? answer : { kind: 'unavailable' };
        }
      }
      return read(name);
    },

    async tagsOf(name) {
      checkSecretName(name);
      try {
        const { properties } = await (await client()).getSecret(name);
        return { kind: 'ok', tags: properties.tags ?? {} };
      } catch (error) {
        return refusal(error);
      }
    },

    async remove(name) {
      checkSecretName(name);
      cache.delete(name);
      try {
        // Its first request deletes. How long the vault takes to have done so matters to nobody.
        await (await client()).beginDeleteSecret(name);
        return { kind: 'absent' };
      } catch (error) {
        return refusal(error);
      }
    },
  };
};

export const checkSecretName = (name: string): void => {
  // https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers
  if (/^[0-9a-zA-Z-]{1,127}$/.test(name)) return;
  throw new RangeError('A secret name must be 1 to 127 characters of 0-9, a-z, A-Z and "-".');
};

const lazyClient = ({ vaultUrl, credential, sandbox }: VaultOptions): (() => Promise<SecretClient>) => {
  const redirected = isLoopbackHttp(vaultUrl);
  if (redirected && !sandbox) throw new Error('A vault at plain http is for the sandbox only.');
  const make = async (): Promise<SecretClient> => {
    // Loaded at first use, so that a start without secrets does not pay for it.
    const { SecretClient } = await import('@azure/keyvault-secrets');
    return redirected
      ? new SecretClient(sandboxVaultUrl, credential, {
          retryOptions,
          additionalPolicies: [{ policy: sendTo(vaultUrl), position: 'perRetry' }],
        })
      : new SecretClient(vaultUrl, credential, { retryOptions });
  };
  let made: Promise<SecretClient> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

/** Failures as values: what the vault refuses, and that it cannot be had. */
const refusal = (error: unknown): Exclude<SecretAnswer, { readonly kind: 'ok' }> => {
  switch (status(error)) {
    case 404:
      return { kind: 'absent' };
    case 401:
    case 403:
      return { kind: 'forbidden' };
    default:
      return { kind: 'unavailable' };
  }
};

const status = (error: unknown): unknown =>
  error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
