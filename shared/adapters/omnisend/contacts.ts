import { createHash } from 'node:crypto';
import type { Contact, PropertyValue } from '../../domain/contact.ts';
import type { Change } from '../../domain/plan.ts';
import type { ContactOptions } from '../../ports/destination.ts';

/** Cleared by `""`, as their declared type is string. */
const textFields = [
  'firstName',
  'lastName',
  'address',
  'city',
  'state',
  'postalCode',
  'country',
] as const satisfies readonly (keyof Contact)[];

/** Cleared by `null`, as `""` is not among their values. */
const codedFields = ['countryCode', 'birthdate', 'gender'] as const satisfies readonly (keyof Contact)[];

const fields = [...textFields, ...codedFields];
type Field = (typeof fields)[number];

interface Identifier {
  readonly type: 'email' | 'phone';
  readonly id: string;
  /** Absent: everybody's subscription stays as it is. Omnisend takes a status without its time as changed now. */
  readonly channels?: {
    readonly email: { readonly status: 'subscribed' | 'unsubscribed'; readonly statusChangedAt: string };
  };
  /** Omnisend takes an absent one as `true` and would send a welcome message. */
  readonly sendWelcomeMessage: boolean;
}

/**
 * The body of `POST /contacts`, alone or in a batch. It never carries `tags`, which would replace the contact's whole
 * set.
 */
export type ContactRequest = { readonly identifiers: readonly Identifier[] } & {
  readonly [F in Field]?: string | null;
} & { readonly customProperties?: Readonly<Record<string, PropertyValue>> };

const sortedKeys = (record: Readonly<Record<string, unknown>>): string[] => Object.keys(record).sort();

const emailIdentifier = ({ email, consent }: Contact, sendWelcomeMessage: boolean): Identifier => ({
  type: 'email',
  id: email,
  ...(consent !== undefined && {
    channels: { email: { status: consent.status, statusChangedAt: consent.at } },
  }),
  sendWelcomeMessage,
});

/** The same change always gives the same text: keys are in a fixed order and nothing of "now" is in it. */
export const contactRequest = (change: Change, options: ContactOptions): ContactRequest => {
  const { contact } = change;
  const { sendWelcomeMessage } = options;
  const identifiers: Identifier[] = [emailIdentifier(contact, sendWelcomeMessage)];
  if (contact.phone !== undefined && !options.withoutPhone) {
    identifiers.push({ type: 'phone', id: contact.phone, sendWelcomeMessage });
  }
  const values: { [F in Field]?: string | null } = {};
  for (const field of textFields) {
    const value = contact[field];
    if (value !== undefined) values[field] = value ?? '';
  }
  for (const field of codedFields) {
    const value = contact[field];
    if (value !== undefined) values[field] = value;
  }
  const names = sortedKeys(contact.properties ?? {});
  // An empty object is left out: where Omnisend replaced the set, it would clear it.
  if (names.length === 0) return { identifiers, ...values };
  const customProperties = Object.fromEntries(
    names.map((name) => [name, contact.properties?.[name] ?? null]),
  );
  return { identifiers, ...values, customProperties };
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Absent, `null` and `""` count as the same, because a server may write out what it was not given. */
const withoutEmpty = (record: Readonly<Record<string, unknown>>, names: readonly string[]): unknown[] =>
  names.flatMap((name) => {
    const value = record[name] ?? '';
    return value === '' ? [] : [[name, value]];
  });

/** To the second, as a server may write a moment otherwise than it was given. */
const consentOf = (channels: unknown): readonly unknown[] => {
  const email = isRecord(channels) && isRecord(channels.email) ? channels.email : {};
  return [email.status, Math.floor(Date.parse(String(email.statusChangedAt)) / 1000)];
};

const identifierOf = (value: unknown): readonly unknown[] => {
  if (!isRecord(value)) return [];
  return [value.type, value.id, value.sendWelcomeMessage === true, ...consentOf(value.channels)];
};

/** Digest of a request, ours or as Omnisend gives it back, over those fields alone that we ever send. */
export const digestOf = (request: unknown): string => {
  const given = isRecord(request) ? request : {};
  const identifiers = Array.isArray(given.identifiers) ? given.identifiers : [];
  const properties = isRecord(given.customProperties) ? given.customProperties : {};
  const canonical = [
    identifiers.map((one: unknown) => JSON.stringify(identifierOf(one))).sort(),
    withoutEmpty(given, fields),
    withoutEmpty(properties, sortedKeys(properties)),
  ];
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex').slice(0, 32);
};

/** The address in a request that Omnisend gives back. Some of its texts call addresses case-sensitive, some do not. */
export const emailOf = (request: unknown): string | undefined => {
  const identifiers = isRecord(request) && Array.isArray(request.identifiers) ? request.identifiers : [];
  for (const one of identifiers) {
    if (isRecord(one) && one.type === 'email' && typeof one.id === 'string') return one.id.toLowerCase();
  }
  return undefined;
};

/** Every text that a request says of a person, so that it can be masked in Omnisend's answer to it. */
export const sentValues = (request: unknown): readonly string[] => {
  const found: string[] = [];
  const visit = (value: unknown, name: string): void => {
    // Two letters that are words as well ("IS", "NO"), and tell nothing of a person by themselves.
    // A status and its time, as well: their words are needed to understand what Omnisend says of them.
    if (name === 'channels' && isRecord(value)) return;
    if (name === 'countryCode' || name === 'gender' || name === 'type') return;
    if (typeof value === 'string' && value !== '') found.push(value);
    else if (Array.isArray(value)) for (const one of value) visit(one, name);
    else if (isRecord(value)) for (const [key, one] of Object.entries(value)) visit(one, key);
  };
  visit(request, '');
  return found;
};
