import type { Profile } from '../../shared/domain/contact.ts';
import type { CustomerId } from '../../shared/domain/ids.ts';

/** A row of memberships: the same customer may have several. */
export interface MemberRow {
  readonly customerId: CustomerId;
  readonly segments: readonly string[];
}

/** What a memory source reads from. Rows of one prefix must come in a fixed order. */
export interface MemoryPopulation {
  readonly columns: ReadonlySet<string>;
  readonly segments: ReadonlySet<string>;
  /** Of `segments`, those that are no longer kept up to date. */
  readonly inactive?: ReadonlySet<string>;
  members(prefix: string): readonly MemberRow[];
  profiles(prefix: string): readonly Profile[];
}

/** Sorted once, then found by their prefix without a look at the others. */
const byPrefix = <T extends { readonly customerId: string }>(
  rows: readonly T[],
): ((prefix: string) => readonly T[]) => {
  const sorted = rows.toSorted((a, b) =>
    a.customerId < b.customerId ? -1 : Number(a.customerId > b.customerId),
  );
  const firstNotBelow = (text: string): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle]?.customerId ?? '') < text) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return (prefix) =>
    prefix === '' ? sorted : sorted.slice(firstNotBelow(prefix), firstNotBelow(`${prefix}\uffff`));
};

export const populationOf = (rows: {
  readonly members: readonly MemberRow[];
  readonly profiles: readonly Profile[];
  /** Columns and segments beyond those that the rows show. */
  readonly columns?: readonly string[];
  readonly segments?: readonly string[];
  readonly inactive?: readonly string[];
}): MemoryPopulation => ({
  columns: new Set([...(rows.columns ?? []), ...rows.profiles.flatMap(({ values }) => Object.keys(values))]),
  segments: new Set([...(rows.segments ?? []), ...rows.members.flatMap(({ segments }) => segments)]),
  inactive: new Set(rows.inactive),
  members: byPrefix(rows.members),
  profiles: byPrefix(rows.profiles),
});
