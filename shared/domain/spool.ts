import type { Contact } from './contact.ts';
import { type CustomerId, customerId, type KeyHash } from './ids.ts';
import type { InvalidReason, LeftOutReason } from './outcome.ts';

/** One matched row as it lies in the spool: a line of JSON, in the order of its key's first byte. */
export interface SpoolRow {
  readonly key: KeyHash;
  readonly id: CustomerId;
  /** When the profile last changed, ms since 1970, where the source tells. */
  readonly at?: number;
  /** Positions in the export's `segments`, ascending. */
  readonly segments: readonly number[];
  readonly contact: Contact;
  /** `<field>:<reason>` of what was left out, where another slice may give the customer once more. */
  readonly leftOut?: readonly string[];
}

/** Stands for the customer of a row from which none can be read. */
export const unknownCustomer = customerId.parse('unknown');

/** A row we refused, as listed to people: never a value. */
export interface InvalidRow {
  readonly id: CustomerId;
  readonly field: string;
  readonly reason: InvalidReason;
}

/** An optional field that did not hold and was left out of a contact that still arrives. */
export interface LeftOut {
  readonly field: string;
  readonly reason: LeftOutReason;
}

export interface LeftOutRow extends LeftOut {
  readonly id: CustomerId;
}

export interface DuplicateRow {
  readonly id: CustomerId;
  readonly key: KeyHash;
  readonly winner: CustomerId;
}

/** A row that Omnisend refused, or that has no final answer. `message` is Omnisend's, capped and masked. */
export interface RefusedRow {
  readonly key: KeyHash;
  readonly id: CustomerId;
  readonly outcome: 'refused' | 'failed';
  readonly field: string;
  readonly code: string;
  readonly message: string;
}
