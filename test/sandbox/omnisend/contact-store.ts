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

/** What nothing but the whole contact is asked for. */
export type Details = Partial<Record<ScalarField, string>> & {
  properties?: Readonly<Record<string, PropertyValue>>;
};

/**
 * A contact as stored: only what was supplied, in few objects. A million contacts of many small ones
 * keep the garbage collector busy for seconds, during which nothing is answered; so the details are
 * one text, and times count from the store's beginning, which lets them be small integers.
 */
export type StoredContact = {
  readonly place: number;
  email: string | undefined;
  phone: string | undefined;
  /** `Details` as JSON. */
  details: string;
  tags: readonly string[] | undefined;
  emailChannel: ChannelState | undefined;
  smsChannel: ChannelState | undefined;
  optIns: OptIn[] | undefined;
  consents: Consent[] | undefined;
  readonly createdAfterMs: number;
  updatedAfterMs: number;
};

export function readDetails(contact: StoredContact): Details {
  const details: Details = JSON.parse(contact.details);
  return details;
}

/** The contacts of one brand, in the order of their creation, with an index per identifier. */
export function createContactStore(brandID: string, beganAtMs: number, foldsCase: () => boolean) {
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
        details: '{}',
        tags: undefined,
        emailChannel: undefined,
        smsChannel: undefined,
        optIns: undefined,
        consents: undefined,
        createdAfterMs: nowMs - beganAtMs,
        updatedAfterMs: nowMs - beganAtMs,
      };
      all.push(contact);
      return contact;
    },
    createdAtMs: (contact: StoredContact) => beganAtMs + contact.createdAfterMs,
    updatedAtMs: (contact: StoredContact) => beganAtMs + contact.updatedAfterMs,
    touch(contact: StoredContact, nowMs: number): void {
      contact.updatedAfterMs = nowMs - beganAtMs;
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
