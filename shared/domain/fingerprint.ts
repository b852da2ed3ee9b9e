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

/** The contact's canonical JSON. Written out, as millions of them are made: to sort the names takes twice as long. */
const canonicalContact = (contact: Contact): string => {
  const { consent, properties } = contact;
  return JSON.stringify({
    address: contact.address,
    birthdate: contact.birthdate,
    city: contact.city,
    consent: consent && { at: consent.at, status: consent.status },
    country: contact.country,
    countryCode: contact.countryCode,
    email: contact.email,
    firstName: contact.firstName,
    gender: contact.gender,
    lastName: contact.lastName,
    phone: contact.phone,
    postalCode: contact.postalCode,
    properties: properties && inOrder(properties),
    state: contact.state,
  } satisfies EveryField);
};

/** 16 hex characters that change when anything that Omnisend is told changes. `version` is a `mappingVersion`. */
export const fingerprintOf = (contact: Contact, markers: readonly string[], version: string): string =>
  digest(
    `[${JSON.stringify(version)},${JSON.stringify(markers.toSorted())},${canonicalContact(contact)}]`,
    16,
  );
