import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  firstTurn,
  givenBackTurn,
  isDue,
  isHeldBy,
  nextTurn,
  rescue,
  type Turn,
  takenTurn,
} from '../../shared/domain/turn.ts';

/** What can happen to a chain: any message ever put is delivered (again), holders end, throw or fall silent. */
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('deliver' as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('throw' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('supervise' as const), waitMs: fc.nat(130_000) }) },
);

const nameOf = ({ epoch, sequence }: Turn): string => `${epoch}/${sequence}`;

test('law 4: however often messages are delivered, a chain has one holder at most and ends each name once', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80, size: 'max' }), (events) => {
      let now = 1_000_000;
      let row = firstTurn('send', now);
      const put: Turn[] = [row];
      const holders: Turn[] = [];
      const ended: string[] = [];

      for (const one of events) {
        now += 1;
        switch (one.kind) {
          case 'deliver': {
            const message = put[one.which % put.length];
            if (message === undefined || !isDue(row, message.step, message)) break;
            row = takenTurn(row, now);
            holders.push(row);
            break;
          }
          case 'end': {
            const holder = holders[one.which % Math.max(holders.length, 1)];
            if (holder === undefined || !isHeldBy(row, holder)) break;
            ended.push(nameOf(holder));
            row = nextTurn(holder, 'send', now);
            put.push(row);
            break;
          }
          case 'throw': {
            const holder = holders[one.which % Math.max(holders.length, 1)];
            if (holder === undefined || !isHeldBy(row, holder)) break;
            row = givenBackTurn(holder, now);
            holders.splice(holders.indexOf(holder), 1);
            break;
          }
          case 'supervise': {
            now += one.waitMs;
            const answer = rescue(row, now);
            if (answer.kind !== 'put-again' && answer.kind !== 'take-over') break;
            row = answer.turn;
            put.push(row);
          }
        }
        // Whoever was taken over stays in the list: silent is not dead.
        expect(holders.filter((holder) => isHeldBy(row, holder)).length).toBeLessThanOrEqual(1);
        if (row.state === 'due') expect(put.some((message) => isDue(row, message.step, message))).toBe(true);
      }
      expect(new Set(ended).size).toBe(ended.length);
    }),
    { numRuns: 500 },
  );
});
