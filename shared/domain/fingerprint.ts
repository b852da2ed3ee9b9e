import { hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { Contact } from './contact.ts';
import type { ExportDefinition } from './definition.ts';

/** Raise it when the same contact comes to be written differently for Omnisend: then everybody is sent once more. */
const formatVersion = 1;

const digest = (text: string, characters: number): string => hash('sha256', text, 'hex').slice(0, characters);

/** Names all of a definition that shapes contacts: 12 hex characters. Segments, guards and schedule are not part of it. */
export const mappingVersion = (definition: ExportDefinition): string => {
  const { matching, customProperties, consent, onEmpty, marker, markerPrefix, sendWelcomeMessage } =
    definition;
  return digest(
    canonicalJson({
      ...{ formatVersion, matching, customProperties, consent },
      ...{ onEmpty, marker, markerPrefix, sendWelcomeMessage },
    }),
    12,
  );
};

const isAscending = (names: readonly string[]): boolean =>
  names.every((name, place) => place === 0 || (names[place - 1] ?? '') < name);

const inOrder = (properties: NonNullable<Contact['properties']>): NonNullable<Contact['properties']> =>
  isAscending(Object.keys(properties))
    ? properties
    : Object.fromEntries(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1)));

type EveryField = { readonly [F in keyof Required<Contact>]: Contact[F] | undefined };

/** The one JSON text of a contact, whatever the order of its fields; data matching makes contacts in this order. */
export const textOfContact = (contact: Contact): string => {
  const { consent, properties } = contact;
  return JSON.stringify({
    email: contact.email,
    firstName: contact.firstName,
    lastName: contact.lastName,
    address: contact.address,
    city: contact.city,
    state: contact.state,
    postalCode: contact.postalCode,
    country: contact.country,
    countryCode: contact.countryCode,
    phone: contact.phone,
    birthdate: contact.birthdate,
    gender: contact.gender,
    properties: properties && inOrder(properties),
    consent: consent && { status: consent.status, at: consent.at },
  } satisfies EveryField);
};

/** 16 hex characters that change when anything that Omnisend is told changes. `version` is a `mappingVersion`. */
export const fingerprintOf = (contact: Contact, markers: readonly string[], version: string): string =>
  fingerprintOfText(textOfContact(contact), markers.toSorted(), version);

/** The same of a contact's one text, and of markers in ascending order. */
const fingerprintOfText = (contact: string, markers: readonly string[], version: string): string =>
  digest(`${headOf(markers, version)}${contact}]`, 16);

const headOf = (markers: readonly string[], version: string): string =>
  `["${version}",${JSON.stringify(markers)},`;

/** The same for many contacts, whose texts lie in bytes as they are: nothing is decoded. */
export const fingerprinter = (
  markers: readonly string[],
  version: string,
): ((bytes: Buffer, from: number, to: number) => string) => {
  const head = Buffer.from(headOf(markers, version));
  let hashed = Buffer.alloc(4_096);
  return (bytes, from, to) => {
    const length = head.length + to - from + 1;
    if (hashed.length < length) hashed = Buffer.alloc(length * 2);
    head.copy(hashed);
    bytes.copy(hashed, head.length, from, to);
    hashed.write(']', length - 1, 'latin1');
    return hash('sha256', hashed.subarray(0, length), 'hex').slice(0, 16);
  };
};
