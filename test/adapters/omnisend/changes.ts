import type { Contact } from '../../../shared/domain/contact.ts';
import { customerId, keyHash } from '../../../shared/domain/ids.ts';
import type { Change } from '../../../shared/domain/plan.ts';

/** An upsert of this contact; key and ids matter to no destination. */
export const upsertOf = (contact: Contact): Change => ({
  kind: 'upsert',
  key: keyHash.parse('0'.repeat(32)),
  id: customerId.parse('c1'),
  contact,
  fingerprint: 'f',
  markers: [],
});

export const plain = { sendWelcomeMessage: false, withoutPhone: false } as const;
