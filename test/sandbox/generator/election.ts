import type { ContactFields, Draft, LeftOut } from './draft.ts';
import type { Population } from './population.ts';
import { maskOf } from './segments.ts';

export type ExpectedContact = {
  /** Normalised: trimmed, NFC, lower case, domain in ASCII. */
  readonly email: string;
  /** Of the profile whose fields won. */
  readonly customerID: string;
  readonly fields: ContactFields;
  readonly leftOut: readonly LeftOut[];
  /** For every segment asked about: whether any profile with this address is in it. */
  readonly segments: Readonly<Record<string, boolean>>;
};

export type InvalidReason = 'email-missing' | 'email-malformed' | 'no-profile';

/** A member with a valid address: takes part in the choice of the profile that gives the fields. */
export type Entrant = {
  readonly kind: 'entrant';
  readonly index: number;
  readonly draft: Draft;
  readonly email: string;
};
export type Entry = Entrant | { readonly kind: 'invalid'; readonly reason: InvalidReason };

/** Newest change first, then the lowest customer id. */
function before(a: Draft, b: Draft): boolean {
  if (a.profile.msdynci_modifiedon !== b.profile.msdynci_modifiedon) {
    return a.profile.msdynci_modifiedon > b.profile.msdynci_modifiedon;
  }
  return a.profile.msdynci_customerid < b.profile.msdynci_customerid;
}

export type Election = {
  isMember(index: number): boolean;
  enter(index: number): Entry;
  /** null if there are no entrants. */
  elect(entrants: readonly Entrant[]): ExpectedContact | null;
  /** The contact of everybody who has the address of this customer. */
  contactAt(index: number): ExpectedContact | null;
};

export function createElection(population: Population, segments: readonly string[]): Election {
  const wanted = maskOf(segments);
  const masks = segments.map((name) => [name, maskOf([name])] as const);
  const isMember = (index: number) => (population.segmentMask(index) & wanted) !== 0;

  const enter = (index: number): Entry => {
    const draft = population.draft(index);
    if (draft === null) return { kind: 'invalid', reason: 'no-profile' };
    if (draft.email.kind === 'invalid') return draft.email;
    return { kind: 'entrant', index, draft, email: draft.email.email };
  };

  const elect = (entrants: readonly Entrant[]): ExpectedContact | null => {
    const [first, ...others] = entrants;
    if (first === undefined) return null;
    const winner = others.reduce((best, other) => (before(other.draft, best.draft) ? other : best), first);
    const union = entrants.reduce((mask, { index }) => mask | population.segmentMask(index), 0);
    return {
      email: winner.email,
      customerID: winner.draft.profile.msdynci_customerid,
      fields: winner.draft.fields,
      leftOut: winner.draft.leftOut,
      segments: Object.fromEntries(masks.map(([name, mask]) => [name, (union & mask) !== 0])),
    };
  };

  return {
    isMember,
    enter,
    elect,
    contactAt: (index) =>
      elect(
        population
          .sameEmail(index)
          .filter(isMember)
          .map(enter)
          .filter((entry) => entry.kind === 'entrant'),
      ),
  };
}
