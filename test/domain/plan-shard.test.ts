import { describe, expect, test } from 'vitest';
import { fingerprintOf, mappingVersion } from '../../shared/domain/fingerprint.ts';
import type { SnapshotRecord } from '../../shared/domain/plan.ts';
import { planShard } from '../../shared/domain/plan-shard.ts';
import type { RunKind } from '../../shared/domain/run.ts';
import { definitionOf, emailOf, idOf, keyOf, recordOf, rowOf } from './planning.ts';

const definition = definitionOf();

/** A record of exactly what planning `rowOf(number)` would send. */
const settledRecord = (number: number, markers = ['segment_A'], of = definition): SnapshotRecord =>
  recordOf(number, {
    fingerprint: fingerprintOf(rowOf(number).contact, markers, mappingVersion(of)),
    markers,
  });

describe('members', () => {
  test('an unknown contact is an upsert that joins, with its markers true', () => {
    const { changes, tally } = planShard({
      rows: [rowOf(1, { segments: [0, 2] })],
      records: [],
      definition,
      kind: 'changes',
    });
    expect(changes).toEqual([
      {
        kind: 'upsert',
        key: keyOf(1),
        id: 'c1',
        contact: { ...rowOf(1).contact, properties: { segment_A: true, segment_C: true } },
        fingerprint: fingerprintOf(rowOf(1).contact, ['segment_A', 'segment_C'], mappingVersion(definition)),
        markers: ['segment_A', 'segment_C'],
      },
    ]);
    expect(tally).toMatchObject({ upserts: 1, joined: 1, unchanged: 0, known: 0 });
  });

  test('what Omnisend has already is not sent, but in a full run it is', () => {
    const input = { rows: [rowOf(1)], records: [settledRecord(1)], definition };
    expect(planShard({ ...input, kind: 'changes' })).toMatchObject({
      changes: [],
      tally: { unchanged: 1, upserts: 0 },
    });
    expect(planShard({ ...input, kind: 'dry-run' })).toMatchObject({ changes: [], tally: { unchanged: 1 } });
    expect(planShard({ ...input, kind: 'full' })).toMatchObject({
      tally: { unchanged: 0, upserts: 1, joined: 0 },
    });
  });

  test('a record without a fingerprint is sent again', () => {
    const { key, email, id, markers } = settledRecord(1);
    const { changes } = planShard({
      rows: [rowOf(1)],
      records: [{ key, email, id, markers }],
      definition,
      kind: 'changes',
    });
    expect(changes).toHaveLength(1);
  });

  test('leaving one of two segments sends that marker as false and keeps it out of the fingerprint', () => {
    const records = [settledRecord(1, ['segment_A', 'segment_B'])];
    const [change] = planShard({ rows: [rowOf(1)], records, definition, kind: 'changes' }).changes;
    expect(change).toMatchObject({
      contact: { properties: { segment_A: true, segment_B: false } },
      fingerprint: settledRecord(1).fingerprint,
      markers: ['segment_A'],
    });
  });

  test('no marker is false for a segment that the contact was never in', () => {
    const [change] = planShard({ rows: [rowOf(1)], records: [], definition, kind: 'changes' }).changes;
    expect(change?.contact.properties).toEqual({ segment_A: true });
  });

  test.each([
    ['a dropped segment', definitionOf({ segments: ['A'] }), { segment_A: true, segment_B: false }],
    ['another kind of marker', definitionOf({ marker: 'none' }), { segment_A: false, segment_B: false }],
    [
      'another prefix',
      definitionOf({ markerPrefix: 'x_' }),
      { x_A: true, segment_A: false, segment_B: false },
    ],
  ])('markers are taken back after %s', (_, changed, properties) => {
    const records = [settledRecord(1, ['segment_A', 'segment_B'])];
    const { changes, tally } = planShard({ rows: [rowOf(1)], records, definition: changed, kind: 'changes' });
    expect(changes[0]?.contact.properties).toEqual(properties);
    expect(tally.takenBack).toBe(1);
  });

  test('leaving a segment that the definition still has is nothing taken back', () => {
    const records = [settledRecord(1, ['segment_A', 'segment_B'])];
    expect(planShard({ rows: [rowOf(1)], records, definition, kind: 'changes' }).tally.takenBack).toBe(0);
  });

  test('custom properties and markers travel together', () => {
    const contact = { email: emailOf(1), properties: { tier: 'gold' } };
    const [change] = planShard({
      rows: [rowOf(1, { contact })],
      records: [],
      definition,
      kind: 'changes',
    }).changes;
    expect(change?.contact.properties).toEqual({ tier: 'gold', segment_A: true });
  });

  test('of duplicates the winner is sent with the segments of all, and the losers are listed', () => {
    const rows = [rowOf(1, { at: 1, segments: [1] }), rowOf(1, { id: idOf('c9'), at: 2 })];
    const { changes, duplicates, tally } = planShard({ rows, records: [], definition, kind: 'changes' });
    expect(changes).toMatchObject([{ id: 'c9', markers: ['segment_A', 'segment_B'] }]);
    expect(duplicates).toEqual([{ id: 'c1', key: keyOf(1), winner: 'c9' }]);
    expect(tally).toMatchObject({ duplicate: 1, upserts: 1 });
  });
});

