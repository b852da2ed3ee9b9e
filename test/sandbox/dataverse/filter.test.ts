import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Columns, PROFILE_COLUMNS, type Row } from './columns.ts';
import { type Filter, parseFilter } from './filter.ts';
import { compileFilter } from './filter-match.ts';
import { idRanges } from './id-ranges.ts';

const COLUMNS: Columns = PROFILE_COLUMNS;
const ROW: Row = {
  msdynci_customerprofileid: '11111111-1111-4111-8111-111111111111',
  msdynci_customerid: 'ce759201f786d590bf2134bff576c369',
  msdynci_lastname: "O'Bryan",
  msdynci_city: 'VIPx2 [old]',
  msdynci_state: null,
  msdynci_rewardpoints: 120,
  msdynci_modifiedon: '2026-03-01T10:00:00Z',
};

function parsed(source: string): Filter {
  const result = parseFilter(source, COLUMNS, 'msdynci_customerprofile');
  if (result.kind === 'error') throw new Error(result.message);
  return result.filter;
}

const matches = (source: string, row = ROW) => compileFilter(parsed(source), (_, text) => text)(row);

describe('filter', () => {
  const cases: [source: string, expected: boolean][] = [
    ["msdynci_lastname eq 'O''Bryan'", true],
    ["msdynci_lastname eq 'o''bryan'", true],
    ["msdynci_lastname ne 'O''Bryan'", false],
    ["msdynci_lastname eq 'O_Bry%'", true],
    ["contains(msdynci_city,'VIP_2')", true],
    ["contains(msdynci_city,'vipX2')", true],
    ["contains(msdynci_city,'VIP[xyz]2')", true],
    ["contains(msdynci_city,'VIP[^xyz]2')", false],
    ["contains(msdynci_city,'.')", false],
    ["startswith(msdynci_customerid,'CE7')", true],
    ["startswith(msdynci_customerid,'e7')", false],
    ["endswith(msdynci_customerid,'369')", true],
    ["not startswith(msdynci_customerid,'ce')", false],
    ["msdynci_customerid ge 'ce' and msdynci_customerid lt 'cf'", true],
    ["msdynci_customerid gt 'cf' or msdynci_customerid le 'cd'", false],
    ["msdynci_customerid eq 'a' or msdynci_customerid eq 'b' and msdynci_rewardpoints eq 120", false],
    ["msdynci_lastname eq 'O''Bryan' or msdynci_rewardpoints eq 1 and msdynci_rewardpoints eq 2", true],
    ["(msdynci_lastname eq 'O''Bryan' or msdynci_rewardpoints eq 1) and msdynci_rewardpoints eq 2", false],
    ['msdynci_rewardpoints ge 120 and not (msdynci_rewardpoints gt 120)', true],
    ['msdynci_rewardpoints lt -5', false],
    ['msdynci_state eq null', true],
    ['msdynci_state ne null', false],
    ["contains(msdynci_state,'a')", false],
    ['msdynci_customerprofileid eq 11111111-1111-4111-8111-111111111111', true],
    ['msdynci_modifiedon ge 2026-03-01T00:00:00Z', true],
  ];
  it.each(cases)('%s', (source, expected) => {
    expect(matches(source)).toBe(expected);
  });

  const faults: [source: string, message: string][] = [
    ['', 'Expression expected'],
    ["msdynci_shoesize eq '1'", "Could not find a property named 'msdynci_shoesize'"],
    ["toString eq '1'", "Could not find a property named 'toString'"],
    ["contains(msdynci_rewardpoints,'1')", 'needs a text column'],
    ['contains(msdynci_city,VIP)', 'needs a text in quotes'],
    ['msdynci_city eq 12', 'is no value for a column of type String'],
    ["msdynci_city like 'a'", "'like' is no operator"],
    ["msdynci_city eq 'a' msdynci_city", "Unexpected 'msdynci_city'"],
    ["(msdynci_city eq 'a'", 'Expression expected'],
    ["msdynci_city eq 'a", 'Syntax error at position'],
  ];
  it.each(faults)('refuses %s', (source, message) => {
    const result = parseFilter(source, COLUMNS, 'msdynci_customerprofile');
    expect(result).toEqual({ kind: 'error', message: expect.stringContaining(message) });
  });
});

describe('ranges of ids', () => {
  const id = fc.string({ unit: fc.constantFrom(...'0129abef'), minLength: 1, maxLength: 3 });
  const leaf = fc.oneof(
    id.map((prefix) => `startswith(msdynci_customerid,'${prefix}')`),
    fc
      .tuple(fc.constantFrom('eq', 'ne', 'ge', 'gt', 'lt', 'le'), id)
      .map(([o, i]) => `msdynci_customerid ${o} '${i}'`),
    fc.constant("contains(msdynci_city,'x')"),
  );
  const { filter } = fc.letrec<{ filter: string }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc
        .tuple(tie('filter'), fc.constantFrom('and', 'or'), tie('filter'))
        .map(([a, o, b]) => `(${a} ${o} ${b})`),
      tie('filter').map((inner) => `not (${inner})`),
    ),
  }));

  it('never leave out a row that matches, stay apart and in order', () => {
    fc.assert(
      fc.property(filter, id, fc.constantFrom('x', 'y'), (source, customerID, city) => {
        const ranges = idRanges(parsed(source));
        ranges.forEach((range, index) => {
          const earlier = ranges[index - 1];
          if (earlier) expect(earlier.below < range.from).toBe(true);
        });
        const row = { msdynci_customerid: customerID, msdynci_city: city };
        if (matches(source, row)) {
          expect(ranges.some(({ from, below }) => from <= customerID && customerID < below)).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('are narrow where an index would help', () => {
    expect(idRanges(parsed("startswith(msdynci_customerid,'a7') and contains(msdynci_city,'x')"))).toEqual([
      { from: 'a7', below: 'a7~' },
    ]);
    expect(idRanges(parsed("msdynci_customerid eq 'b' or msdynci_customerid eq 'a'"))).toEqual([
      { from: 'a', below: 'a\u0000' },
      { from: 'b', below: 'b\u0000' },
    ]);
  });
});
