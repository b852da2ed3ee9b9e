import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commitShard, type RowVerdict, type TagOutcome } from '../../shared/domain/commit-shard.ts';
import type { ExportDefinition } from '../../shared/domain/definition.ts';
import { madeMarkers } from '../../shared/domain/markers.ts';
import type { SpoolRow } from '../../shared/domain/spool.ts';
import { type Fate, Model, type PastRun } from '../domain/model-omnisend.ts';
import { definitionArbitrary, rowArbitrary } from '../domain/planning.ts';

const fates = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Fate>('done') },
    { weight: 2, arbitrary: fc.constantFrom<Fate>('open-arrived', 'open-lost', 'refused', 'unsent') },
  ),
  { minLength: 1, maxLength: 13 },
);
const runArbitrary: fc.Arbitrary<PastRun> = fc.record({
  rows: fc.array(rowArbitrary, { maxLength: 25 }),
  definition: definitionArbitrary,
  kind: fc.constantFrom('changes' as const, 'full' as const),
  fates,
  tagFates: fates,
});

/** Up to five runs, often of one definition, so that kinds of marker change between some of them only. */
const history = fc
  .tuple(definitionArbitrary, fc.array(fc.tuple(runArbitrary, fc.boolean()), { maxLength: 5 }))
  .map(([usual, runs]) => runs.map(([run, odd]) => (odd ? run : { ...run, definition: usual })));

const verdict = fc.constantFrom<RowVerdict>('accepted', 'open', 'kept');
const verdictList = fc.array(verdict, { minLength: 13, maxLength: 13 });

/** What a series of runs leaves behind. */
const modelAfter = (runs: readonly PastRun[]): Model => {
  const model = new Model();
  for (const run of runs) model.run(run);
  return model;
};

const allDone = { fates: ['done'], tagFates: ['done'] } as const;
const unanswered = { taggings: [], tagOutcomeOf: (): TagOutcome => 'none' };

/** By address: the markers that the contact's segments call for. */
const calledFor = (rows: readonly SpoolRow[], names: readonly string[]): Map<string, string[]> => {
  const byEmail = Map.groupBy(rows, ({ contact }) => contact.email);
  return new Map(
    [...byEmail].map(([email, rivals]) => {
      const segments = new Set(rivals.flatMap((row) => row.segments));
      return [email, names.filter((_, position) => segments.has(position)).sort()];
    }),
  );
};

test('law 1: every row planned is a duplicate, unchanged, an upsert or only tagged', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, run) => {
      const { tally, changes, taggings, duplicates } = modelAfter(past).plan(run);
      const { repeated, duplicate, unchanged, upserts, tagged, leaves } = tally;
      expect(repeated + duplicate + unchanged + upserts + tagged).toBe(run.rows.length);
      expect(duplicates).toHaveLength(duplicate);
      expect(changes.filter(({ kind }) => kind === 'upsert')).toHaveLength(upserts);
      const alone = taggings.filter(({ change }) => change === null);
      expect(alone.filter(({ kind }) => kind === 'upsert')).toHaveLength(tagged);
      const leavers = [...changes, ...alone].filter(({ kind }) => kind === 'leave');
      expect(leavers).toHaveLength(leaves);
      expect(new Set(leavers.map(({ key }) => key)).size).toBe(leaves);
    }),
  );
});

test('law 1: each contact that is only tagged is counted by one call, any other by none', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, run) => {
      const { plan, calls } = modelAfter(past).run(run);
      const counted = (of: 'upserts' | 'leaves') => calls.reduce((sum, call) => sum + call.counted[of], 0);
      expect(counted('upserts')).toBe(plan.tally.tagged);
      expect(counted('leaves')).toBe(
        plan.taggings.filter(({ kind, change }) => kind === 'leave' && change === null).length,
      );
    }),
  );
});

test('a tagging says something, names no tag twice, and waits for the change of its own contact', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, run) => {
      const { changes, taggings } = modelAfter(past).plan(run);
      expect(taggings.map(({ key }) => key)).toEqual([...new Set(taggings.map(({ key }) => key))].sort());
      for (const { key, kind, add, remove, change } of taggings) {
        expect(add.length + remove.length).toBeGreaterThan(0);
        expect(new Set([...add, ...remove]).size).toBe(add.length + remove.length);
        const own = changes.findIndex((one) => one.key === key);
        expect(change).toBe(own === -1 ? null : own);
        if (change !== null) expect(changes[change]?.kind).toBe(kind);
      }
    }),
  );
});

