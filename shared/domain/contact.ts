import type { CustomerId } from './ids.ts';

/** One unified customer as the source gives it. Values are untrusted: any type, any length. */
export interface Profile {
  readonly customerId: CustomerId;
  /** By the column name of the definition. */
  readonly values: Readonly<Record<string, unknown>>;
  /** When the source says the profile last changed, ms since 1970; absent where it does not tell. */
  readonly changedAt?: number;
}

/** A customer's place in the export's segments: positions in the definition's `segments`. */
export interface Membership {
  readonly customerId: CustomerId;
  readonly segments: readonly number[];
}

export type PropertyValue = string | number | boolean | null;

/** Subscription to e-mail, with the true moment of its last change: Omnisend lets the newest change win. */
export interface Consent {
  readonly status: 'subscribed' | 'unsubscribed';
  /** RFC 3339 in UTC. */
  readonly at: string;
}

/** What Omnisend is told about a person, in its field names but without its envelope. `null` clears a field. */
export interface Contact {
  /** Normalised: trimmed, NFC, lower case, domain in ASCII. */
  readonly email: string;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly address?: string | null;
  readonly city?: string | null;
  readonly state?: string | null;
  readonly postalCode?: string | null;
  readonly country?: string | null;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly countryCode?: string | null;
  /** E.164 with `+`. */
  readonly phone?: string;
  /** `YYYY-MM-DD`. */
  readonly birthdate?: string | null;
  readonly gender?: 'm' | 'f' | null;
  readonly properties?: Readonly<Record<string, PropertyValue>>;
  /** Absent: the status in Omnisend stays as it is. */
  readonly consent?: Consent;
}
