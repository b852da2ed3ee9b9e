import { type ChannelState, type ContactStore, readDetails, type StoredContact } from './contact-store.ts';
import { isoTime } from './contact-writes.ts';
import { countryNames } from './rules.ts';

function channelOf(state: ChannelState | undefined, createdAtMs: number) {
  return {
    status: state?.status ?? 'nonSubscribed',
    statusChangedAt: isoTime(state?.changedAtMs ?? createdAtMs),
  };
}

export const emailStatusOf = (contact: StoredContact) => contact.emailChannel?.status ?? 'nonSubscribed';

/** The published `ContactResponse`; absent scalars are left out. */
export function contactView(store: ContactStore, contact: StoredContact) {
  const { email, phone } = contact;
  const details = readDetails(contact);
  const createdAtMs = store.createdAtMs(contact);
  const emailChannel = email === undefined ? undefined : channelOf(contact.emailChannel, createdAtMs);
  const smsChannel = phone === undefined ? undefined : channelOf(contact.smsChannel, createdAtMs);
  const statuses = [
    ...(emailChannel ? [{ channel: 'email', ...emailChannel }] : []),
    ...(smsChannel ? [{ channel: 'sms', ...smsChannel }] : []),
  ];
  return {
    id: store.idOf(contact),
    email,
    phone: phone === undefined ? [] : [phone],
    firstName: details.firstName,
    lastName: details.lastName,
    country: details.country ?? countryNames.get(details.countryCode ?? ''),
    countryCode: details.countryCode,
    state: details.state,
    city: details.city,
    address: details.address,
    postalCode: details.postalCode,
    gender: details.gender,
    birthdate: details.birthdate,
    status: emailChannel?.status,
    tags: contact.tags ?? [],
    segments: [],
    identifiers: [
      ...(emailChannel ? [{ id: email, type: 'email', channels: { email: emailChannel } }] : []),
      ...(smsChannel ? [{ id: phone, type: 'phone', channels: { sms: smsChannel } }] : []),
    ],
    statuses: statuses.sort((a, b) => a.statusChangedAt.localeCompare(b.statusChangedAt)),
    optIns: contact.optIns ?? [],
    consents: contact.consents ?? [],
    customProperties: details.properties ?? {},
    createdAt: isoTime(createdAtMs),
    updatedAt: isoTime(store.updatedAtMs(contact)),
  };
}
