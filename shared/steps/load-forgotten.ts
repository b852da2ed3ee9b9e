import type { ExportId, KeyHash } from '../domain/ids.ts';
import { hashKey } from '../domain/key.ts';
import type { Ports } from '../ports/ports.ts';

/** One secret of the app, not of an export: it holds for exports that are yet to come. */
export const forgottenSecretName = 'hash-forgotten';

/** Tells the addresses that are not to be read; they are few, and loaded once for a step. `null`: not now. */
export async function loadForgotten(ports: Ports): Promise<((email: string) => boolean) | null> {
  const rows = await ports.store.forgotten.list('forgotten');
  if (rows.length === 0) return () => false;
  const secret = await ports.secrets.get(forgottenSecretName);
  if (secret.kind === 'unavailable') return null;
  // Nobody can be told any more, so nobody is read.
  if (secret.kind !== 'ok')
    throw new Error(`The secret ${forgottenSecretName} is ${secret.kind} in the vault.`);
  const keys = new Set<string>(rows.map((row) => row.key));
  return (email) => keys.has(hashKey(secret.value, email));
}

/** The same for what an export has stored already: keys hashed with its own secret, so that no vault is asked. */
export async function loadForgottenKeys(ports: Ports, id: ExportId): Promise<ReadonlySet<KeyHash>> {
  const rows = await ports.store.forgotten.list('forgotten');
  return new Set(rows.flatMap(({ value }) => value.keys[id] ?? []));
}
