import { type IdentifierWrite, readIdentifiers } from './identifier-rules.ts';
import { type FieldFault, invalid } from './problems.ts';
import {
  countryNames,
  isCalendarDate,
  isInstant,
  isObject,
  isTextList,
  type JsonObject,
  type PropertyValue,
} from './rules.ts';

const plainText = () => true;

/** What each scalar must hold beyond being a string. `null` clears any of them. */
const scalarRules = {
  firstName: [plainText, 'Must be a string'],
  lastName: [plainText, 'Must be a string'],
  address: [plainText, 'Must be a string'],
  city: [plainText, 'Must be a string'],
  state: [plainText, 'Must be a string'],
  postalCode: [plainText, 'Must be a string'],
  country: [plainText, 'Must be a string'],
  countryCode: [(text: string) => countryNames.has(text), 'Must be an ISO 3166-1 alpha-2 code'],
  gender: [(text: string) => text === 'm' || text === 'f', 'Must be m or f'],
  birthdate: [isCalendarDate, 'Must be a date as YYYY-MM-DD'],
} as const;

export type ScalarField = keyof typeof scalarRules;

const isScalarField = (field: string): field is ScalarField => Object.hasOwn(scalarRules, field);

/** A contact body that holds; absent fields are `undefined`, cleared ones `null`. */
export type ContactWrite = {
  readonly email: IdentifierWrite | undefined;
  readonly phone: IdentifierWrite | undefined;
  readonly scalars: Readonly<Partial<Record<ScalarField, string | null>>>;
  readonly tags: readonly string[] | undefined;
  readonly customProperties: Readonly<Record<string, PropertyValue | null>> | undefined;
  readonly externalCreated: string | undefined;
};

export type ContactReading =
  | { readonly kind: 'valid'; readonly write: ContactWrite }
  | { readonly kind: 'invalid'; readonly faults: readonly FieldFault[] };

const propertyName = /^[A-Za-z0-9_]{1,128}$/;
const longestPropertyText = 2048;
const mostTags = 100;

function isPropertyValue(value: unknown): value is PropertyValue | null {
  if (typeof value === 'string') return value.length <= longestPropertyText;
  return typeof value === 'number' || typeof value === 'boolean' || value === null || isTextList(value);
}

function readProperties(value: unknown, faults: FieldFault[]): Record<string, PropertyValue | null> {
  const properties: Record<string, PropertyValue | null> = {};
  if (!isObject(value)) {
    faults.push(invalid('customProperties', 'Must be an object'));
    return properties;
  }
  for (const name of Object.keys(value)) {
    const property = value[name];
    const path = `customProperties.${name}`;
    if (!propertyName.test(name)) faults.push(invalid(path, 'Name must match ^[A-Za-z0-9_]{1,128}$'));
    else if (isPropertyValue(property)) properties[name] = property;
    else faults.push(invalid(path, 'Must be a number, boolean, string up to 2048 or list of strings'));
  }
  return properties;
}

function readTags(value: unknown, faults: FieldFault[]): readonly string[] {
  if (!isTextList(value)) faults.push(invalid('tags', 'Must be a list of strings'));
  else if (value.length > mostTags) faults.push(invalid('tags', `Must hold at most ${mostTags} tags`));
  else return value;
  return [];
}

/** Checks a contact body and lists every fault, as Omnisend does. */
export function readContact(
  body: unknown,
  rules: { readonly identifiersRequired: boolean; readonly strict: boolean },
): ContactReading {
  if (!isObject(body)) return { kind: 'invalid', faults: [invalid('body', 'Must be a JSON object')] };
  const faults: FieldFault[] = [];
  const identifiers = readIdentifiers(body.identifiers, rules, faults);
  const scalars: Partial<Record<ScalarField, string | null>> = {};
  let tags: readonly string[] | undefined;
  let customProperties: Record<string, PropertyValue | null> | undefined;
  let externalCreated: string | undefined;
  for (const field of Object.keys(body)) {
    const value = body[field];
    if (isScalarField(field)) {
      const [holds, message] = scalarRules[field];
      if (value === null || (typeof value === 'string' && holds(value))) scalars[field] = value;
      else faults.push(invalid(field, message));
    } else if (field === 'tags') tags = readTags(value, faults);
    else if (field === 'customProperties') customProperties = readProperties(value, faults);
    else if (field === 'createdAt') {
      if (typeof value === 'string' && isInstant(value)) externalCreated = value;
      else faults.push(invalid(field, 'Must be an RFC 3339 timestamp'));
    } else if (field !== 'identifiers' && rules.strict) faults.push(invalid(field, 'Unknown field'));
  }
  if (faults.length > 0) return { kind: 'invalid', faults };
  return { kind: 'valid', write: { ...identifiers, scalars, tags, customProperties, externalCreated } };
}

/** Unknown members of an object, reported in strict mode only. */
export function unknownFields(body: JsonObject, known: readonly string[], strict: boolean): FieldFault[] {
  if (!strict) return [];
  return Object.keys(body)
    .filter((field) => !known.includes(field))
    .map((field) => invalid(field, 'Unknown field'));
}
