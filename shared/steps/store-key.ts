import type { ConnectionId } from '../domain/ids.ts';
import { namedKeyPurpose, ownKeyTags, ownSecretName, purposeTag } from '../domain/key-secrets.ts';
import type { Ports } from '../ports/ports.ts';
import type { VaultFault } from './left-secrets.ts';

/** An Omnisend key, or the name of the secret in the app's vault that holds one. */
export type GivenKey =
  | { readonly kind: 'key'; readonly apiKey: string }
  | { readonly kind: 'name'; readonly secretName: string };

export interface KeyPlace {
  readonly secretName: string;
  readonly isOwnSecret: boolean;
}

/** Where a key will lie. Nothing is written yet. */
export const placeOf = (ports: Ports, id: ConnectionId, given: GivenKey): KeyPlace =>
  given.kind === 'key'
    ? { secretName: ownSecretName(id, ports.newSecret()), isOwnSecret: true }
    : { secretName: given.secretName, isOwnSecret: false };

export type KeyFault =
  | { readonly kind: 'no-secret'; readonly secretName: string }
  | { readonly kind: 'not-for-export'; readonly secretName: string }
  | { readonly kind: 'vault'; readonly fault: VaultFault['kind'] };

/** Writes a given key to its place; a secret that is only named must be meant for this. `null`: it is there. */
export async function storeKey(ports: Ports, place: KeyPlace, given: GivenKey): Promise<KeyFault | null> {
  const { secretName } = place;
  if (given.kind === 'name') {
    const answer = await ports.secrets.tagsOf(secretName);
    switch (answer.kind) {
      case 'ok':
        return answer.tags[purposeTag] === namedKeyPurpose ? null : { kind: 'not-for-export', secretName };
      case 'absent':
        return { kind: 'no-secret', secretName };
      default:
        return { kind: 'vault', fault: answer.kind };
    }
  }
  const answer = await ports.secrets.create(secretName, given.apiKey, { tags: ownKeyTags });
  if (answer.kind === 'ok' && answer.value === given.apiKey) return null;
  if (answer.kind === 'ok' || answer.kind === 'absent')
    throw new Error(`The vault has something else under the new name ${secretName}.`);
  return { kind: 'vault', fault: answer.kind };
}
