import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchOf } from '../../shared/domain/batch.ts';
import { commitShard } from '../../shared/domain/commit-shard.ts';
import {
  blankChange,
  blankLines,
  blankRecord,
  blankSpoolRow,
  blankTagging,
} from '../../shared/domain/forgotten.ts';
import { buildKeyedBlob, headerBytes, joinLines, parseLines } from '../../shared/domain/keyed-blob.ts';
import type { Change } from '../../shared/domain/plan.ts';
import { planShard } from '../../shared/domain/plan-shard.ts';
import { candidatesFor } from '../../shared/domain/reconcile.ts';
import { conserves, runTally } from '../../shared/domain/run-tally.ts';
import type { SpoolRow } from '../../shared/domain/spool.ts';
import {
  changeOf,
  definitionOf,
  emailOf,
  idOf,
  keyOf,
  pageOf,
  recordOf,
  remoteOf,
  rowOf,
  taggingOf,
} from './planning.ts';

const plain = { isKeyed: false } as const;

describe('blanking in place', () => {
  const kinds = [
    ['a spool row', rowOf(1), blankSpoolRow(rowOf(1)), blankSpoolRow],
    ['a change', changeOf(1), blankChange(changeOf(1)), blankChange],
    ['a tagging', taggingOf(1), blankTagging(taggingOf(1)), blankTagging],
    ['a snapshot record', recordOf(1), blankRecord(recordOf(1)), blankRecord],
  ] as const;

  test.each(kinds)('%s keeps its length and has no address any more', (_name, row, blank) => {
    const lines = joinLines([row]);
    const { bytes, rows } = blankLines(lines, keyOf(1), () => blank, plain);
    expect(rows).toEqual([row]);
    expect(bytes?.length).toBe(lines.length);
    expect(parseLines(bytes ?? lines)).toEqual([blank]);
    expect(Buffer.from(bytes ?? lines).toString()).not.toContain('@');
    expect(blankLines(bytes ?? lines, keyOf(1), () => blank, plain).bytes).toBeNull();
  });

  test('the shortest address leaves room for a blank', () => {
    const shortest: Change = { ...blankChange(changeOf(1)), contact: { email: 'a@b.c' } };
    expect(blankLines(joinLines([shortest]), keyOf(1), blankChange, plain).bytes).not.toBeNull();
  });

  test('all other lines stay where they are, byte for byte, also in a keyed blob', () => {
    const some = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.string({ unit: 'grapheme' })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(some, fc.boolean(), (given, isKeyed) => {
        const rows = given.map(
          ([number, firstName]): SpoolRow =>
            rowOf(number, { contact: { email: emailOf(number), firstName } }),
        );
        const sorted = rows.toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
        const blob = isKeyed ? buildKeyedBlob(sorted) : joinLines(sorted);
        const start = isKeyed ? headerBytes : 0;
        const found = blankLines(blob, keyOf(3), blankSpoolRow, { isKeyed });
        const after = found.bytes ?? blob;
        expect(after.length).toBe(blob.length);
        expect(after.subarray(0, start)).toEqual(blob.subarray(0, start));
        expect(parseLines(after.subarray(start))).toEqual(
          sorted.map((row) => (row.key === keyOf(3) ? blankSpoolRow(row) : row)),
        );
        expect(found.rows).toHaveLength(sorted.filter((row) => row.key === keyOf(3)).length);
      }),
    );
  });

  test('a key that stands in another row as a value is not its key', () => {
    const row = changeOf(2, { contact: { email: emailOf(2), firstName: keyOf(1) } });
    expect(blankLines(joinLines([row]), keyOf(1), blankChange, plain)).toEqual({ rows: [], bytes: null });
  });
});

describe('planning', () => {
  const definition = definitionOf();
  const rows = [rowOf(1), rowOf(1, { id: idOf('twin') }), rowOf(1), rowOf(2)];
  const records = [recordOf(1), recordOf(3)];
  const forgotten = new Set([keyOf(1), keyOf(3)]);

  test('of forgotten people nothing is planned: each customer is counted, no leave is made', () => {
    const plan = planShard({ rows, records, definition, kind: 'changes', forgotten });
    expect(plan.changes.map(({ key }) => key)).toEqual([keyOf(2)]);
    expect(plan.duplicates).toEqual([]);
    expect(plan.tally).toMatchObject({ forgotten: 2, repeated: 1, duplicate: 0, leaves: 0, known: 0 });
  });

  test('the plan is the same where some or all of it is blank already', () => {
    const wanted = planShard({ rows, records, definition, kind: 'changes', forgotten });
    for (let blank = 0; blank < 4; blank += 1) {
      const some = rows.map((row, place) => (place < blank ? blankSpoolRow(row) : row));
      const input = { rows: some, records: records.map(blankRecord), definition, kind: 'changes' } as const;
      expect(planShard({ ...input, forgotten })).toEqual(wanted);
      if (blank > 0) expect(planShard({ ...input, rows: some.slice(0, 3) }).tally.forgotten).toBe(2);
    }
  });

  test('they count as invalid, with the reason', () => {
    const { tally } = planShard({ rows, records, definition, kind: 'changes', forgotten });
    const account = runTally({
      read: { read: 5, spooled: 4, invalid: 1, invalidByReason: { forgotten: 1 }, leftOut: {}, members: {} },
      repeatedInvalid: {},
      plan: tally,
      planComplete: true,
      pages: [],
      tagCalls: [],
      atEnd: true,
    });
    expect(account).toMatchObject({ read: 4, invalid: 3, invalidByReason: { forgotten: 3 }, unsent: 1 });
    expect(conserves(account)).toBe(true);
  });
});

test('the next snapshot knows nothing of what is forgotten or blank, whatever became of it', () => {
  const after = commitShard({
    records: [recordOf(1), recordOf(2), blankRecord(recordOf(4))],
    changes: [changeOf(1), blankChange(changeOf(3)), changeOf(5)],
    verdictOf: () => 'accepted',
    taggings: [blankTagging(taggingOf(4, { add: ['vip'] }))],
    tagOutcomeOf: () => 'requested',
    forgotten: new Set([keyOf(1)]),
  });
  expect(after.map(({ key }) => key)).toEqual([keyOf(2), keyOf(5)]);
});

test.each([
  [3, 0],
  [4, 1],
  [5, 1],
  [6, 0],
])('of five rows, one forgotten since: a listed batch of %i may be its post: %i', (total, candidates) => {
  const page = pageOf(5);
  const remote = remoteOf(total, { origin: '' });
  const { possible } = candidatesFor(page, batchOf(page, 0), [remote], new Set(), 4);
  expect(possible).toHaveLength(candidates);
});