test('a custom property that has the name of a former marker keeps its value', () => {
  const renamed = definitionOf({ marker: 'none', customProperties: { segment_A: { from: 'Column' } } });
  const rows = [rowOf(1, { contact: { email: emailOf(1), properties: { segment_A: 'x' } } })];
  const records = [settledRecord(1, ['segment_A', 'segment_B'])];
  const { changes } = planShard({ rows, records, definition: renamed, kind: 'changes' });
  expect(changes[0]?.contact.properties).toEqual({ segment_A: 'x', segment_B: false });
});

describe('tags of members', () => {
  const tagging = definitionOf({ marker: 'tag' });
  const told = (tags: string[]): SnapshotRecord => ({ ...settledRecord(1, [], tagging), tags });
  const plan = (records: SnapshotRecord[], of = tagging, kind: RunKind = 'changes') =>
    planShard({ rows: [rowOf(1, { segments: [0, 1] })], records, definition: of, kind });
  const bare = { kind: 'upsert', key: keyOf(1), id: 'c1', email: emailOf(1) };

  test('a new contact is upserted without marker properties, and tagged after that', () => {
    const { changes, taggings, tally } = plan([]);
    expect(changes).toMatchObject([{ contact: rowOf(1).contact, markers: [] }]);
    expect(changes[0]?.contact.properties).toBeUndefined();
    expect(taggings).toEqual([{ ...bare, add: ['segment_A', 'segment_B'], remove: [], change: 0 }]);
    expect(tally).toMatchObject({ upserts: 1, tagged: 0, joined: 1 });
  });

  test('a contact that is as told is only tagged, by the difference', () => {
    const { changes, taggings, tally } = plan([told(['segment_B', 'segment_C'])]);
    expect(changes).toEqual([]);
    expect(taggings).toEqual([{ ...bare, add: ['segment_A'], remove: ['segment_C'], change: null }]);
    expect(tally).toMatchObject({ upserts: 0, tagged: 1, unchanged: 0, joined: 0, takenBack: 0 });
  });

  test('with the tags it has, nothing is told', () => {
    const { changes, taggings, tally } = plan([told(['segment_A', 'segment_B'])]);
    expect([changes, taggings]).toEqual([[], []]);
    expect(tally).toMatchObject({ unchanged: 1, tagged: 0 });
  });

  test.each<[string, SnapshotRecord, RunKind]>([
    ['in a full run', told(['segment_A', 'segment_C']), 'full'],
    ['without a fingerprint', recordOf(1, { tags: ['segment_A', 'segment_C'], markers: [] }), 'changes'],
  ])('%s every tag is added, and those not wanted are removed', (why, { fingerprint, ...record }, kind) => {
    const isSure = why === 'in a full run' && fingerprint !== undefined;
    const { changes, taggings } = plan([{ ...record, ...(isSure && { fingerprint }) }], tagging, kind);
    expect(changes).toHaveLength(1);
    expect(taggings).toMatchObject([{ add: ['segment_A', 'segment_B'], remove: ['segment_C'], change: 0 }]);
  });

  test('a changed contact is upserted, and tagged by the difference', () => {
    const { taggings } = plan([{ ...told(['segment_A']), fingerprint: 'old' }]);
    expect(taggings).toMatchObject([{ add: ['segment_B'], remove: [], change: 0 }]);
  });

  test.each([
    ['tag to property', 'property', { segment_A: true, segment_B: true }],
    ['tag to none', 'none', undefined],
  ])('%s: every tag is removed', (_, marker, properties) => {
    const { changes, taggings, tally } = plan([told(['segment_A'])], definitionOf({ marker }));
    expect(changes[0]?.contact.properties).toEqual(properties);
    expect(taggings).toEqual([{ ...bare, add: [], remove: ['segment_A'], change: 0 }]);
    expect(tally.takenBack).toBe(1);
  });

  test('property to tag: the properties go in the upsert, the tags are added after it', () => {
    const { changes, taggings, tally } = plan([settledRecord(1, ['segment_A'])]);
    expect(changes).toMatchObject([{ contact: { properties: { segment_A: false } }, markers: [] }]);
    expect(taggings).toMatchObject([{ add: ['segment_A', 'segment_B'], remove: [], change: 0 }]);
    expect(tally.takenBack).toBe(1);
  });

  test('a tag of a dropped segment is taken back without an upsert', () => {
    const { changes, taggings, tally } = plan(
      [told(['segment_A', 'segment_Gone'])],
      definitionOf({ marker: 'tag', segments: ['A'] }),
    );
    expect(changes).toEqual([]);
    expect(taggings).toMatchObject([{ add: [], remove: ['segment_Gone'], change: null }]);
    expect(tally).toMatchObject({ tagged: 1, takenBack: 1 });
  });

  test('a tagging names the position of its own change', () => {
    const rows = [rowOf(1), rowOf(2), rowOf(3)];
    const records = [{ ...settledRecord(2, [], tagging), tags: [] }];
    const { changes, taggings } = planShard({ rows, records, definition: tagging, kind: 'changes' });
    expect(taggings.map(({ key, change }) => [key, change])).toEqual([
      [keyOf(1), 0],
      [keyOf(2), null],
      [keyOf(3), 1],
    ]);
    expect(changes.map(({ key }) => key)).toEqual([keyOf(1), keyOf(3)]);
  });
});

