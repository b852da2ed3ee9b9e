import type { DestinationAnswer } from '../domain/answers.ts';
import { type BrandId, brandId } from '../domain/ids.ts';
import type { Brand } from '../ports/destination.ts';
import type { Ports } from '../ports/ports.ts';
import { type Asked, ask } from './ask.ts';
import type { Reason } from './end-run.ts';

/** A key and the brand that it opens. */
export interface FoundBrand {
  readonly kind: 'ok';
  readonly apiKey: string;
  /** What the key begins with: the same for every key of one brand. */
  readonly keyPrefix: BrandId;
  readonly brand: { readonly id: BrandId; readonly name: string };
  /** Not granted: id and name are what the key begins with. */
  readonly mayReadBrand: boolean;
}

/** A person must act first. */
export interface Unusable {
  readonly kind: 'stop';
  readonly reason: Reason & {
    readonly code:
      | 'key-missing'
      | 'vault-forbidden'
      | 'key-refused'
      | 'permission-missing'
      | 'version-retired'
      | 'brand-changed';
  };
  readonly remedy: string;
}

export type BrandSearch =
  | FoundBrand
  | Unusable
  /** No slot yet, or Omnisend asks to wait. */
  | { readonly kind: 'later'; readonly at: number }
  | { readonly kind: 'unreachable'; readonly what: 'vault' | 'omnisend' };

type Asking = (
  ports: Ports,
  brand: BrandId,
  request: () => Promise<DestinationAnswer<Brand>>,
) => Promise<Asked<Brand>>;

/** The brand that the key in this secret opens. `fresh`: past the vault's cache; `asking`: how a slot is waited for. */
export async function findBrand(
  ports: Ports,
  secretName: string,
  { fresh, asking = ask }: { readonly fresh: boolean; readonly asking?: Asking },
): Promise<BrandSearch> {
  const key = await ports.secrets.get(secretName, { fresh });
  if (key.kind === 'unavailable') return { kind: 'unreachable', what: 'vault' };
  if (key.kind !== 'ok') return noSecret(secretName, key.kind);
  const apiKey = key.value.trim();
  const keyPrefix = keyPrefixOf(apiKey);
  if (keyPrefix === undefined) return keyRefused(secretName);
  const answer = await asking(ports, keyPrefix, () => ports.destination.brand(apiKey));
  switch (answer.kind) {
    case 'ok': {
      const id = brandId.safeParse(answer.value.id);
      const brand = { id: id.success ? id.data : keyPrefix, name: answer.value.name };
      return { kind: 'ok', apiKey, keyPrefix, brand, mayReadBrand: true };
    }
    // The key is real but may not read brands: it may export all the same.
    case 'forbidden':
      return {
        kind: 'ok',
        apiKey,
        keyPrefix,
        brand: { id: keyPrefix, name: keyPrefix },
        mayReadBrand: false,
      };
    case 'unauthorised':
      return keyRefused(secretName);
    case 'retired':
      return versionRetired;
    case 'later':
      return answer;
    case 'throttled':
      return { kind: 'later', at: ports.clock.now() + (answer.retryAfterSeconds ?? 5) * 1000 };
    case 'ambiguous':
    case 'refused':
    case 'absent':
    case 'conflict':
    case 'too-large':
      return { kind: 'unreachable', what: 'omnisend' };
  }
}

/**
 * Omnisend's keys are `<brand id>-<secret>`: enough to find the brand's slots before the first request. What has no `-`
 * is no such key, and no part of it may become an id.
 */
export const keyPrefixOf = (apiKey: string): BrandId | undefined =>
  brandId.safeParse(/^([^-]+)-./.exec(apiKey)?.[1]).data;

export const versionRetired: Unusable = {
  kind: 'stop',
  reason: {
    code: 'version-retired',
    message: 'Omnisend has retired the API version that this app speaks.',
  },
  remedy: 'Upgrade the app.',
};

export const keyRefused = (secretName: string): Unusable => ({
  kind: 'stop',
  reason: { code: 'key-refused', message: `Omnisend does not know the key in the secret ${secretName}.` },
  remedy:
    'Create an API key in Omnisend (Store settings, API keys), and give it to the connection or store it in the vault under that name.',
});

export const noSecret = (secretName: string, kind: 'absent' | 'forbidden'): Unusable =>
  kind === 'absent'
    ? {
        kind: 'stop',
        reason: { code: 'key-missing', message: `Key Vault has no secret ${secretName}.` },
        remedy: 'Store the Omnisend key under that name, or correct the connection.',
      }
    : {
        kind: 'stop',
        reason: {
          code: 'vault-forbidden',
          message: `The app may not read the secret ${secretName} in Key Vault.`,
        },
        remedy: 'Give the app the role Key Vault Secrets User on its vault.',
      };
