import { createHash } from 'node:crypto';

export type Attributes = { readonly enabled: boolean; readonly exp?: number; readonly nbf?: number };

export type SecretVersion = {
  readonly name: string;
  /** 32 hex digits. */
  readonly version: string;
  readonly value: string;
  readonly contentType?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly attributes: Attributes;
  /** Seconds since 1970, as all times here. */
  readonly created: number;
  readonly updated: number;
};

/** Versions in the order of their making; the last is the current one. */
export type Secret = readonly [SecretVersion, ...SecretVersion[]];
export type Deleted = { readonly secret: Secret; readonly deletedDate: number };
export type Draft = Pick<SecretVersion, 'value' | 'contentType' | 'tags' | 'attributes'>;

export type SecretStore = ReturnType<typeof createSecretStore>;

export function currentOf(secret: Secret): SecretVersion {
  return secret.at(-1) ?? secret[0];
}

/** Names ignore case, as in the service. */
export function createSecretStore(nowSeconds: () => number) {
  const live = new Map<string, Secret>();
  const deleted = new Map<string, Deleted>();
  let made = 0;
  const keyOf = (name: string) => name.toLowerCase();
  const names = <T>(map: Map<string, T>): T[] =>
    [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);

  return {
    get: (name: string): Secret | undefined => live.get(keyOf(name)),
    getDeleted: (name: string): Deleted | undefined => deleted.get(keyOf(name)),
    list: (): Secret[] => names(live),
    listDeleted: (): Deleted[] => names(deleted),
    /** Adds a version; null if a deleted secret holds the name. */
    set(name: string, draft: Draft): SecretVersion | null {
      if (deleted.has(keyOf(name))) return null;
      const now = nowSeconds();
      const version = createHash('sha256').update(`${name} ${++made}`).digest('hex').slice(0, 32);
      const added: SecretVersion = { ...draft, name, version, created: now, updated: now };
      const known = live.get(keyOf(name));
      live.set(keyOf(name), known === undefined ? [added] : [...known, added]);
      return added;
    },
    /** Changes everything but the value; undefined if there is no such version. */
    update(
      name: string,
      version: string | null,
      change: Partial<Omit<Draft, 'value'>>,
    ): SecretVersion | undefined {
      const secret = live.get(keyOf(name));
      if (secret === undefined) return undefined;
      const wanted = version ?? currentOf(secret).version;
      const renew = (one: SecretVersion): SecretVersion =>
        one.version === wanted ? { ...one, ...change, updated: nowSeconds() } : one;
      const [first, ...others] = secret;
      const renewed: Secret = [renew(first), ...others.map(renew)];
      live.set(keyOf(name), renewed);
      return renewed.find((one) => one.version === wanted);
    },
    delete(name: string): Deleted | undefined {
      const secret = live.get(keyOf(name));
      if (secret === undefined) return undefined;
      const gone = { secret, deletedDate: nowSeconds() };
      live.delete(keyOf(name));
      deleted.set(keyOf(name), gone);
      return gone;
    },
    recover(name: string): Secret | undefined {
      const gone = deleted.get(keyOf(name));
      if (gone === undefined) return undefined;
      deleted.delete(keyOf(name));
      live.set(keyOf(name), gone.secret);
      return gone.secret;
    },
    purge: (name: string): boolean => deleted.delete(keyOf(name)),
  };
}
