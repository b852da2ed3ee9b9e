import { expect, it } from 'vitest';
import { entered, noStages, spansOf } from '../../shared/domain/stages.ts';
import type { RunState } from '../../shared/domain/states.ts';

const queued = {
  state: 'queued' as RunState,
  startedAt: null as number | null,
  approvedAt: null as number | null,
  endedAt: null as number | null,
  stages: { ...noStages } as typeof noStages | null,
};

/** A run that went to each state at the moment given. */
const went = (...way: readonly (readonly [RunState, number])[]) => {
  let run = queued;
  for (const [state, at] of way) {
    run = entered(run, state, at);
    if (state === 'reading') run = { ...run, startedAt: at };
    if (state === 'planning' && run.stages?.held !== null) run = { ...run, approvedAt: at };
    if (state === 'succeeded' || state === 'cancelled') run = { ...run, endedAt: at };
  }
  return spansOf(run);
};
const span = (startedAt: number, endedAt: number | null) => ({ startedAt, endedAt });

it('each stage ends where the next begins, the last one with the run', () => {
  expect(went(['reading', 1], ['planning', 5], ['sending', 8], ['settling', 20], ['succeeded', 23])).toEqual({
    reading: span(1, 5),
    planning: span(5, 8),
    held: null,
    sending: span(8, 20),
    settling: span(20, 23),
  });
});

it('what goes on has no end', () => {
  expect(went(['reading', 1])).toMatchObject({ reading: span(1, null), planning: null });
  expect(went(['reading', 1], ['planning', 5])).toMatchObject({
    reading: span(1, 5),
    planning: span(5, null),
  });
});

it('waiting for a person is a stage of its own', () => {
  const held = [
    ['reading', 1],
    ['planning', 5],
    ['held', 7],
  ] as const;
  expect(went(...held)).toMatchObject({ planning: span(5, 7), held: span(7, null) });
  expect(went(...held, ['planning', 50], ['sending', 55])).toMatchObject({
    planning: span(5, 7),
    held: span(7, 50),
    sending: span(55, null),
  });
  // Held for a second reason after a person approved the first.
  expect(went(...held, ['planning', 50], ['held', 51])).toMatchObject({ held: span(7, null) });
});

it('a stage that is cut off ends with the run', () => {
  expect(went(['reading', 1], ['cancelling', 4], ['cancelled', 4])).toMatchObject({ reading: span(1, 4) });
  expect(
    went(['reading', 1], ['planning', 2], ['sending', 3], ['cancelling', 4], ['cancelled', 9]),
  ).toMatchObject({ sending: span(3, 9), settling: null });
});

it('of a run that an earlier version began nothing is told', () => {
  const old = { ...queued, stages: null };
  expect(spansOf(entered(entered(old, 'reading', 1), 'planning', 2))).toBeNull();
});

it('no state is entered from one that does not lead there', () => {
  expect(() => entered(queued, 'sending', 1)).toThrow('cannot go from queued to sending');
});
