import type { RowRange } from './page.ts';

export const countRows = (ranges: readonly RowRange[]): number =>
  ranges.reduce((sum, [from, to]) => sum + to - from, 0);

/** Every row's index, in the order of the ranges. */
export const expandRows = (ranges: readonly RowRange[]): number[] =>
  ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, offset) => from + offset));

/** The fewest ranges that hold these rows, ascending. */
export const rangesOf = (indexes: readonly number[]): RowRange[] => {
  const ranges: RowRange[] = [];
  for (const index of indexes.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last === undefined || index > last[1]) ranges.push([index, index + 1]);
    else last[1] = Math.max(last[1], index + 1);
  }
  return ranges;
};

/** Both halves, the first one at most one row larger. */
export const halvesOf = (ranges: readonly RowRange[]): readonly [RowRange[], RowRange[]] => {
  const rows = expandRows(ranges);
  const middle = Math.ceil(rows.length / 2);
  return [rangesOf(rows.slice(0, middle)), rangesOf(rows.slice(middle))];
};
