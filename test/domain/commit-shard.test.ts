import { expect, test } from 'vitest';
import { commitShard, type RowVerdict } from '../../shared/domain/commit-shard.ts';
import type { Change, SnapshotRecord } from '../../shared/domain/plan.ts';
import { changeOf, emailOf, idOf, keyOf, recordOf } from './planning.ts';

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
  expect(commitShard({ records, changes: [change], verdictOf: () => verdict })).toEqual(after);
});

test('records that no change names stay, dropped ones go, and all is in key order', () => {
  const after = commitShard({
    records: [recordOf(5), recordOf(2), recordOf(3)],
    changes: [changeOf(1), changeOf(4)],
    verdictOf: (index) => (index === 0 ? 'accepted' : 'open'),
    dropped: [keyOf(3)],
  });
  expect(after.map(({ key, fingerprint }) => [key, fingerprint])).toEqual([
    [keyOf(1), 'print1'],
    [keyOf(2), 'old'],
    [keyOf(4), undefined],
    [keyOf(5), 'old'],
  ]);
});
