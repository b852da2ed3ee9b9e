import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countRows, expandRows, halvesOf, rangesOf } from '../../shared/domain/rows-of.ts';

const indexes = fc.uniqueArray(fc.nat(200));
const ascending = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

test('neighbours share a range', () => {
  expect(rangesOf([7, 3, 1, 2])).toEqual([
    [1, 4],
    [7, 8],
  ]);
});

test('ranges hold exactly the rows they were made of', () => {
  fc.assert(
    fc.property(indexes, (rows) => {
      expect(expandRows(rangesOf(rows))).toEqual(ascending(rows));
      expect(countRows(rangesOf(rows))).toBe(rows.length);
    }),
  );
});

test('two halves are the whole and differ by one row at most', () => {
  fc.assert(
    fc.property(indexes, (rows) => {
      const [first, second] = halvesOf(rangesOf(rows));
      expect([...expandRows(first), ...expandRows(second)]).toEqual(ascending(rows));
      expect([0, 1]).toContain(countRows(first) - countRows(second));
    }),
  );
});
