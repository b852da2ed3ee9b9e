import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prefixesFor } from '../../shared/domain/slicing.ts';

test.each([
  [0, 1],
  [2_000, 1],
  [2_001, 16],
  [500_000, 16],
  [500_001, 256],
  [5_000_000, 256],
])('%i members are read in %i slices', (members, slices) => {
  expect(prefixesFor(members)).toHaveLength(slices);
});

test('every hex id has exactly one prefix', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.constantFrom(1, 10_000, 1_000_000), (id, members) => {
      expect(prefixesFor(members).filter((prefix) => id.startsWith(prefix))).toHaveLength(1);
    }),
  );
});
