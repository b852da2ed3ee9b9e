import { expect, test } from 'vitest';
import { addExamples, type Examples, noExamples } from '../../shared/domain/examples.ts';
import type { Change, Tagging } from '../../shared/domain/plan.ts';
import { planShard } from '../../shared/domain/plan-shard.ts';
import { changeOf, definitionOf, emailOf, recordOf, rowOf, taggingOf } from './planning.ts';

const { tally } = planShard({ rows: [], records: [], definition: definitionOf(), kind: 'changes' });
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
const shardOf = (changes: readonly Change[], taggings: readonly Tagging[] = []) => ({
  changes,
  taggings,
  tally: { ...tally, leaves: [...changes, ...taggings].filter(({ kind }) => kind === 'leave').length },
});
const leaver = (number: number): Change =>
  changeOf(number, { kind: 'leave', contact: { email: emailOf(number) } });

test('up to five leavers, over several shards, each once however often a shard is planned', () => {
  const first = shardOf([changeOf(1), leaver(2), leaver(3)]);
  const once = addExamples(noExamples, first, { withChanges: false });
  expect(once).toEqual({ leavers: ['c2', 'c3'], invalid: [], changes: [] });
  expect(addExamples(once, first, { withChanges: false })).toBe(once);
  const all = addExamples(once, shardOf(numbers(20).map(leaver)), { withChanges: false });
  expect(all.leavers).toEqual(['c2', 'c3', 'c0', 'c1', 'c4']);
});

test('who only loses tags is a leaver too', () => {
  const untagged = taggingOf(4, { kind: 'leave', remove: ['segment_A'] });
  expect(addExamples(noExamples, shardOf([], [untagged]), { withChanges: false }).leavers).toEqual(['c4']);
});

test('up to fifty changes of a dry run, by the names of what is told and never by a value', () => {
  const contact = { email: emailOf(1), firstName: 'Ann', properties: { segment_A: true, tier: 'gold' } };
  const changes = [changeOf(1, { contact }), leaver(2)];
  const taggings = [
    taggingOf(1, { add: ['segment_C'], remove: ['segment_B'], change: 0 }),
    taggingOf(3, { add: ['segment_A'] }),
  ];
  const found = addExamples(noExamples, shardOf(changes, taggings), { withChanges: true });
  expect(found.changes).toEqual([
    {
      kind: 'upsert',
      customerId: 'c1',
      fields: ['firstName', 'segment_A', 'tier', 'tag segment_B', 'tag segment_C'],
    },
    { kind: 'leave', customerId: 'c2', fields: [] },
    { kind: 'upsert', customerId: 'c3', fields: ['tag segment_A'] },
  ]);
  const many: Examples = addExamples(found, shardOf(numbers(80).map((n) => changeOf(n))), {
    withChanges: true,
  });
  expect(many.changes).toHaveLength(50);
  expect(many.leavers).toEqual(['c2']);
});

test('a shard with nothing to show adds nothing', () => {
  const {
    changes,
    taggings,
    tally: figures,
  } = planShard({
    rows: [rowOf(1)],
    records: [recordOf(1)],
    definition: definitionOf(),
    kind: 'changes',
  });
  expect(addExamples(noExamples, { changes, taggings, tally: figures }, { withChanges: false })).toBe(
    noExamples,
  );
});
