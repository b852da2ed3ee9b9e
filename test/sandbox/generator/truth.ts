import { createElection, type ExpectedContact, type InvalidReason } from './election.ts';
import { createPopulation, type Population } from './population.ts';

export type { ExpectedContact, InvalidReason } from './election.ts';

export type Verdict =
  | { readonly kind: 'outside' }
  | ({ readonly kind: 'contact' } & ExpectedContact)
  | { readonly kind: 'invalid'; readonly reason: InvalidReason }
  | { readonly kind: 'duplicate'; readonly email: string; readonly winner: string };

export type ExpectedCounts = {
  /** Distinct customers of the segments = contacts + duplicates + invalid. */
  readonly customers: number;
  readonly contacts: number;
  readonly duplicates: number;
  readonly invalid: Readonly<Record<InvalidReason, number>>;
  /** Fields left out of contacts, by `field:reason`. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Contacts by segment. */
  readonly segments: Readonly<Record<string, number>>;
};

/** E-mail addresses. `merged` lists who kept a contact under a new customer id, whether or not it also changed. */
export type ExpectedChanges = {
  readonly joined: readonly string[];
  readonly changed: readonly string[];
  readonly left: readonly string[];
  readonly merged: readonly string[];
};

/** What an export of these segments must do with every customer. */
export type Truth = {
  verdict(index: number): Verdict;
  contacts(): Generator<ExpectedContact, void>;
  counts(): ExpectedCounts;
  changes(previousDay: number): ExpectedChanges;
};

function sent(contact: ExpectedContact): string {
  return JSON.stringify([contact.fields, contact.segments]);
}

export function createTruth(population: Population, segments: readonly string[]): Truth {
  const { isMember, enter, elect, contactAt } = createElection(population, segments);

  /** The first customer of each e-mail address. */
  function* firsts(): IterableIterator<number> {
    for (let index = 0; index < population.size; index++) {
      if (population.sameEmail(index)[0] === index) yield index;
    }
  }

  return {
    verdict(index) {
      if (!isMember(index)) return { kind: 'outside' };
      const entry = enter(index);
      if (entry.kind === 'invalid') return entry;
      const contact = contactAt(index);
      if (contact === null) throw new Error('an entrant must have a contact');
      return contact.customerID === entry.draft.profile.msdynci_customerid
        ? { kind: 'contact', ...contact }
        : { kind: 'duplicate', email: contact.email, winner: contact.customerID };
    },

    *contacts() {
      for (const index of firsts()) {
        const contact = contactAt(index);
        if (contact !== null) yield contact;
      }
    },

    counts() {
      const invalid: Record<InvalidReason, number> = {
        'email-missing': 0,
        'email-malformed': 0,
        'no-profile': 0,
      };
      const leftOut: Record<string, number> = {};
      const inSegment: Record<string, number> = Object.fromEntries(segments.map((name) => [name, 0]));
      const count = (counts: Record<string, number>, name: string) => {
        counts[name] = (counts[name] ?? 0) + 1;
      };
      let customers = 0;
      let contacts = 0;
      let duplicates = 0;
      for (const index of firsts()) {
        const entries = population.sameEmail(index).filter(isMember).map(enter);
        const entrants = entries.filter((entry) => entry.kind === 'entrant');
        customers += entries.length;
        for (const entry of entries) if (entry.kind === 'invalid') invalid[entry.reason]++;
        const contact = elect(entrants);
        if (contact === null) continue;
        contacts++;
        duplicates += entrants.length - 1;
        for (const { field, reason } of contact.leftOut) count(leftOut, `${field}:${reason}`);
        for (const name of segments) if (contact.segments[name]) count(inSegment, name);
      }
      return { customers, contacts, duplicates, invalid, leftOut, segments: inSegment };
    },

    changes(previousDay) {
      const earlier = createPopulation({ ...population, day: previousDay });
      const earlierElection = createElection(earlier, segments);
      const touched = (index: number) =>
        index >= earlier.size || population.history(index).touchedOn > previousDay;
      const lists = {
        joined: [] as string[],
        changed: [] as string[],
        left: [] as string[],
        merged: [] as string[],
      };
      for (const index of firsts()) {
        const same = population.sameEmail(index);
        if (!same.some(touched)) continue;
        const was = index < earlier.size ? earlierElection.contactAt(index) : null;
        const is = contactAt(index);
        if (was === null && is !== null) lists.joined.push(is.email);
        if (was !== null && is === null) lists.left.push(was.email);
        if (was === null || is === null) continue;
        if (sent(was) !== sent(is)) lists.changed.push(is.email);
        const merged = same.some(
          (one) => one < earlier.size && earlier.history(one).merges < population.history(one).merges,
        );
        if (merged) lists.merged.push(is.email);
      }
      return lists;
    },
  };
}
