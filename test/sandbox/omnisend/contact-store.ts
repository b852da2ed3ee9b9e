import type { ScalarField } from './contact-rules.ts';
import type { Status } from './identifier-rules.ts';
import type { PropertyValue } from './rules.ts';
import { createWideMap } from './wide-map.ts';

export type ChannelName = 'email' | 'sms';
export type ChannelState = { readonly status: Status; readonly changedAtMs: number };
type OptIn = { readonly channel: ChannelName; readonly optInAt: string };
type Consent = {
  readonly channel: ChannelName;
  readonly createdAt: string;
  readonly source?: string;
  readonly ip?: string;
  readonly userAgent?: string;
};

/**
 * A contact as stored: only what was supplied. Every contact has the same members in the same order,
 * which keeps a million of them small; what can be derived (id, default status) is derived when shown.
 */
export type StoredContact = Record<ScalarField, string | undefined> & {
  readonly place: number;
  email: string | undefined;
  phone: string | undefined;
  tags: readonly string[] | undefined;
  properties: Readonly<Record<string, PropertyValue>> | undefined;
  emailChannel: ChannelState | undefined;
  smsChannel: ChannelState | undefined;
  optIns: OptIn[] | undefined;
  consents: Consent[] | undefined;
  readonly createdAtMs: number;
  updatedAtMs: number;
};

/** The contacts of one brand, in the order of their creation, with an index per identifier. */
export function createContactStore(brandID: string, foldsCase: () => boolean) {
  const all: StoredContact[] = [];
  const byEmail = createWideMap<StoredContact>();
  const byPhone = createWideMap<StoredContact>();
  // A contact's id: eight digits of its brand, sixteen of its place.
  const idPrefix = `c0${brandID.slice(-6)}`;
  const emailKey = (email: string) => (foldsCase() ? email.toLowerCase() : email);

  return {
    all: all as readonly StoredContact[],
    byEmail: (email: string) => byEmail.get(emailKey(email)),
    byPhone: (phone: string) => byPhone.get(phone),
    byID(id: string): StoredContact | undefined {
      if (!/^[0-9a-f]{24}$/.test(id) || !id.startsWith(idPrefix)) return undefined;
      return all[Number.parseInt(id.slice(8), 16)];
    },
    idOf: (contact: StoredContact) => idPrefix + contact.place.toString(16).padStart(16, '0'),
    add(nowMs: number): StoredContact {
      const contact: StoredContact = {
        place: all.length,
        email: undefined,
        phone: undefined,
        firstName: undefined,
        lastName: undefined,
        address: undefined,
        city: undefined,
        state: undefined,
        postalCode: undefined,
        country: undefined,
        countryCode: undefined,
        gender: undefined,
        birthdate: undefined,
        tags: undefined,
        properties: undefined,
        emailChannel: undefined,
        smsChannel: undefined,
        optIns: undefined,
        consents: undefined,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      };
      all.push(contact);
      return contact;
    },
    setEmail(contact: StoredContact, email: string): void {
      if (contact.email !== undefined) byEmail.delete(emailKey(contact.email));
      contact.email = email;
      byEmail.set(emailKey(email), contact);
    },
    setPhone(contact: StoredContact, phone: string): void {
      if (contact.phone !== undefined) byPhone.delete(contact.phone);
      contact.phone = phone;
      byPhone.set(phone, contact);
    },
  };
}

export type ContactStore = ReturnType<typeof createContactStore>;
