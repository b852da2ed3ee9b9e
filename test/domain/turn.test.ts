import { describe, expect, test } from 'vitest';
import {
  aliveTurn,
  firstTurn,
  givenBackTurn,
  idleTurn,
  isDue,
  isHeldBy,
  maxSilentEpochs,
  nextTurn,
  rescue,
  type Turn,
  takenTurn,
  turn,
} from '../../shared/domain/turn.ts';

const now = 1_000_000;
const due = firstTurn('settle', now);
const taken = takenTurn(due, now + 5);

describe('names', () => {
  test('a name that is due can be taken once', () => {
    expect(isDue(due, 'settle', due)).toBe(true);
    expect(isDue(taken, 'settle', due)).toBe(false);
    expect(isHeldBy(taken, taken)).toBe(true);
  });

  test.each([
    ['another step', 'finish' as const, { epoch: 0, sequence: 0 }],
    ['another epoch', 'settle' as const, { epoch: 1, sequence: 0 }],
    ['another sequence', 'settle' as const, { epoch: 0, sequence: 1 }],
  ])('a message of %s is not due', (_, step, name) => {
    expect(isDue(due, step, name)).toBe(false);
  });

  test('the next name differs from the one before, and starts silent epochs over', () => {
    const next = nextTurn({ ...taken, silentEpochs: 3 }, 'finish', now + 10, now + 500);
    expect(next).toEqual({
      step: 'finish',
      epoch: 0,
      sequence: 1,
      state: 'due',
      at: now + 10,
      notBefore: now + 500,
      silentEpochs: 0,
    });
    expect(nextTurn(taken, 'finish', now, now - 500).notBefore).toBe(now);
  });

  test('while idle nothing is due, and the name that was held is spent', () => {
    const idle = idleTurn(taken, now + 10);
    expect(isDue(idle, 'settle', idle)).toBe(false);
    expect(isHeldBy(idle, taken)).toBe(false);
    expect(isDue(nextTurn(idle, 'settle', now + 20), 'settle', due)).toBe(false);
  });

  test('what is given back is due again under the same name', () => {
    expect(isDue(givenBackTurn(taken, now + 9), 'settle', due)).toBe(true);
  });

  test('progress starts silent epochs over, a mere sign of life does not', () => {
    const silent: Turn = { ...taken, silentEpochs: 2 };
    expect(aliveTurn(silent, now + 9, true)).toMatchObject({ at: now + 9, silentEpochs: 0 });
    expect(aliveTurn(silent, now + 9, false)).toMatchObject({ at: now + 9, silentEpochs: 2 });
  });

  test('what is stored can be read back', () => {
    expect(turn.parse(JSON.parse(JSON.stringify(taken)))).toEqual(taken);
  });
});

describe('rescue', () => {
  test('a message not taken for 60 s is put again under the same name', () => {
    expect(rescue(due, now + 60_000)).toEqual({ kind: 'none' });
    expect(rescue(due, now + 60_001)).toEqual({ kind: 'put-again', turn: { ...due, at: now + 60_001 } });
  });

  test('a delayed message is lost only 60 s after its time', () => {
    const delayed = firstTurn('settle', now, now + 100_000);
    expect(rescue(delayed, now + 160_000).kind).toBe('none');
    expect(rescue(delayed, now + 160_001).kind).toBe('put-again');
  });

  test('one taken and silent for 60 s is taken over by the next epoch, so that its holder holds nothing', () => {
    expect(rescue(taken, taken.at + 60_000)).toEqual({ kind: 'none' });
    const answer = rescue(taken, taken.at + 60_001);
    if (answer.kind !== 'take-over') throw new Error(answer.kind);
    expect(answer.turn).toMatchObject({ epoch: 1, sequence: 0, state: 'due', silentEpochs: 1 });
    expect(isHeldBy(answer.turn, taken)).toBe(false);
    expect(isHeldBy(takenTurn(answer.turn, now), taken)).toBe(false);
  });

  test('the fifth silent epoch is beyond rescue', () => {
    let row = due;
    const kinds: string[] = [];
    for (let at = now; kinds.at(-1) !== 'beyond-rescue' && kinds.length < 20; at += 61_000) {
      const answer = rescue(takenTurn(row, at), at + 60_001);
      kinds.push(answer.kind);
      if (answer.kind === 'take-over') row = answer.turn;
    }
    expect(kinds).toEqual([...new Array<string>(maxSilentEpochs - 1).fill('take-over'), 'beyond-rescue']);
  });

  test('an idle chain needs none', () => {
    expect(rescue(idleTurn(taken, now), now + 1e9)).toEqual({ kind: 'none' });
  });
});
