import type { Run } from '../domain/run.ts';
import type { Ports } from '../ports/ports.ts';
import { keyPrefixOf, noSecret, type Unusable } from './find-brand.ts';

export type LoadedKey =
  | { readonly kind: 'ok'; readonly value: string }
  | { readonly kind: 'unavailable' }
  | Unusable;

/** The key of a run under way. One that was rotated meanwhile to another brand's would send its contacts there. */
export async function loadKey(
  ports: Ports,
  { secretName, brand }: Pick<Run, 'secretName' | 'brand'>,
  options: { readonly fresh?: boolean } = {},
): Promise<LoadedKey> {
  const key = await ports.secrets.get(secretName, options);
  if (key.kind === 'unavailable') return key;
  if (key.kind !== 'ok') return noSecret(secretName, key.kind);
  const value = key.value.trim();
  return brand?.keyPrefix === keyPrefixOf(value) ? { kind: 'ok', value } : otherBrand(secretName);
}

const otherBrand = (secretName: string): Unusable => ({
  kind: 'stop',
  reason: {
    code: 'brand-changed',
    message: `The key in the secret ${secretName} is another brand's than the one with which the run began.`,
  },
  remedy: 'Store a key of the same brand, or run the export again and confirm the new brand.',
});
