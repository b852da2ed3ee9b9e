import { describe, expect, it } from 'vitest';
import { type FolderFacts, folderState } from '../../../shared/adapters/data-out/completeness.ts';

const now = Date.UTC(2026, 2, 1, 12);
const minutesAgo = (minutes: number): number => now - minutes * 60_000;

const files = (names: readonly string[], modifiedAt = minutesAgo(60)) =>
  names.map((name) => ({ path: `x/VIP/2026/03/01/0915/${name}`, etag: 'a', bytes: 9, modifiedAt }));

const facts = (change: Partial<FolderFacts>): FolderFacts => ({
  table: 'VIP',
  files: files(['VIP_1.csv', 'VIP_2.csv']),
  announced: new Set(),
  modelAt: null,
  ...change,
});

describe('a dated folder', () => {
  it.each<[name: string, change: Partial<FolderFacts>, numbers: number[]]>([
    ['parts from 1 on, long at rest', {}, [1, 2]],
    [
      'more than nine parts',
      { files: files(Array.from({ length: 11 }, (_, n) => `VIP_${n + 1}.csv`)) },
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    ],
    ['compressed parts', { files: files(['VIP_1.csv.gz', 'VIP_2.csv.gz']) }, [1, 2]],
    ['files besides', { files: files(['VIP_1.csv', '_SUCCESS', 'VIP_x.csv', 'VIP_02.csv']) }, [1]],
    [
      'a model written afterwards, five minutes at rest',
      { files: files(['VIP_1.csv'], minutesAgo(5)), modelAt: minutesAgo(4) },
      [1],
    ],
    ['no model, a quarter of an hour at rest', { files: files(['VIP_1.csv'], minutesAgo(15)) }, [1]],
    [
      'a model that lists just these parts, written this moment',
      { files: files(['VIP_1.csv'], now), modelAt: now, announced: new Set(['VIP_1.csv']) },
      [1],
    ],
    [
      'all parts that an older model lists',
      { modelAt: minutesAgo(90), announced: new Set(['VIP_1.csv']) },
      [1, 2],
    ],
  ])('is complete with %s', (_, change, numbers) => {
    const state = folderState(facts(change), now);
    expect(state).toMatchObject({ kind: 'complete', parts: numbers.map((number) => ({ number })) });
  });

  it.each<[name: string, change: Partial<FolderFacts>, message: string]>([
    ['no part', { files: [] }, 'it holds no part'],
    ['a part of another table alone', { files: files(['VIP_2_1.csv']) }, 'it holds no part'],
    ['a gap', { files: files(['VIP_1.csv', 'VIP_3.csv']) }, 'part 2 is missing'],
    ['no first part', { files: files(['VIP_2.csv']) }, 'part 1 is missing'],
    ['a part twice', { files: files(['VIP_1.csv', 'VIP_2.csv', 'VIP_2.csv.gz']) }, 'part 2 is there twice'],
    [
      'fewer parts than the model lists',
      { announced: new Set(['VIP_1.csv', 'VIP_2.csv', 'VIP_3.csv']) },
      '1 of the parts that model.json lists are missing',
    ],
  ])('is incomplete with %s', (_, change, message) => {
    expect(folderState(facts(change), now)).toEqual({ kind: 'incomplete', message });
  });

  it.each<[name: string, change: Partial<FolderFacts>, readyAt: number]>([
    ['just written', { files: files(['VIP_1.csv'], now) }, now + 15 * 60_000],
    [
      'just written, with an older model',
      { files: files(['VIP_1.csv'], now), modelAt: minutesAgo(1), announced: new Set(['VIP_1.csv']) },
      now + 15 * 60_000,
    ],
    [
      'just written, with a model of another folder',
      { files: files(['VIP_1.csv'], minutesAgo(1)), modelAt: now },
      now + 4 * 60_000,
    ],
    ['just written, with a gap', { files: files(['VIP_2.csv'], minutesAgo(1)) }, now + 14 * 60_000],
    [
      'just written, with more than the model lists',
      { files: files(['VIP_1.csv', 'VIP_2.csv'], now), modelAt: now, announced: new Set(['VIP_1.csv']) },
      now + 5 * 60_000,
    ],
  ])('may still be written: %s', (_, change, readyAt) => {
    expect(folderState(facts(change), now)).toEqual({ kind: 'unsettled', readyAt });
  });
});
