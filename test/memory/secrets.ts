import { checkSecretName } from '../../shared/adapters/key-vault/secrets.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { SecretAnswer, Secrets } from '../../shared/ports/secrets.ts';

type Tags = Readonly<Record<string, string>>;

export interface MemorySecrets extends Secrets {
  /** Writes past the app, as a person with the portal does. */
  rotate(name: string, value: string, tags?: Tags): void;
  /** Every secret, with its value. */
  values(): Readonly<Record<string, string>>;
  /** From now on the vault refuses the app, or takes it back. */
  forbid(forbidden: boolean): void;
  /** From now on the vault does not answer, or does again. */
  silence(silent: boolean): void;
}

interface MemorySecretsOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly seed?: Readonly<Record<string, string>>;
  readonly cacheMinutes?: number;
}

/** A vault in memory, with the cache that the real adapter has: so a rotated key is seen as late as there. */
export const memorySecrets = ({
  clock,
  seed = {},
  cacheMinutes = 10,
}: MemorySecretsOptions): MemorySecrets => {
  const vault = new Map<string, { readonly value: string; readonly tags: Tags }>();
  for (const [name, value] of Object.entries(seed)) vault.set(name, { value, tags: {} });
  const cache = new Map<string, { readonly value: string; readonly until: number }>();
  let refusing = false;
  let silent = false;

  const read = (name: string): SecretAnswer => {
    if (silent) return { kind: 'unavailable' };
    cache.delete(name);
    if (refusing) return { kind: 'forbidden' };
    const value = vault.get(name)?.value;
    if (value === undefined) return { kind: 'absent' };
    cache.set(name, { value, until: clock.now() + cacheMinutes * 60_000 });
    return { kind: 'ok', value };
  };

  return {
    async get(name, { fresh = false } = {}) {
      checkSecretName(name);
      const cached = cache.get(name);
      if (!fresh && cached && cached.until > clock.now()) return { kind: 'ok', value: cached.value };
      const answer = read(name);
      return answer.kind === 'unavailable' && cached && !fresh ? { kind: 'ok', value: cached.value } : answer;
    },
    async create(name, value, { tags = {} } = {}) {
      checkSecretName(name);
      const before = read(name);
      if (before.kind !== 'absent') return before;
      vault.set(name, { value, tags });
      return read(name);
    },
    async tagsOf(name) {
      checkSecretName(name);
      if (silent) return { kind: 'unavailable' };
      if (refusing) return { kind: 'forbidden' };
      const secret = vault.get(name);
      return secret === undefined ? { kind: 'absent' } : { kind: 'ok', tags: secret.tags };
    },
    async remove(name) {
      checkSecretName(name);
      cache.delete(name);
      if (silent) return { kind: 'unavailable' };
      if (refusing) return { kind: 'forbidden' };
      vault.delete(name);
      return { kind: 'absent' };
    },
    rotate(name, value, tags = {}) {
      checkSecretName(name);
      vault.set(name, { value, tags });
    },
    values: () => Object.fromEntries([...vault].map(([name, { value }]) => [name, value])),
    forbid(forbidden) {
      refusing = forbidden;
    },
    silence(isSilent) {
      silent = isSilent;
    },
  };
};
