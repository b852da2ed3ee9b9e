import { describe, expect, test } from 'vitest';
import {
  batchStates,
  batchTransitions,
  isEnded,
  runStates,
  runTransitions,
  tagCallStates,
  tagCallTransitions,
  toBatchState,
  toRunState,
  toTagCallState,
} from '../../shared/domain/states.ts';

/** Every state that can be reached from `start`. */
const reachable = <S extends string>(
  start: S,
  transitions: Readonly<Record<S, readonly S[]>>,
): ReadonlySet<S> => {
  const seen = new Set<S>([start]);
  for (const state of seen) for (const next of transitions[state]) seen.add(next);
  return seen;
};

describe('runs', () => {
  test('exactly these states are ends', () => {
    expect(runStates.filter(isEnded)).toEqual(['succeeded', 'partial', 'failed', 'cancelled']);
  });

  test('every state is reached from queued, and from every state an end', () => {
    expect([...reachable('queued', runTransitions)].sort()).toEqual([...runStates].sort());
    for (const state of runStates) expect([...reachable(state, runTransitions)].some(isEnded)).toBe(true);
  });

  test('every state but the ends can be cancelled, and cancelling has one end', () => {
    for (const state of runStates) {
      if (isEnded(state) || state === 'cancelling') continue;
      expect(toRunState(state, 'cancelling')).toBe('cancelling');
    }
    expect(runTransitions.cancelling).toEqual(['cancelled']);
  });

  test.each([
    ['succeeded', 'failed'],
    ['cancelling', 'succeeded'],
    ['reading', 'sending'],
    ['held', 'succeeded'],
    ['sending', 'succeeded'],
  ] as const)('a run never goes from %s to %s', (from, to) => {
    expect(() => toRunState(from, to)).toThrow(`A run cannot go from ${from} to ${to}.`);
  });
});

describe('batches', () => {
  test('every state is reached from planned', () => {
    expect([...reachable('planned', batchTransitions)].sort()).toEqual([...batchStates].sort());
  });

  test('nothing is posted without an intent before', () => {
    expect(
      batchStates.filter((from) => (batchTransitions[from] as readonly string[]).includes('posted')),
    ).toEqual(['intent']);
  });

  test.each([
    ['planned', 'posted'],
    ['intent', 'cancelled'],
    ['posted', 'split'],
    ['settled', 'planned'],
    ['failed', 'planned'],
  ] as const)('a batch never goes from %s to %s', (from, to) => {
    expect(() => toBatchState(from, to)).toThrow(`A batch cannot go from ${from} to ${to}.`);
  });
});

describe('tag calls', () => {
  test('every state is reached from planned', () => {
    expect([...reachable('planned', tagCallTransitions)].sort()).toEqual([...tagCallStates].sort());
  });

  test.each([
    ['planned', 'requested'],
    ['intent', 'cancelled'],
    ['requested', 'planned'],
    ['split', 'planned'],
    ['failed', 'planned'],
  ] as const)('a tag call never goes from %s to %s', (from, to) => {
    expect(() => toTagCallState(from, to)).toThrow(`A tag call cannot go from ${from} to ${to}.`);
  });
});
