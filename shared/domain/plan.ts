import type { Contact } from './contact.ts';
import type { CustomerId, KeyHash } from './ids.ts';

/** What Omnisend has of one contact, by our own doing: a line of a snapshot shard, in key order. */
export interface SnapshotRecord {
  readonly key: KeyHash;
  /** Kept so that a leaver can be named to Omnisend. */
  readonly email: string;
  readonly id: CustomerId;
  /** Absent: posted without a final answer. Sent again while a member, left when not. */
  readonly fingerprint?: string;
  /** Names of the marker properties that may be true in Omnisend, ascending. */
  readonly markers: readonly string[];
  /** Names of the tags that may be set in Omnisend, ascending; absent: none. */
  readonly tags?: readonly string[];
}

/** What is to be told to Omnisend about one contact: a line of a change list, in key order. */
export interface Change {
  readonly kind: 'upsert' | 'leave';
  readonly key: KeyHash;
  readonly id: CustomerId;
  /** With the marker properties in it; of a leaver only the address and its markers. */
  readonly contact: Contact;
  /** Of the canonical contact; absent for a leave. */
  readonly fingerprint?: string;
  /** Marker properties that are true once this is accepted, ascending. */
  readonly markers: readonly string[];
}

/** Tags to be set and taken of one contact: a line of a shard's tagging list, in key order. At least one of either. */
export interface Tagging {
  readonly kind: 'upsert' | 'leave';
  readonly key: KeyHash;
  readonly id: CustomerId;
  readonly email: string;
  /** Ascending; no name is in both. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** Position of the change of the same contact that must be accepted first; `null`: nothing else is to be told. */
  readonly change: number | null;
}
