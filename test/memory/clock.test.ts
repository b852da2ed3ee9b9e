import fc from 'fast-check';
import { expect, test } from 'vitest';
import { virtualClock } from './clock.ts';

test('sleepers wake in the order of their time, then of their coming, and see that time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 30 }), async (delays) => {
      const clock = virtualClock({ start: 100 });
      const woken: [number, number][] = [];
      delays.forEach((delay, index) => {
        void clock.sleepUntil(100 + delay).then(() => woken.push([clock.now() - 100, index]));
      });
      await clock.runUntilIdle();
      const expected = delays.map((delay, index): [number, number] => [delay, index]);
      expect(woken).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    }),
  );
});

test('advancing wakes who is due, also who falls asleep again on the way', async () => {
  const clock = virtualClock({ start: 0 });
  const ticks: number[] = [];
  const ticking = async () => {
    for (;;) {
      await clock.sleepUntil(clock.now() + 10);
      ticks.push(clock.now());
    }
  };
  void ticking();
  await clock.advance(35);
  expect(ticks).toEqual([10, 20, 30]);
  expect([clock.now(), clock.nextWakeAt(), clock.sleepers()]).toEqual([35, 40, 1]);
  await expect(clock.runUntilIdle({ maxWakes: 50 })).rejects.toThrow('still sleeps after 50 wakes');
});

test('a moment that has passed is no sleep', async () => {
  const clock = virtualClock({ start: 100 });
  await clock.sleepUntil(100);
  expect(clock.sleepers()).toBe(0);
});

test('time moves on until a piece of work ends, and says so when time does not help', async () => {
  const clock = virtualClock({ start: 0 });
  const work = async () => {
    await clock.sleepUntil(1_000_000);
    return clock.now();
  };
  expect(await clock.during(work())).toBe(1_000_000);
  await expect(clock.during(Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  await expect(clock.during(new Promise(() => {}))).rejects.toThrow('nothing that time brings');
});

test('chance is the same for the same seed, and spread over [0, 1)', () => {
  const draw = (seed: number) => Array.from({ length: 1_000 }, virtualClock({ seed }).random);
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(1).every((n) => n >= 0 && n < 1)).toBe(true);
  expect(Math.abs(draw(1).reduce((sum, n) => sum + n, 0) / 1_000 - 0.5)).toBeLessThan(0.05);
});
