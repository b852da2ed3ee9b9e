import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commitShard, type RowVerdict } from '../../shared/domain/commit-shard.ts';
import type { SnapshotRecord } from '../../shared/domain/plan.ts';
import { planShard } from '../../shared/domain/plan-shard.ts';
import { definitionArbitrary, rowArbitrary } from '../domain/planning.ts';

const verdict = fc.constantFrom<RowVerdict>('accepted', 'open', 'kept');
const runArbitrary = fc.record({
  rows: fc.array(rowArbitrary, { maxLength: 25 }),
  definition: definitionArbitrary,
  kind: fc.constantFrom('changes' as const, 'full' as const),
  verdicts: fc.array(verdict, { minLength: 13, maxLength: 13 }),
});
type PastRun = typeof runArbitrary extends fc.Arbitrary<infer T> ? T : never;

const history = fc.array(runArbitrary, { maxLength: 4 });

/** The snapshot that a series of runs leaves behind. */
const snapshotAfter = (runs: readonly PastRun[]): SnapshotRecord[] =>
  runs.reduce<SnapshotRecord[]>((records, { rows, definition, kind, verdicts }) => {
    const { changes, dropped } = planShard({ rows, records, definition, kind });
    return commitShard({ records, changes, dropped, verdictOf: (index) => verdicts[index] ?? 'kept' });
  }, []);

test('law 1: every row planned is a duplicate, unchanged or an upsert', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, { rows, definition, kind }) => {
      const plan = planShard({ rows, records: snapshotAfter(past), definition, kind });
      const { duplicate, unchanged, upserts, leaves } = plan.tally;
      expect(duplicate + unchanged + upserts).toBe(rows.length);
      expect(plan.duplicates).toHaveLength(duplicate);
      expect(plan.changes.filter((change) => change.kind === 'upsert')).toHaveLength(upserts);
      expect(plan.changes.filter((change) => change.kind === 'leave')).toHaveLength(leaves);
    }),
  );
});

test('law 2: planning again after every row was accepted gives no changes', () => {
  fc.assert(
    fc.property(history, runArbitrary, fc.boolean(), (past, { rows, definition, kind }, tellDropped) => {
      const records = snapshotAfter(past);
      const { changes, dropped } = planShard({ rows, records, definition, kind });
      const after = commitShard({
        records,
        changes,
        verdictOf: () => 'accepted',
        ...(tellDropped ? { dropped } : {}),
      });
      expect(planShard({ rows, records: after, definition, kind: 'changes' }).changes).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('law 3: any order of rows and records gives the same plan, byte for byte', () => {
  const shuffled = <T>(all: readonly T[], chance: fc.Stream<number>): T[] =>
    all
      .map((one) => ({ one, at: chance.next().value }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one);
  fc.assert(
    fc.property(
      history,
      runArbitrary,
      fc.infiniteStream(fc.nat()),
      (past, { rows, definition, kind }, chance) => {
        const records = snapshotAfter(past);
        const plan = planShard({ rows, records, definition, kind });
        const again = planShard({
          rows: shuffled(rows, chance),
          records: shuffled(records, chance),
          definition,
          kind,
        });
        expect(JSON.stringify(again)).toBe(JSON.stringify(plan));
      },
    ),
    { numRuns: 300 },
  );
});

test('law 5: a fingerprint enters the snapshot by acceptance alone', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, { rows, definition, kind, verdicts }) => {
      const records = snapshotAfter(past);
      const { changes, dropped } = planShard({ rows, records, definition, kind });
      const after = commitShard({
        records,
        changes,
        dropped,
        verdictOf: (index) => verdicts[index] ?? 'kept',
      });
      const before = new Map(records.map((record) => [record.key, record]));
      const now = new Map(after.map((record) => [record.key, record]));
      changes.forEach((change, index) => {
        const record = now.get(change.key);
        switch (verdicts[index] ?? 'kept') {
          case 'accepted':
            expect(record?.fingerprint).toBe(change.fingerprint);
            break;
          case 'open':
            expect(record).toBeDefined();
            expect(record?.fingerprint).toBeUndefined();
            expect(record?.markers).toEqual(
              expect.arrayContaining([...(before.get(change.key)?.markers ?? [])]),
            );
            expect(record?.markers).toEqual(expect.arrayContaining([...change.markers]));
            break;
          case 'kept':
            expect(record).toEqual(before.get(change.key));
        }
      });
    }),
    { numRuns: 300 },
  );
});

test('law 5: what was not accepted is planned again', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, { rows, definition, verdicts }) => {
      const records = snapshotAfter(past);
      const { changes, dropped } = planShard({ rows, records, definition, kind: 'changes' });
      const verdictOf = (index: number): RowVerdict => verdicts[index] ?? 'kept';
      const after = commitShard({ records, changes, dropped, verdictOf });
      const again = planShard({ rows, records: after, definition, kind: 'changes' });
      const unsettled = changes.filter((_, index) => verdictOf(index) !== 'accepted');
      expect(again.changes.map(({ kind, key }) => [kind, key])).toEqual(
        unsettled.map(({ kind, key }) => [kind, key]),
      );
    }),
    { numRuns: 300 },
  );
});

test('law 6: a leave is only for a key of the snapshot, and takes only markers that are recorded there', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, { rows, definition, kind }) => {
      const records = new Map(snapshotAfter(past).map((record) => [record.key, record]));
      for (const change of planShard({ rows, records: [...records.values()], definition, kind }).changes) {
        const taken = Object.entries(change.contact.properties ?? {}).filter(([, value]) => value === false);
        const recorded = records.get(change.key)?.markers ?? [];
        if (change.kind === 'leave') expect(records.has(change.key)).toBe(true);
        expect(recorded).toEqual(expect.arrayContaining(taken.map(([name]) => name)));
      }
    }),
  );
});

test('with "mark", once all is accepted the snapshot holds members and nobody else', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, { rows, definition, kind }) => {
      const marking = { ...definition, onLeave: 'mark' as const };
      const records = snapshotAfter(past);
      const { changes, dropped } = planShard({ rows, records, definition: marking, kind });
      const after = commitShard({ records, changes, dropped, verdictOf: () => 'accepted' });
      expect(after.map(({ key }) => key)).toEqual([...new Set(rows.map(({ key }) => key))].sort());
    }),
  );
});
