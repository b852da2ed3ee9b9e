import type { ConfigurationFault } from '../domain/answers.ts';
import type { Membership, Profile } from '../domain/contact.ts';
import type { OptionalField, PropertyType } from '../domain/definition.ts';
import type { CustomerId } from '../domain/ids.ts';
import type { SliceSpec } from '../domain/slice.ts';
import type { SourceMark } from '../domain/source-mark.ts';

/** What is asked of the source for one run. */
export interface SourceQuestion {
  /** Output table names; a membership gives positions in this list. */
  readonly segments: readonly string[];
  /** Columns of the profile, as the definition names them. */
  readonly columns: readonly string[];
}

export interface SourcePage {
  /** All memberships of a slice come before, or with, its first profiles. One customer may come more than once. */
  readonly memberships: readonly Membership[];
  readonly profiles: readonly Profile[];
  /** Membership rows from which no customer, or no segments, can be read. */
  readonly oddMemberships: number;
  /** Opaque; `null` after the last page. */
  readonly next: string | null;
  /** How many requests at a time the service itself advises; absent where it does not. At least 1. */
  readonly parallel?: number;
}

/** A segment as the source lists it. */
export interface SegmentInfo {
  /** The output table name, as an export names it. */
  readonly name: string;
  readonly friendlyName: string;
  /** The source's own count; `null` where it tells none. */
  readonly members: number | null;
  /** Members of an inactive segment stay, but are no longer kept up to date. */
  readonly state: 'active' | 'inactive' | 'unknown';
  /** When its members were last found, ms since 1970; `null` where the source does not tell. */
  readonly evaluatedAt: number | null;
  /** What a person should know of it before exporting it. */
  readonly warning?: string;
}

/** A column of the unified profile. */
export interface ColumnInfo {
  /** As a definition names it. */
  readonly name: string;
  readonly type: PropertyType | 'other';
  readonly displayName: string;
  /** What it is likely to hold, for a person to confirm; each is guessed of one column at most. */
  readonly guess: 'email' | OptionalField | null;
}

/** The app's own identity, as the source knows it; `null` where it is not told. */
export interface SourceIdentity {
  readonly clientId: string | null;
  readonly objectId: string | null;
}

/** One thing that must be in order before the source can be read. Those behind a failed one may be left out. */
export interface SourceCheck {
  readonly name: 'token' | 'environment' | 'container' | 'folder' | 'role' | 'row';
  readonly ok: boolean;
  /** What was found, in words for a person; no value of any customer. */
  readonly message: string;
  /** What to do; empty where it is in order. */
  readonly remedy: string;
  /** Of `token`, where it tells. */
  readonly identity?: SourceIdentity;
}

/** An expected answer other than the thing asked for, classed by what to do next. */
export type SourceFault =
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }
  | { readonly kind: 'transient'; readonly message: string }
  /** The link no longer works: the slice begins anew. */
  | { readonly kind: 'link-dead' }
  /** A person must act: every fault found, with its remedy. */
  | { readonly kind: 'configuration'; readonly faults: readonly ConfigurationFault[] };

export type SourceAnswer<T> = { readonly kind: 'ok'; readonly value: T } | SourceFault;

/** All that a run would read of one customer. */
export interface FoundCustomer {
  /** Positions in the question's segments, ascending; none: not a member. */
  readonly segments: readonly number[];
  /** Membership rows of the customer that cannot be read. */
  readonly oddMemberships: number;
  readonly profile: Profile | null;
}

export type Finding =
  | SourceAnswer<FoundCustomer>
  /** This source, or this id, is read in a run only; `message` says why, and holds no value. */
  | { readonly kind: 'not-supported'; readonly message: string };

/** Customer segments, read in slices. Never answers with an empty list for a read that failed. */
export interface Source {
  /** Names the environment: slices of all runs reading from it share one bound on how many are out. */
  readonly environment: string;
  /** A customer may come in several slices: where each segment is read by itself. */
  readonly slicesOverlap: boolean;
  /** Checks the question against the source and cuts it into slices that can be read side by side. */
  divide(question: SourceQuestion): Promise<SourceAnswer<readonly SliceSpec[]>>;
  /** One page of a slice, from `cursor` on (`null`: from the start). */
  read(question: SourceQuestion, slice: SliceSpec, cursor: string | null): Promise<SourceAnswer<SourcePage>>;
  /** The state of what a run is about to read, or has read. */
  mark(question: SourceQuestion): Promise<SourceAnswer<SourceMark>>;
  /** One customer, for a person who asks about just that one. */
  find(question: SourceQuestion, customer: { readonly customerId: CustomerId }): Promise<Finding>;
  /** The segments that can be exported, by name. */
  segments(): Promise<SourceAnswer<readonly SegmentInfo[]>>;
  /** The columns that can be matched, by name. */
  columns(): Promise<SourceAnswer<readonly ColumnInfo[]>>;
  /** Whether the app's own identity can read the source: each thing with what to do where it is not in order. */
  check(): Promise<readonly SourceCheck[]>;
}
