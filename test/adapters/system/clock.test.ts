import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../shared/adapters/system/clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const watched = (until: number) => {
  const state = { awake: false };
  void systemClock.sleepUntil(until).then(() => {
    state.awake = true;
  });
  return state;
};

test('wakes at its moment and not before', async () => {
  const sleeper = watched(1_500);
  await vi.advanceTimersByTimeAsync(499);
  expect(sleeper.awake).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(sleeper.awake).toBe(true);
  expect(systemClock.now()).toBe(1_500);
});

test('a moment that has passed is no wait', async () => {
  await systemClock.sleepUntil(1_000);
  await systemClock.sleepUntil(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('sleeps longer than the longest timer', async () => {
  const days60 = 60 * 24 * 60 * 60 * 1000;
  const sleeper = watched(1_000 + days60);
  await vi.advanceTimersByTimeAsync(days60 - 1);
  expect(sleeper.awake).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(sleeper.awake).toBe(true);
});
