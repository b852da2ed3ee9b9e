import type { Row } from './columns.ts';
import type { Comparison, Filter } from './filter.ts';
import { compileText } from './wildcards.ts';

/** How a column's text looks to a filter; by default as it is returned. */
export type Seen = (column: string, text: string) => string;

export function compileFilter(filter: Filter, seen: Seen): (row: Row) => boolean {
  switch (filter.kind) {
    case 'and': {
      const [left, right] = [compileFilter(filter.left, seen), compileFilter(filter.right, seen)];
      return (row) => left(row) && right(row);
    }
    case 'or': {
      const [left, right] = [compileFilter(filter.left, seen), compileFilter(filter.right, seen)];
      return (row) => left(row) || right(row);
    }
    case 'not': {
      const inner = compileFilter(filter.inner, seen);
      return (row) => !inner(row);
    }
    case 'text': {
      const matches = remembering(compileText(filter.text, filter.name));
      return (row) => {
        const value = row[filter.column] ?? null;
        return value !== null && matches(String(value), (text) => seen(filter.column, text));
      };
    }
    case 'compare':
      return compileComparison(filter.operator, filter.column, filter.value);
  }
}

function compileComparison(
  operator: Comparison,
  column: string,
  wanted: string | number | null,
): (row: Row) => boolean {
  const of = (row: Row) => row[column] ?? null;
  if (wanted === null) {
    if (operator === 'eq') return (row) => of(row) === null;
    return operator === 'ne' ? (row) => of(row) !== null : () => false;
  }
  if (typeof wanted === 'string' && (operator === 'eq' || operator === 'ne')) {
    const equals = compileText(wanted, 'whole');
    return (row) => {
      const value = of(row);
      return (value !== null && equals(String(value))) === (operator === 'eq');
    };
  }
  const order = (value: string | number): number => {
    if (typeof wanted === 'number') return Number(value) - wanted;
    const [a, b] = [String(value).toLowerCase(), wanted.toLowerCase()];
    return a < b ? -1 : a > b ? 1 : 0;
  };
  const holds: Record<Comparison, (sign: number) => boolean> = {
    eq: (sign) => sign === 0,
    ne: (sign) => sign !== 0,
    gt: (sign) => sign > 0,
    ge: (sign) => sign >= 0,
    lt: (sign) => sign < 0,
    le: (sign) => sign <= 0,
  };
  return (row) => {
    const value = of(row);
    return value === null ? operator === 'ne' : holds[operator](order(value));
  };
}

const REMEMBERED = 256;

/** Columns such as the segments hold few different texts in very many rows. */
function remembering(matches: (text: string) => boolean) {
  const known = new Map<string, boolean>();
  return (text: string, seen: (text: string) => string): boolean => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const verdict = matches(seen(text));
    if (known.size < REMEMBERED) known.set(text, verdict);
    return verdict;
  };
}
