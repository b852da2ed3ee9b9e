import { expect, test } from 'vitest';
import { backOffSeconds, lookDelaySeconds } from '../../shared/domain/back-off.ts';

test.each([
  [1, 2.5, 5],
  [2, 5, 10],
  [5, 40, 80],
  [7, 150, 300],
  [50, 150, 300],
])('before try %i one waits %d to %d s', (attempt, least, most) => {
  expect(backOffSeconds(attempt, 0)).toBe(least);
  expect(backOffSeconds(attempt, 1)).toBe(most);
});

test('looks come soon while sending waits for them', () => {
  expect([3, 99].map((looks) => lookDelaySeconds(looks, true))).toEqual([4, 4]);
});

test('looks come less and less often', () => {
  expect([0, 1, 2, 3, 4, 5, 99].map((looks) => lookDelaySeconds(looks))).toEqual([2, 4, 8, 16, 30, 30, 30]);
});
