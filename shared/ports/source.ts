import type { ConfigurationFault } from '../domain/answers.ts';
import type { Membership, Profile } from '../domain/contact.ts';
import type { SliceSpec } from '../domain/slice.ts';

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

/** Customer segments, read in slices. Never answers with an empty list for a read that failed. */
export interface Source {
  /** Names the environment: slices of all runs reading from it share one bound on how many are out. */
  readonly environment: string;
  /** Checks the question against the source and cuts it into slices that can be read side by side. */
  divide(question: SourceQuestion): Promise<SourceAnswer<readonly SliceSpec[]>>;
  /** One page of a slice, from `cursor` on (`null`: from the start). */
  read(question: SourceQuestion, slice: SliceSpec, cursor: string | null): Promise<SourceAnswer<SourcePage>>;
}
