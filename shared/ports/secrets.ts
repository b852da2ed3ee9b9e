export type SecretAnswer =
  | { readonly kind: 'ok'; readonly value: string }
  | { readonly kind: 'absent' }
  /** The app's identity may not read or write the vault. */
  | { readonly kind: 'forbidden' }
  /** The vault did not answer; a value that is only too old for the cache is given all the same. */
  | { readonly kind: 'unavailable' };

export type TagsAnswer =
  | { readonly kind: 'ok'; readonly tags: Readonly<Record<string, string>> }
  | Exclude<SecretAnswer, { readonly kind: 'ok' }>;

/** Secrets by name. Values are cached for some minutes; `fresh` reads past the cache (after a key was refused). */
export interface Secrets {
  get(name: string, options?: { readonly fresh?: boolean }): Promise<SecretAnswer>;
  /** Writes a secret that must not exist yet; where it does, answers with the value that is there. */
  create(
    name: string,
    value: string,
    options?: { readonly tags?: Readonly<Record<string, string>> },
  ): Promise<SecretAnswer>;
  /** The tags of a secret, as the vault has them now; its value is not kept. */
  tagsOf(name: string): Promise<TagsAnswer>;
  /** `absent`: it is gone, or never was. Where the vault keeps what it removed, and the name with it, `create` makes it anew all the same. */
  remove(name: string): Promise<Exclude<SecretAnswer, { readonly kind: 'ok' }>>;
}
