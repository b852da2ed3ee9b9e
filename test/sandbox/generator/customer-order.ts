/** All customers in ascending order of customer id, four bytes each. */
export type CustomerOrder = {
  readonly length: number;
  /** Index of the customer at a position. */
  at(position: number): number;
  /** First position whose customer id is not below `text`, compared as text; `length` if there is none. */
  lowerBound(text: string): number;
};

const INDEX_RANGE = 2 ** 23;

/** Sorts packed numbers (leading 30 bits of the id, then the index: 53 bits) instead of millions of strings. */
export function createCustomerOrder(
  size: number,
  leadingWord: (index: number) => number,
  customerID: (index: number) => string,
): CustomerOrder {
  if (size > INDEX_RANGE) throw new RangeError(`at most ${INDEX_RANGE} customers can be ordered`);
  const keys = new Float64Array(size);
  for (let index = 0; index < size; index++) keys[index] = (leadingWord(index) >>> 2) * INDEX_RANGE + index;
  keys.sort();
  const order = Uint32Array.from(keys, (key) => key % INDEX_RANGE);

  const leading = (position: number) => Math.floor((keys[position] ?? 0) / INDEX_RANGE);
  for (let start = 0; start < size; ) {
    let end = start + 1;
    while (end < size && leading(end) === leading(start)) end++;
    if (end - start > 1) {
      const equal = [...order.subarray(start, end)].map((index) => ({ index, id: customerID(index) }));
      equal.sort((a, b) => (a.id < b.id ? -1 : 1));
      order.set(
        equal.map(({ index }) => index),
        start,
      );
    }
    start = end;
  }

  const at = (position: number): number => {
    const index = order[position];
    if (index === undefined) throw new RangeError(`no customer at position ${position}`);
    return index;
  };
  return {
    length: size,
    at,
    lowerBound(text) {
      let low = 0;
      let high = size;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (customerID(at(middle)) < text) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}