test('law 2: planning again after all was accepted and requested gives neither changes nor taggings', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, run) => {
      const model = modelAfter(past);
      model.run({ ...run, ...allDone });
      const { changes, taggings } = model.plan({ ...run, kind: 'changes' });
      expect([changes, taggings]).toEqual([[], []]);
    }),
    { numRuns: 300 },
  );
});

test('law 2 holds where records to be dropped are not named', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, run) => {
      const model = modelAfter(past);
      const { records } = model;
      const { changes, taggings } = model.plan(run);
      model.records = commitShard({
        records,
        changes,
        verdictOf: () => 'accepted',
        taggings,
        tagOutcomeOf: () => 'requested',
      });
      const again = model.plan({ ...run, kind: 'changes' });
      expect([again.changes, again.taggings]).toEqual([[], []]);
    }),
  );
});

test('law 3: any order of rows and records gives the same plan, byte for byte', () => {
  const shuffled = <T>(all: readonly T[], chance: fc.Stream<number>): T[] =>
    all
      .map((one) => ({ one, at: chance.next().value }))
      .sort((a, b) => a.at - b.at)
      .map(({ one }) => one);
  fc.assert(
    fc.property(history, runArbitrary, fc.infiniteStream(fc.nat()), (past, run, chance) => {
      const model = modelAfter(past);
      const plan = model.plan(run);
      model.records = shuffled(model.records, chance);
      const again = model.plan({ ...run, rows: shuffled(run.rows, chance) });
      expect(JSON.stringify(again)).toBe(JSON.stringify(plan));
    }),
    { numRuns: 300 },
  );
});

test('law 4: committing twice gives the same bytes', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, run) => {
      const [first, second] = [modelAfter([...past, run]), modelAfter([...past, run])];
      expect(JSON.stringify(second.records)).toBe(JSON.stringify(first.records));
    }),
  );
});