describe('records without rows', () => {
  const plan = (record: SnapshotRecord, of = definition) =>
    planShard({ rows: [], records: [record], definition: of, kind: 'changes' });
  const keep = definitionOf({ onLeave: 'keep' });

  test('a leaver is told by its address and its markers alone', () => {
    const { changes, dropped, tally } = plan(recordOf(1, { markers: ['segment_A', 'segment_B'] }));
    expect(changes).toEqual([
      {
        kind: 'leave',
        key: keyOf(1),
        id: 'c1',
        contact: { email: emailOf(1), properties: { segment_A: false, segment_B: false } },
        markers: [],
      },
    ]);
    expect({ dropped, leaves: tally.leaves, known: tally.known }).toEqual({
      dropped: [],
      leaves: 1,
      known: 1,
    });
  });

  test('a record without a fingerprint leaves as well', () => {
    const { key, email, id, markers } = recordOf(1);
    expect(plan({ key, email, id, markers }).tally.leaves).toBe(1);
  });

  test('without markers nothing is sent, and the record is dropped', () => {
    expect(plan(recordOf(1, { markers: [] }))).toMatchObject({
      changes: [],
      dropped: [keyOf(1)],
      tally: { leaves: 0 },
    });
  });

  test('with "keep" nothing is sent and nothing dropped', () => {
    expect(plan(recordOf(1), keep)).toMatchObject({ changes: [], dropped: [], tally: { leaves: 0 } });
    expect(plan(recordOf(1, { markers: [] }), keep)).toMatchObject({ changes: [], dropped: [] });
  });

  test('with "keep" only markers that the definition no longer makes are taken back', () => {
    const record = recordOf(1, { markers: ['segment_A', 'segment_Gone'] });
    expect(plan(record, keep).changes).toMatchObject([
      { kind: 'leave', contact: { properties: { segment_Gone: false } }, markers: ['segment_A'] },
    ]);
  });
});

