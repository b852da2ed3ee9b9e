import type { Run } from '../domain/run.ts';
import type { Ports } from '../ports/ports.ts';
import type { SecretAnswer } from '../ports/secrets.ts';
import { at } from './addresses.ts';
import { keyPrefixOf, noSecret, type Unusable } from './find-brand.ts';

export type LoadedKey =
  | { readonly kind: 'ok'; readonly value: string }
  | { readonly kind: 'unavailable' }
  | Unusable;

type RunsKey = Pick<Run, 'id' | 'secretName' | 'brand'>;

/** What the vault says for a run, which a rotation may have given another secret since the step at work read its row. */
export async function readKey(
  ports: Ports,
  { id, secretName }: Pick<Run, 'id' | 'secretName'>,
  { fresh = false }: { readonly fresh?: boolean } = {},
): Promise<SecretAnswer> {
  const known = fresh ? null : await ports.secrets.get(secretName);
  if (known !== null && known.kind !== 'absent') return known;
  const present = (await ports.store.runs.get(at.run(id)))?.value.secretName ?? secretName;
  return known !== null && present === secretName ? known : ports.secrets.get(present, { fresh });
}

/** The key of a run under way. One that was rotated meanwhile to another brand's would send its contacts there. */
export async function loadKey(
  ports: Ports,
  run: RunsKey,
  options: { readonly fresh?: boolean } = {},
): Promise<LoadedKey> {
  const { secretName, brand } = run;
  const key = await readKey(ports, run, options);
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