test('law 5: a fingerprint enters the snapshot by acceptance alone', () => {
  fc.assert(
    fc.property(history, runArbitrary, verdictList, (past, run, verdicts) => {
      const model = modelAfter(past);
      const { records } = model;
      const { changes, dropped } = model.plan(run);
      const verdictOf = (index: number): RowVerdict => verdicts[index] ?? 'kept';
      const after = commitShard({ records, changes, dropped, verdictOf, ...unanswered });
      const before = new Map(records.map((record) => [record.key, record]));
      const now = new Map(after.map((record) => [record.key, record]));
      changes.forEach((change, index) => {
        const record = now.get(change.key);
        const markers = before.get(change.key)?.markers ?? [];
        switch (verdictOf(index)) {
          case 'accepted':
            expect(record?.fingerprint).toBe(change.fingerprint);
            break;
          case 'open':
            expect(record).toBeDefined();
            expect(record?.fingerprint).toBeUndefined();
            expect(record?.markers).toEqual(expect.arrayContaining([...markers, ...change.markers]));
            expect(record?.tags).toEqual(before.get(change.key)?.tags);
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
    fc.property(history, runArbitrary, verdictList, (past, run, verdicts) => {
      const model = modelAfter(past);
      const { changes, dropped } = model.plan({ ...run, kind: 'changes' });
      const verdictOf = (index: number): RowVerdict => verdicts[index] ?? 'kept';
      model.records = commitShard({ records: model.records, changes, dropped, verdictOf, ...unanswered });
      const again = model.plan({ ...run, kind: 'changes' });
      const unsettled = changes.filter((_, index) => verdictOf(index) !== 'accepted');
      expect(again.changes.map(({ kind, key }) => [kind, key])).toEqual(
        unsettled.map(({ kind, key }) => [kind, key]),
      );
    }),
    { numRuns: 300 },
  );
});

test('law 5: the snapshot knows all that Omnisend may have of ours, and exactly that where it has a fingerprint', () => {
  fc.assert(
    fc.property(history, (past) => {
      const { records, contacts } = modelAfter(past);
      const known = new Map(records.map((record) => [record.email, record]));
      for (const [email, { properties, tags }] of contacts) {
        const record = known.get(email);
        expect(record?.markers ?? []).toEqual(expect.arrayContaining([...properties]));
        expect(record?.tags ?? []).toEqual(expect.arrayContaining([...tags]));
        if (record?.fingerprint === undefined) continue;
        expect(record.markers).toEqual([...properties].sort());
        expect(record.tags ?? []).toEqual([...tags].sort());
      }
    }),
    { numRuns: 500 },
  );
});

test('law 5: an addition without an answer is taken back when the contact leaves', () => {
  fc.assert(
    fc.property(history, runArbitrary, fc.boolean(), (past, run, hasArrived) => {
      const model = modelAfter(past);
      const tagFates: Fate[] = [hasArrived ? 'open-arrived' : 'open-lost'];
      const { plan } = model.run({ ...run, ...allDone, tagFates });
      const definition: ExportDefinition = { ...run.definition, onLeave: 'mark' };
      const leaving = model.plan({ rows: [], definition, kind: 'changes' });
      for (const { key, add } of plan.taggings) {
        if (add.length === 0) continue;
        const tagging = leaving.taggings.find((one) => one.key === key);
        expect(tagging?.remove).toEqual(expect.arrayContaining([...add]));
      }
    }),
    { numRuns: 300 },
  );
});

test('law 6: a leave is only for a contact of the snapshot; only what is recorded there is taken', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, run) => {
      const model = modelAfter(past);
      const records = new Map(model.records.map((record) => [record.key, record]));
      const { changes, taggings } = model.plan(run);
      for (const { key, kind, contact } of changes) {
        const taken = Object.entries(contact.properties ?? {}).filter(([, value]) => value === false);
        if (kind === 'leave') expect(records.has(key)).toBe(true);
        expect(records.get(key)?.markers ?? []).toEqual(expect.arrayContaining(taken.map(([name]) => name)));
      }
      for (const { key, remove } of taggings) {
        expect(records.get(key)?.tags ?? []).toEqual(expect.arrayContaining([...remove]));
      }
    }),
  );
});

test('law 6: no marker is taken for a segment that the contact was never in', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, run) => {
      const model = modelAfter(past);
      const { changes, taggings } = model.plan(run);
      const taken = [
        ...changes.map(({ contact }) => ({
          email: contact.email,
          names: Object.entries(contact.properties ?? {}).flatMap(([name, value]) => (value ? [] : [name])),
        })),
        ...taggings.map(({ email, remove }) => ({ email, names: [...remove] })),
      ];
      for (const { email, names } of taken) {
        expect([...(model.called.get(email) ?? [])]).toEqual(expect.arrayContaining(names));
      }
    }),
    { numRuns: 300 },
  );
});

test('once all is accepted and requested, Omnisend has the markers of the members, of the present kind, and no others', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, run) => {
      const model = modelAfter(past);
      const { rows, definition } = run;
      const before = new Map(
        [...model.contacts].map(([email, { properties, tags }]) => [
          email,
          { properties: [...properties], tags: [...tags] },
        ]),
      );
      model.run({ ...run, ...allDone });
      const made = madeMarkers(definition);
      const properties = calledFor(rows, made.properties);
      const tags = calledFor(rows, made.tags);
      for (const [email, held] of model.contacts) {
        const isMember = properties.has(email);
        // Leavers keep with "keep" what the definition still makes.
        const kept = (had: readonly string[] = [], names: readonly string[]) =>
          !isMember && definition.onLeave === 'keep' ? had.filter((name) => names.includes(name)) : [];
        expect([...held.properties].sort()).toEqual(
          properties.get(email) ?? kept(before.get(email)?.properties, made.properties).sort(),
        );
        expect([...held.tags].sort()).toEqual(
          tags.get(email) ?? kept(before.get(email)?.tags, made.tags).sort(),
        );
      }
      for (const email of properties.keys()) expect(model.contacts.has(email)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('with "mark", once all is accepted the snapshot holds members and nobody else', () => {
  fc.assert(
    fc.property(history, runArbitrary, (past, run) => {
      const model = modelAfter(past);
      model.run({ ...run, ...allDone, definition: { ...run.definition, onLeave: 'mark' } });
      const members = [...new Set(run.rows.map(({ key }) => key))].sort();
      expect(model.records.map(({ key }) => key)).toEqual(members);
    }),
  );
});
