export type SecretAnswer =
  | { readonly kind: 'ok'; readonly value: string }
  | { readonly kind: 'absent' }
  /** The app's identity may not read or write the vault. */
  | { readonly kind: 'forbidden' }
  /** The vault did not answer; a value that is only too old for the cache is given all the same. */
  | { readonly kind: 'unavailable' };

/** Secrets by name. Values are cached for some minutes; `fresh` reads past the cache (after a key was refused). */
export interface Secrets {
  get(name: string, options?: { readonly fresh?: boolean }): Promise<SecretAnswer>;
  /** Writes a secret that must not exist yet; where it does, answers with the value that is there. */
  create(name: string, value: string): Promise<SecretAnswer>;
}
