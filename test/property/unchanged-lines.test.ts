import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textOfContact } from '../../shared/domain/fingerprint.ts';
import type { KeyHash } from '../../shared/domain/ids.ts';
import { joinLines } from '../../shared/domain/keyed-blob.ts';
import type { SnapshotRecord } from '../../shared/domain/plan.ts';
import { planShard } from '../../shared/domain/plan-shard.ts';
import type { SpoolRow } from '../../shared/domain/spool.ts';
import { parseAll, setUnchangedAside } from '../../shared/domain/unchanged-lines.ts';
import { Model, type PastRun } from '../domain/model-omnisend.ts';
import { definitionArbitrary, rowArbitrary } from '../domain/planning.ts';

/** In the order in which data matching makes them, as they lie in the spool. */
const asMatched = (row: SpoolRow): SpoolRow => ({
  key: row.key,
  id: row.id,
  ...(row.at !== undefined && { at: row.at }),
  segments: row.segments,
  contact: JSON.parse(textOfContact(row.contact)),
});

const pieces = (rows: readonly unknown[], cut: number): readonly Uint8Array[] => [
  joinLines(rows.slice(0, cut)),
  joinLines(rows.slice(cut)),
];

const world = fc.record({
  definition: definitionArbitrary,
  other: definitionArbitrary,
  before: fc.array(rowArbitrary, { maxLength: 25 }),
  after: fc.array(rowArbitrary, { maxLength: 10 }),
  fates: fc.array(
    fc.constantFrom('done' as const, 'done' as const, 'open-lost' as const, 'refused' as const),
    {
      minLength: 1,
      maxLength: 9,
    },
  ),
  isSame: fc.boolean(),
  cut: fc.nat(20),
});

const recordsAfter = (run: PastRun): readonly SnapshotRecord[] => {
  const model = new Model();
  model.run(run);
  return model.records;
};

test('what is set aside makes no difference to the plan', () => {
  fc.assert(
    fc.property(world, fc.nat(3), ({ definition, other, before, after, fates, isSame, cut }, hide) => {
      const rows = before.map(asMatched);
      const records = recordsAfter({
        rows,
        definition: isSame ? definition : other,
        kind: 'changes',
        fates,
        tagFates: fates,
      });
      const spool = pieces([...rows.slice(2), ...after.map(asMatched)], cut);
      const snapshot = pieces(records, cut);
      const forgotten = new Set<KeyHash>(hide === 0 ? rows.slice(3, 5).map(({ key }) => key) : []);
      const planned = (lines: ReturnType<typeof parseAll>) =>
        planShard({ ...lines, definition, kind: 'changes', forgotten });
      expect(planned(setUnchangedAside(spool, snapshot, definition, forgotten))).toEqual(
        planned(parseAll(spool, snapshot)),
      );
    }),
    { numRuns: 500 },
  );
});

test('a member who comes once, and of whom nothing changed, is set aside', () => {
  fc.assert(
    fc.property(definitionArbitrary, fc.array(rowArbitrary, { maxLength: 25 }), (definition, given) => {
      const rows = [...new Map(given.map((row) => [row.key, asMatched(row)])).values()];
      const records = recordsAfter({
        rows,
        definition,
        kind: 'changes',
        fates: ['done'],
        tagFates: ['done'],
      });
      const { unchanged, ...left } = setUnchangedAside(
        pieces(rows, 3),
        pieces(records, 5),
        definition,
        new Set(),
      );
      expect(left).toEqual({ rows: [], records: [] });
      expect(unchanged).toBe(rows.length);
    }),
  );
});
