import type { Filter } from './filter.ts';
import { hasWildcards } from './wildcards.ts';

/** Customer ids from `from` on and below `below`, as text. */
export type IDRange = { readonly from: string; readonly below: string };

/** Above every id: ids are hex digits. */
const TOP = '~';
const ALL: readonly IDRange[] = [{ from: '', below: TOP }];

/** Ranges, in order and apart, outside of which no row can match: what an index on the customer id gives. */
export function idRanges(filter: Filter | null): readonly IDRange[] {
  if (filter === null) return ALL;
  switch (filter.kind) {
    case 'and':
      return intersect(idRanges(filter.left), idRanges(filter.right));
    case 'or':
      return unite([...idRanges(filter.left), ...idRanges(filter.right)]);
    case 'not':
      return isExact(filter.inner) ? complement(idRanges(filter.inner)) : ALL;
    case 'text': {
      const usable =
        filter.column === 'msdynci_customerid' && filter.name === 'startswith' && !hasWildcards(filter.text);
      const prefix = filter.text.toLowerCase();
      return usable ? [{ from: prefix, below: prefix + TOP }] : ALL;
    }
    case 'compare': {
      if (filter.column !== 'msdynci_customerid' || typeof filter.value !== 'string') return ALL;
      if (filter.operator === 'eq' && hasWildcards(filter.value)) return ALL;
      const id = filter.value.toLowerCase();
      const after = `${id}\u0000`;
      switch (filter.operator) {
        case 'eq':
          return [{ from: id, below: after }];
        case 'ge':
          return [{ from: id, below: TOP }];
        case 'gt':
          return [{ from: after, below: TOP }];
        case 'lt':
          return [{ from: '', below: id }];
        case 'le':
          return [{ from: '', below: after }];
        case 'ne':
          return ALL;
      }
    }
  }
}

/** Whether a filter is true for every id of its ranges. */
function isExact(filter: Filter): boolean {
  if (filter.kind === 'or') return isExact(filter.left) && isExact(filter.right);
  return (
    filter.kind === 'text' &&
    filter.column === 'msdynci_customerid' &&
    filter.name === 'startswith' &&
    !hasWildcards(filter.text)
  );
}

function complement(ranges: readonly IDRange[]): IDRange[] {
  const bounds = ['', ...ranges.flatMap(({ from, below }) => [from, below]), TOP];
  return bounds.flatMap((from, place) => {
    const below = bounds[place + 1];
    return place % 2 === 0 && below !== undefined && from < below ? [{ from, below }] : [];
  });
}

function intersect(left: readonly IDRange[], right: readonly IDRange[]): IDRange[] {
  return left.flatMap((a) =>
    right.flatMap((b) => {
      const [, from = ''] = [a.from, b.from].sort();
      const [below = ''] = [a.below, b.below].sort();
      return from < below ? [{ from, below }] : [];
    }),
  );
}

function unite(ranges: readonly IDRange[]): IDRange[] {
  const apart: IDRange[] = [];
  for (const range of ranges.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = apart.at(-1);
    if (last === undefined || last.below < range.from) apart.push(range);
    else if (last.below < range.below) apart.splice(-1, 1, { from: last.from, below: range.below });
  }
  return apart;
}
