import { expect, test } from 'vitest';
import { commitShard, type RowVerdict, type TagOutcome } from '../../shared/domain/commit-shard.ts';
import type { Change, SnapshotRecord, Tagging } from '../../shared/domain/plan.ts';
import { changeOf, emailOf, idOf, keyOf, recordOf, taggingOf } from './planning.ts';

const upsert = changeOf(1, { id: idOf('new'), markers: ['segment_B'] });
const leave: Change = {
  kind: 'leave',
  key: keyOf(1),
  id: idOf('c1'),
  contact: { email: emailOf(1) },
  markers: [],
};
const before = recordOf(1);
const bare = { key: keyOf(1), email: emailOf(1) };

const noTags = { taggings: [], tagOutcomeOf: (): TagOutcome => 'none' };

const cases: [string, SnapshotRecord[], Change, RowVerdict, SnapshotRecord[]][] = [
  [
    'an accepted upsert',
    [before],
    upsert,
    'accepted',
    [{ ...bare, id: idOf('new'), fingerprint: 'print1', markers: ['segment_B'] }],
  ],
  [
    'an accepted upsert of a new contact',
    [],
    upsert,
    'accepted',
    [{ ...bare, id: idOf('new'), fingerprint: 'print1', markers: ['segment_B'] }],
  ],
  [
    'an open upsert',
    [before],
    upsert,
    'open',
    [{ ...bare, id: idOf('new'), markers: ['segment_A', 'segment_B'] }],
  ],
  ['a kept upsert', [before], upsert, 'kept', [before]],
  ['a kept upsert of a new contact', [], upsert, 'kept', []],
  ['an accepted leave', [before], leave, 'accepted', []],
  [
    'an accepted leave that keeps a marker',
    [before],
    { ...leave, markers: ['segment_A'] },
    'accepted',
    [{ ...bare, id: idOf('c1'), markers: ['segment_A'] }],
  ],
  ['an open leave', [before], leave, 'open', [{ ...bare, id: idOf('c1'), markers: ['segment_A'] }]],
  ['a kept leave', [before], leave, 'kept', [before]],
];

test.each(cases)('%s', (_, records, change, verdict, after) => {
  expect(commitShard({ records, changes: [change], verdictOf: () => verdict, ...noTags })).toEqual(after);
});

test('records that no change names stay, dropped ones go, and all is in key order', () => {
  const after = commitShard({
    records: [recordOf(5), recordOf(2), recordOf(3)],
    changes: [changeOf(1), changeOf(4)],
    verdictOf: (index) => (index === 0 ? 'accepted' : 'open'),
    dropped: [keyOf(3)],
    ...noTags,
  });
  expect(after.map(({ key, fingerprint }) => [key, fingerprint])).toEqual([
    [keyOf(1), 'print1'],
    [keyOf(2), 'old'],
    [keyOf(4), undefined],
    [keyOf(5), 'old'],
  ]);
});

const tagged = recordOf(1, { markers: [], tags: ['a', 'b'] });
const { fingerprint, ...unsure } = tagged;
const switching = taggingOf(1, { add: ['c'], remove: ['a'] });
const leaving = taggingOf(1, { kind: 'leave', remove: ['a', 'b'] });

test.each<
  [string, SnapshotRecord[], Tagging, Record<string, TagOutcome>, (SnapshotRecord | typeof unsure)[]]
>([
  ['requested', [tagged], switching, { a: 'requested', c: 'requested' }, [{ ...tagged, tags: ['b', 'c'] }]],
  ['neither arrived', [tagged], switching, { a: 'none', c: 'none' }, [tagged]],
  [
    'an open addition may be set, and nothing else is sure',
    [tagged],
    switching,
    { a: 'requested', c: 'open' },
    [{ ...unsure, tags: ['b', 'c'] }],
  ],
  [
    'an open removal may not have been made, or may: it is not sure that the tag is set',
    [tagged],
    switching,
    { a: 'open', c: 'requested' },
    [{ ...unsure, tags: ['a', 'b', 'c'] }],
  ],
  ['a leaver without tags is forgotten', [tagged], leaving, { a: 'requested', b: 'requested' }, []],
  [
    'a leaver that keeps a marker property is not',
    [{ ...tagged, markers: ['x'] }],
    leaving,
    { a: 'requested', b: 'requested' },
    [{ ...recordOf(1), markers: ['x'] }],
  ],
  [
    'a leaver with a tag left is not',
    [tagged],
    leaving,
    { a: 'requested', b: 'none' },
    [{ ...tagged, tags: ['b'] }],
  ],
  [
    'a member without tags is not forgotten',
    [tagged],
    taggingOf(1, { remove: ['a', 'b'] }),
    { a: 'requested', b: 'requested' },
    [recordOf(1, { markers: [] })],
  ],
  ['of an unknown contact nothing is kept', [], switching, { a: 'none', c: 'none' }, []],
])('tags: %s', (_, records, tagging, outcomes, after) => {
  const committed = commitShard({
    records,
    changes: [],
    verdictOf: () => 'kept',
    taggings: [tagging],
    tagOutcomeOf: (_index, tag) => outcomes[tag] ?? 'none',
  });
  expect(committed).toEqual(after);
  for (const record of committed) if (record.tags === undefined) expect(record).not.toHaveProperty('tags');
});

test.each<[RowVerdict, Change, SnapshotRecord | typeof unsure]>([
  ['accepted', upsert, { ...tagged, id: idOf('new'), fingerprint: 'print1', markers: ['segment_B'] }],
  ['open', upsert, { ...unsure, id: idOf('new'), markers: ['segment_B'] }],
  ['kept', upsert, tagged],
  ['accepted', leave, unsure],
])('a change that is %s touches no tag', (verdict, change, after) => {
  const committed = commitShard({
    records: [tagged],
    changes: [change],
    verdictOf: () => verdict,
    ...noTags,
  });
  expect(committed).toEqual([after]);
});

test('a leave by property, then by tag, ends the record only when both are through', () => {
  const both = recordOf(1, { tags: ['a'] });
  const removal = taggingOf(1, { kind: 'leave', remove: ['a'], change: 0 });
  const commit = (outcome: TagOutcome) =>
    commitShard({
      records: [both],
      changes: [leave],
      verdictOf: () => 'accepted',
      taggings: [removal],
      tagOutcomeOf: () => outcome,
    });
  expect(commit('requested')).toEqual([]);
  expect(commit('none')).toEqual([{ ...unsure, tags: ['a'] }]);
});

test.each<[string, SnapshotRecord | undefined, TagOutcome, string | undefined]>([
  ['an unsure tag that is not asked for again stays unsure', unsure, 'none', undefined],
  ['an unsure tag that is asked for again is sure', unsure, 'requested', 'print1'],
  ['a sure tag stays sure', tagged, 'none', 'print1'],
  ['a new contact without its tags is known all the same', undefined, 'none', 'print1'],
])('after an accepted upsert %s', (_, record, outcome, print) => {
  const [after] = commitShard({
    records: record === undefined ? [] : [record],
    changes: [upsert],
    verdictOf: () => 'accepted',
    taggings: [taggingOf(1, { add: ['a', 'b'], change: 0 })],
    tagOutcomeOf: () => outcome,
  });
  expect(after?.fingerprint).toBe(print);
});
