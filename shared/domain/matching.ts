import { cleanBirthdate } from './birthdate.ts';
import { cleanConsent } from './consent.ts';
import type { Contact, Profile, PropertyValue } from './contact.ts';
import { countryCodeOf } from './country.ts';
import {
  type ConsentMapping,
  type ExportDefinition,
  type OptionalField,
  optionalFields,
} from './definition.ts';
import { normaliseEmail } from './email.ts';
import { cleanGender } from './gender.ts';
import { cleanPhone } from './phone.ts';
import { cleanProperty } from './property-value.ts';
import type { InvalidRow, LeftOut, SpoolRow } from './spool.ts';
import { type Cleaned, cleanText } from './text.ts';

export type Matched =
  | { readonly kind: 'row'; readonly row: Omit<SpoolRow, 'key'>; readonly leftOut: readonly LeftOut[] }
  | { readonly kind: 'invalid'; readonly row: InvalidRow };

/** Eight such contacts fill the 800 kB of a batch; nobody's data is as large by intent. */
export const maxContactBytes = 100_000;
/** With every text at its longest, in three-byte characters, a contact with no more properties is below the limit. */
const propertiesBelowLimit = 8;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Collected = { readonly contact: Mutable<Contact>; readonly leftOut: LeftOut[]; readonly clear: boolean };

/** The profile columns that an export needs, each once: e-mail, fields in fixed order, properties by name, consent. */
export const columnsOf = (definition: ExportDefinition): readonly string[] => {
  const { matching, customProperties, consent } = definition;
  const ofFields = optionalFields.map((field) => matching[field]).filter((column) => column !== undefined);
  const ofProperties = Object.keys(customProperties)
    .toSorted()
    .flatMap((name) => customProperties[name]?.from ?? []);
  const ofConsent = consent === undefined ? [] : [consent.status, consent.changedAt];
  return [...new Set([matching.email, ...ofFields, ...ofProperties, ...ofConsent])];
};

/** What is told of a cleaned value: `null` clears the field, `undefined` tells nothing. */
const told = <T>(cleaned: Cleaned<T>, field: string, { leftOut, clear }: Collected): T | null | undefined => {
  switch (cleaned.kind) {
    case 'ok':
      return cleaned.value;
    case 'absent':
      return clear ? null : undefined;
    case 'left-out':
      leftOut.push({ field, reason: cleaned.reason });
      return undefined;
  }
};

/** A known country goes as its code alone; clearing takes both, as either may have been sent before. */
const addCountry = (value: unknown, collected: Collected): void => {
  const country = told(cleanText(value), 'country', collected);
  if (country === undefined) return;
  if (country === null) {
    collected.contact.country = null;
    collected.contact.countryCode = null;
    return;
  }
  const code = countryCodeOf(country);
  if (code === undefined) collected.contact.country = country;
  else collected.contact.countryCode = code;
};

/** Fields come in the order of `optionalFields`, so the country is known when the phone needs it. */
const addField = (field: OptionalField, value: unknown, collected: Collected): void => {
  const { contact } = collected;
  switch (field) {
    case 'country':
      addCountry(value, collected);
      return;
    case 'phone': {
      const phone = told(cleanPhone(value, contact.countryCode ?? undefined), field, collected);
      // The phone identifies a contact in Omnisend, so it cannot be cleared.
      if (phone !== undefined && phone !== null) contact.phone = phone;
      return;
    }
    case 'birthdate': {
      const birthdate = told(cleanBirthdate(value), field, collected);
      if (birthdate !== undefined) contact.birthdate = birthdate;
      return;
    }
    case 'gender': {
      const gender = told(cleanGender(value), field, collected);
      if (gender !== undefined) contact.gender = gender;
      return;
    }
    case 'firstName':
    case 'lastName':
    case 'address':
    case 'city':
    case 'state':
    case 'postalCode': {
      const text = told(cleanText(value), field, collected);
      if (text !== undefined) contact[field] = text;
      return;
    }
  }
};

const propertiesOf = (
  sourceValue: (column: string) => unknown,
  definition: ExportDefinition,
  collected: Collected,
): readonly (readonly [string, PropertyValue])[] => {
  const properties: (readonly [string, PropertyValue])[] = [];
  const inOrder = Object.entries(definition.customProperties).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, { from, type }] of inOrder) {
    const value = told(cleanProperty(sourceValue(from), type), `customProperties.${name}`, collected);
    if (value !== undefined) properties.push([name, value]);
  }
  return properties;
};

const addConsent = (
  { changedAt }: Profile,
  sourceValue: (column: string) => unknown,
  mapping: ConsentMapping,
  collected: Collected,
): void => {
  const given = { status: sourceValue(mapping.status), at: sourceValue(mapping.changedAt) };
  const consent = told(cleanConsent(given, mapping, changedAt), 'consent', collected);
  // A status cannot be cleared: an empty one changes nothing.
  if (consent !== undefined && consent !== null) collected.contact.consent = consent;
};

const isTooBig = (contact: Contact, properties: number): boolean =>
  properties > propertiesBelowLimit && Buffer.byteLength(JSON.stringify(contact)) > maxContactBytes;

/**
 * What Omnisend is told about a profile that is in `segments` (positions, any order). Only the e-mail decides about the
 * person: an optional field that does not hold is left out, and listed. Never throws, whatever the values are.
 */
export const matchProfile = (
  profile: Profile,
  segments: readonly number[],
  definition: ExportDefinition,
): Matched => {
  const { customerId: id, values, changedAt: at } = profile;
  const sourceValue = (column: string): unknown =>
    Object.hasOwn(values, column) ? values[column] : undefined;
  const normalised = normaliseEmail(sourceValue(definition.matching.email));
  if (normalised.kind !== 'ok') {
    const reason = normalised.kind === 'missing' ? 'email-missing' : 'email-malformed';
    return { kind: 'invalid', row: { id, field: 'email', reason } };
  }
  const contact: Mutable<Contact> = { email: normalised.email };
  const collected: Collected = { contact, leftOut: [], clear: definition.onEmpty === 'clear' };
  for (const field of optionalFields) {
    const column = definition.matching[field];
    if (column !== undefined) addField(field, sourceValue(column), collected);
  }
  const properties = propertiesOf(sourceValue, definition, collected);
  if (properties.length > 0) contact.properties = Object.fromEntries(properties);
  if (definition.consent !== undefined) addConsent(profile, sourceValue, definition.consent, collected);
  if (isTooBig(contact, properties.length)) {
    return { kind: 'invalid', row: { id, field: 'contact', reason: 'too-big' } };
  }
  const row = { id, ...(at !== undefined && { at }), segments: segments.toSorted((a, b) => a - b), contact };
  return { kind: 'row', row, leftOut: collected.leftOut };
};