describe('tags of leavers', () => {
  const plan = (record: SnapshotRecord, parts: Record<string, unknown> = {}) =>
    planShard({
      rows: [],
      records: [record],
      definition: definitionOf({ marker: 'tag', ...parts }),
      kind: 'changes',
    });
  const tagged = recordOf(1, { markers: [], tags: ['segment_A', 'segment_Gone'] });
  const bare = { kind: 'leave', key: keyOf(1), id: 'c1', email: emailOf(1), add: [] };

  test('every tag is removed, and nothing is posted', () => {
    const { changes, taggings, dropped, tally } = plan(tagged);
    expect([changes, dropped]).toEqual([[], []]);
    expect(taggings).toEqual([{ ...bare, remove: ['segment_A', 'segment_Gone'], change: null }]);
    expect(tally.leaves).toBe(1);
  });

  test('with "keep" only tags that the definition no longer makes are removed', () => {
    const { changes, taggings } = plan(tagged, { onLeave: 'keep' });
    expect(changes).toEqual([]);
    expect(taggings).toEqual([{ ...bare, remove: ['segment_Gone'], change: null }]);
  });

  test('properties and tags of one leaver are one leave', () => {
    const { changes, taggings, tally } = plan({ ...tagged, markers: ['segment_B'] });
    expect(changes).toMatchObject([{ kind: 'leave', contact: { properties: { segment_B: false } } }]);
    expect(taggings).toMatchObject([{ change: 0 }]);
    expect(tally.leaves).toBe(1);
  });

  test.each([
    ['tag', [{ properties: { segment_A: false } }], [['segment_Gone']]],
    ['property', [], [['segment_A', 'segment_Gone']]],
    ['none', [{ properties: { segment_A: false } }], [['segment_A', 'segment_Gone']]],
  ])('"keep" with kind %s keeps what is of that kind', (marker, contacts, removed) => {
    const { changes, taggings } = plan({ ...tagged, markers: ['segment_A'] }, { marker, onLeave: 'keep' });
    expect(changes.map(({ contact }) => ({ properties: contact.properties }))).toEqual(contacts);
    expect(taggings.map(({ remove }) => remove)).toEqual(removed);
  });
});

test('changes come in key order', () => {
  const rows = [rowOf(3), rowOf(1)];
  const { changes } = planShard({ rows, records: [recordOf(4), recordOf(2)], definition, kind: 'changes' });
  expect(changes.map(({ key }) => key)).toEqual([1, 2, 3, 4].map(keyOf));
});

describe('a retry', () => {
  const plan = (parts: Partial<Parameters<typeof planShard>[0]>) =>
    planShard({ rows: [rowOf(1), rowOf(2), rowOf(3)], records: [], definition, kind: 'retry', ...parts });

  test('tells only of its keys, and leaves everybody else outside', () => {
    const { changes, tally } = plan({ retried: new Set([keyOf(2)]) });
    expect(changes.map(({ key }) => key)).toEqual([keyOf(2)]);
    expect(tally).toMatchObject({ upserts: 1, joined: 1, outside: 2, unchanged: 0, leaves: 0 });
    expect(plan({})).toMatchObject({ changes: [], tally: { outside: 3 } });
  });

  test('sends its keys whatever their fingerprint, all of their tags too', () => {
    const told = { records: [settledRecord(1), settledRecord(2)], retried: new Set([keyOf(1)]) };
    expect(plan(told)).toMatchObject({ changes: [{ key: keyOf(1) }], tally: { upserts: 1, outside: 2 } });
    const tagging = definitionOf({ marker: 'tag' });
    const record = recordOf(1, { tags: ['segment_A'], markers: [] });
    expect(plan({ ...told, records: [record], definition: tagging }).taggings).toMatchObject([
      { key: keyOf(1), add: ['segment_A'], change: 0 },
    ]);
  });

  test('makes no leavers and drops nobody, be a key of theirs retried or not', () => {
    const records = [recordOf(7), recordOf(8), recordOf(9, { markers: [], tags: [] })];
    const retried = new Set([keyOf(7), keyOf(9)]);
    expect(plan({ rows: [], records, retried })).toMatchObject({
      changes: [],
      taggings: [],
      dropped: [],
      tally: { leaves: 0, outside: 0, known: 3 },
    });
  });

  test('counts a duplicate as one, inside its keys and outside', () => {
    const rows = [rowOf(1), rowOf(1, { id: idOf('c9') }), rowOf(2), rowOf(2, { id: idOf('c8') })];
    const { duplicates, tally } = plan({ rows, retried: new Set([keyOf(1)]) });
    expect(duplicates).toHaveLength(2);
    expect(tally).toMatchObject({ duplicate: 2, upserts: 1, outside: 1 });
  });
});
