import type { Clock } from './clock.ts';
import type { ContactWrite, ScalarField } from './contact-rules.ts';
import {
  type ChannelName,
  type ContactStore,
  type Details,
  readDetails,
  type StoredContact,
} from './contact-store.ts';
import type { IdentifierWrite } from './identifier-rules.ts';
import { countryCodeOf, type PropertyValue } from './rules.ts';
import type { Switches } from './switches.ts';

export type WelcomeSent = { readonly contactID: string; readonly channel: ChannelName; readonly at: string };

export type WriteResult =
  | { readonly kind: 'created' | 'updated' | 'untouched'; readonly contact: StoredContact }
  | { readonly kind: 'conflict'; readonly status: 400 | 409 };

type Context = {
  readonly store: ContactStore;
  readonly clock: Clock;
  readonly switches: () => Switches;
  readonly welcome: (sent: WelcomeSent) => void;
};

const channelSlots = { email: 'emailChannel', sms: 'smsChannel' } as const;

/** The rules by which a write changes contacts. */
export function createContactWrites({ store, clock, switches, welcome }: Context) {
  function setStatus(contact: StoredContact, name: ChannelName, identifier: IdentifierWrite): void {
    const channel = identifier.channel;
    if (channel === undefined) return;
    const slot = channelSlots[name];
    const stored = contact[slot];
    const { equalStatusDate, nonSubscribedOverSubscribed } = switches();
    const changedAtMs =
      channel.statusChangedAt === undefined ? clock.now() : Date.parse(channel.statusChangedAt);
    if (stored !== undefined) {
      if (changedAtMs < stored.changedAtMs) return;
      if (changedAtMs === stored.changedAtMs && equalStatusDate === 'ignored') return;
      const downgrade = channel.status === 'nonSubscribed' && stored.status === 'subscribed';
      if (downgrade && nonSubscribedOverSubscribed === 'protected') return;
    }
    contact[slot] = { status: channel.status, changedAtMs };
    if (channel.status !== 'subscribed') return;
    contact.optIns = [...(contact.optIns ?? []), { channel: name, optInAt: isoTime(changedAtMs) }];
    if (stored?.status !== 'subscribed') sendWelcome(contact, name, identifier);
  }

  function sendWelcome(contact: StoredContact, channel: ChannelName, identifier: IdentifierWrite): void {
    if (!identifier.sendWelcomeMessage) return;
    welcome({ contactID: store.idOf(contact), channel, at: isoTime(clock.now()) });
  }

  /** A new channel without a status gets the default; only another default than the usual is stored. */
  function setFirstStatus(contact: StoredContact, name: ChannelName, identifier: IdentifierWrite): void {
    if (identifier.channel !== undefined || switches().newContactStatus !== 'subscribed') return;
    contact[channelSlots[name]] = { status: 'subscribed', changedAtMs: clock.now() };
    sendWelcome(contact, name, identifier);
  }

  function addConsent(contact: StoredContact, channel: ChannelName, { consent }: IdentifierWrite): void {
    if (consent === undefined) return;
    const { source, ip, userAgent } = consent;
    const record = {
      channel,
      createdAt: consent.createdAt ?? isoTime(clock.now()),
      ...(source !== undefined && { source }),
      ...(ip !== undefined && { ip }),
      ...(userAgent !== undefined && { userAgent }),
    };
    contact.consents = [...(contact.consents ?? []), record];
  }

  function setIdentifier(contact: StoredContact, name: ChannelName, identifier: IdentifierWrite): void {
    const held = name === 'email' ? contact.email : contact.phone;
    if (held !== identifier.id) {
      if (name === 'email') store.setEmail(contact, identifier.id);
      else store.setPhone(contact, identifier.id);
    }
    if (held === undefined) setFirstStatus(contact, name, identifier);
    setStatus(contact, name, identifier);
    addConsent(contact, name, identifier);
  }

  function setFields(contact: StoredContact, write: ContactWrite): void {
    const { customProperties, emptyTags } = switches();
    const details = readDetails(contact);
    setScalars(details, write.scalars);
    if (write.customProperties !== undefined) {
      const before = customProperties === 'merge' ? details.properties : undefined;
      details.properties = mergeProperties(before, write.customProperties);
    }
    if (write.externalCreated !== undefined) {
      details.properties = { ...details.properties, externalCreated: write.externalCreated };
    }
    contact.details = JSON.stringify(details);
    if (write.tags !== undefined && (write.tags.length > 0 || emptyTags === 'clear')) {
      contact.tags = write.tags.length > 0 ? [...new Set(write.tags)] : undefined;
    }
    store.touch(contact, clock.now());
  }

  return {
    /** `POST`: matched by e-mail; identifiers that belong to somebody else are passed over. */
    post(write: ContactWrite): WriteResult {
      const { email, phone } = write;
      const phoneOwner = phone && store.byPhone(phone.id);
      const known = email && store.byEmail(email.id);
      if (email === undefined && phoneOwner !== undefined) {
        switch (switches().ownedIdentifierOnPost) {
          case '200':
            return { kind: 'untouched', contact: phoneOwner };
          case '400':
            return { kind: 'conflict', status: 400 };
          case '409':
            return { kind: 'conflict', status: 409 };
        }
      }
      const contact = known ?? store.add(clock.now());
      // A known contact keeps the spelling of its address, which only PATCH changes.
      if (email !== undefined)
        setIdentifier(contact, 'email', known?.email ? { ...email, id: known.email } : email);
      if (phone !== undefined && (phoneOwner === undefined || phoneOwner === contact)) {
        setIdentifier(contact, 'sms', phone);
      }
      setFields(contact, write);
      return { kind: known === undefined ? 'created' : 'updated', contact };
    },

    patch(contact: StoredContact, write: ContactWrite): WriteResult {
      const { email, phone } = write;
      const emailOwner = email && store.byEmail(email.id);
      const phoneOwner = phone && store.byPhone(phone.id);
      const emailTaken = emailOwner !== undefined && emailOwner !== contact;
      const phoneTaken = phoneOwner !== undefined && phoneOwner !== contact;
      if ((emailTaken || phoneTaken) && switches().ownedIdentifierOnPatch === '409') {
        return { kind: 'conflict', status: 409 };
      }
      if (email !== undefined && !emailTaken) setIdentifier(contact, 'email', email);
      if (phone !== undefined && !phoneTaken) setIdentifier(contact, 'sms', phone);
      setFields(contact, write);
      return { kind: 'updated', contact };
    },
  };
}

export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** A country without a code gives the code; a code without a country takes an older country away. */
function setScalars(details: Details, scalars: ContactWrite['scalars']): void {
  let field: ScalarField;
  for (field in scalars) setScalar(details, field, scalars[field]);
  const { country, countryCode } = scalars;
  if (countryCode === undefined && country !== undefined) {
    setScalar(details, 'countryCode', countryCodeOf(country ?? ''));
  }
  if (countryCode !== undefined && country === undefined) delete details.country;
}

function setScalar(details: Details, field: ScalarField, value: string | null | undefined): void {
  if (value) details[field] = value;
  else delete details[field];
}

function mergeProperties(
  before: Details['properties'],
  change: Readonly<Record<string, PropertyValue | null>>,
): Record<string, PropertyValue> {
  const merged: Record<string, PropertyValue> = { ...before };
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === '') delete merged[name];
    else merged[name] = value;
  }
  return merged;
}
