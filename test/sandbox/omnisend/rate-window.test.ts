import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRateWindow } from './rate-window.ts';

const windowMs = 1000;

it('admits all that fits and never more than the limit in any window', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), gaps, (limit, waits) => {
      const window = createRateWindow(limit, windowMs);
      const admitted: number[] = [];
      let now = 0;
      for (const wait of waits) {
        now += wait;
        const recent = admitted.filter((time) => time > now - windowMs).length;
        const answer = window.look(now, 0);
        expect(answer.kind).toBe(recent < limit ? 'admitted' : 'refused');
        if (answer.kind === 'refused') {
          // Not a moment earlier or later than told.
          expect(admitted.at(-limit)).toBe(now + answer.freeInMs - windowMs);
        } else {
          window.count(now);
          admitted.push(now);
        }
      }
    }),
  );
});

it('lets another integration in evenly, under the same limit', () => {
  const window = createRateWindow(4, windowMs);
  for (let now = 0; now <= 2000; now += 10) window.look(now, 10);
  expect(window.others).toEqual({ accepted: 9, refused: 12 });
});
