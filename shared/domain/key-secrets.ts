import { hash } from 'node:crypto';
import type { ConnectionId } from './ids.ts';

/** The tag of a secret that a connection may name; without it, anybody's secret could be sent to Omnisend as a key. */
export const purposeTag = 'purpose';
export const namedKeyPurpose = 'omnisend-export';
/** Another one on what the app makes itself, so that no second connection names it: it goes with its own. */
export const ownKeyTags = { [purposeTag]: 'omnisend-export-own' } as const;

/** Name of a secret for a connection's key; `chance` is fresh at every call, so no name comes twice. */
export const ownSecretName = (id: ConnectionId, chance: string): string =>
  `omnisend-${id}-${hash('sha256', chance, 'hex').slice(0, 20)}`;
