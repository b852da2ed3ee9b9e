import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commitShard } from '../../shared/domain/commit-shard.ts';
import { exportDefinition } from '../../shared/domain/definition.ts';
import { checkGuards } from '../../shared/domain/guards.ts';
import { madeMarkers } from '../../shared/domain/markers.ts';
import { planShard } from '../../shared/domain/plan-shard.ts';
import { sumReads } from '../../shared/domain/read-tally.ts';
import type { SpoolRow } from '../../shared/domain/spool.ts';
import { historyArbitrary, type Walked, walk } from '../domain/drift.ts';
import type { Fate, Model, PastRun } from '../domain/model-omnisend.ts';

/** Of some nine runs each, up to twenty. */
const numRuns = 40;

/** Holds for every run of a history, whatever came before it. */
const always = (check: (walked: Walked) => (() => void) | undefined): void => {
  fc.assert(
    fc.property(historyArbitrary, (history) => void walk(history, check)),
    { numRuns },
  );
};
const before = (check: (walked: Walked) => void) => (walked: Walked) => {
  check(walked);
  return undefined;
};

/** The records after a run of which everything is accepted and requested. */
const settledAfter = ({ model: { records }, run: { rows, definition, kind } }: Walked) => {
  const { changes, taggings, dropped } = planShard({ rows, records, definition, kind });
  return commitShard({
    records,
    changes,
    verdictOf: () => 'accepted',
    taggings,
    tagOutcomeOf: () => 'requested',
    dropped,
  });
};

test('histories are long, and meet every kind of trouble and all outcomes', () => {
  const seen = new Set<string>();
  let longest = 0;
  for (const history of fc.sample(historyArbitrary, { numRuns: 60, seed: 6 })) {
    longest = Math.max(longest, history.days.length);
    walk(
      history,
      before(({ model, run, trouble }) => {
        const { tally, changes, taggings, dropped } = model.plan(run);
        seen.add(trouble.kind).add(run.kind).add(run.definition.marker);
        for (const [name, count] of Object.entries(tally)) if (count) seen.add(name);
        if (dropped.length > 0) seen.add('dropped');
        for (const { kind } of changes) seen.add(`change ${kind}`);
        for (const { kind, change } of taggings)
          seen.add(`tagging ${kind} ${change === null ? 'alone' : 'after'}`);
      }),
    );
  }
  expect(longest).toBe(20);
  expect([...seen].sort()).toEqual(
    expect.arrayContaining([
      ...['none', 'mixed', 'stopped', 'dry-run', 'held-empty', 'approved-empty'],
      ...['changes', 'full', 'property', 'tag', 'dropped', 'change upsert', 'change leave'],
      ...['duplicate', 'unchanged', 'upserts', 'tagged', 'joined', 'leaves', 'takenBack', 'known'],
      ...['tagging upsert alone', 'tagging upsert after', 'tagging leave alone', 'tagging leave after'],
    ]),
  );
});

test('law 2: at any time, planning again after all was accepted gives nothing to do', () => {
  always(
    before((walked) => {
      const records = settledAfter(walked);
      const { rows, definition } = walked.run;
      const { changes, taggings, tally } = planShard({ rows, records, definition, kind: 'changes' });
      expect([changes, taggings]).toEqual([[], []]);
      expect(tally.repeated + tally.duplicate + tally.unchanged).toBe(rows.length);
    }),
  );
});

/** As if each segment were read by itself, and from the end. */
const otherwiseRead = (rows: readonly SpoolRow[]): readonly SpoolRow[] =>
  rows.flatMap((row) => row.segments.map((segment) => ({ ...row, segments: [segment] }))).reverse();

test('law 3: at any time, the order and the cut of what is read make no difference to the plan', () => {
  always(
    before(({ model, run: { rows, definition, kind } }) => {
      const plan = model.plan({ rows, definition, kind });
      const other = planShard({
        rows: otherwiseRead(rows),
        records: model.records.toReversed(),
        definition,
        kind,
      });
      const repeated = rows.reduce((sum, { segments }) => sum + segments.length - 1, 0);
      expect(JSON.stringify(other)).toBe(JSON.stringify({ ...plan, tally: { ...plan.tally, repeated } }));
    }),
  );
});

const fateOf = (list: readonly Fate[], index: number): Fate => list[index % list.length] ?? 'done';

test('law 5: only what was accepted has a fingerprint, and it is that of what Omnisend has', () => {
  always(({ model, run, trouble }) => {
    const { changes } = model.plan(run);
    const known = new Map(model.records.map((record) => [record.key, record]));
    return () => {
      const records = new Map(model.records.map((record) => [record.key, record]));
      for (const { email, fingerprint, markers, tags = [] } of model.records) {
        const held = model.contacts.get(email);
        if (fingerprint === undefined) continue;
        expect(held?.fingerprint).toBe(fingerprint);
        expect([...(held?.properties ?? [])].sort()).toEqual(markers);
        expect([...(held?.tags ?? [])].sort()).toEqual(tags);
      }
      const wasSent = trouble.kind !== 'dry-run' && trouble.kind !== 'held-empty';
      changes.forEach(({ key }, index) => {
        const fate = wasSent ? fateOf(run.fates, index) : 'unsent';
        if (fate === 'refused' || fate === 'unsent') expect(records.get(key)).toEqual(known.get(key));
        if (fate !== 'open-arrived' && fate !== 'open-lost') return;
        expect(records.get(key)).toBeDefined();
        expect(records.get(key)?.fingerprint).toBeUndefined();
      });
    };
  });
});

test('law 5: all that Omnisend may have of ours is known, so that it can be taken back', () => {
  always(({ model }) => () => {
    const known = new Map(model.records.map((record) => [record.email, record]));
    for (const [email, { properties, tags }] of model.contacts) {
      expect(known.get(email)?.markers ?? []).toEqual(expect.arrayContaining([...properties]));
      expect(known.get(email)?.tags ?? []).toEqual(expect.arrayContaining([...tags]));
    }
  });
});

test('law 5: just what was not accepted is planned again', () => {
  always(({ model, run }) => {
    if (run.kind === 'full') return undefined;
    const copy = model.copy();
    const { plan, calls } = copy.run(run);
    const { changes, taggings } = copy.plan(run);
    const again = new Set([...changes, ...taggings].map(({ key }) => key));
    const areTagsDone = calls.every((call) => call.state === 'requested');
    const unsettled = plan.changes
      .filter((_, index) => fateOf(run.fates, index) !== 'done')
      .map(({ key }) => key);
    expect([...again]).toEqual(expect.arrayContaining(unsettled));
    if (areTagsDone) expect([...again].sort()).toEqual(unsettled.sort());
    return undefined;
  });
});

test('law 6: a leave, or a marker taken, is only of what the snapshot has; nobody is told more than that', () => {
  always(
    before(({ model, run }) => {
      const records = new Map(model.records.map((record) => [record.key, record]));
      const { changes, taggings } = model.plan(run);
      const members = new Set(run.rows.map(({ key }) => key));
      for (const { kind, key, contact } of changes) {
        const record = records.get(key);
        const called = [...(model.called.get(contact.email) ?? [])];
        const off = Object.entries(contact.properties ?? {}).flatMap(([name, value]) =>
          value ? [] : [name],
        );
        expect(record?.markers ?? []).toEqual(expect.arrayContaining(off));
        expect(called).toEqual(expect.arrayContaining(off));
        expect(contact.consent).toBeUndefined();
        if (kind === 'upsert') continue;
        expect([record?.email, members.has(key)]).toEqual([contact.email, false]);
        expect(Object.keys(contact).sort()).toEqual(['email', 'properties']);
        expect(off).toEqual(Object.keys(contact.properties ?? {}));
      }
      for (const { key, email, remove } of taggings) {
        expect(records.get(key)?.tags ?? []).toEqual(expect.arrayContaining([...remove]));
        expect([...(model.called.get(email) ?? [])]).toEqual(expect.arrayContaining([...remove]));
      }
    }),
  );
});

/** As few guards as an export can have. */
const unguarded = (run: PastRun) =>
  exportDefinition.parse({
    ...run.definition,
    guards: {
      ...run.definition.guards,
      maxLeaveShare: 1,
      maxInvalidShare: 1,
      minMembers: 0,
      maxMissingShare: 1,
    },
  });
const findingsOf = (model: Model, run: PastRun, invalidByReason: Record<string, number> = {}) => {
  const definition = unguarded(run);
  const { tally } = planShard({ rows: run.rows, records: model.records, definition, kind: run.kind });
  const invalid = Object.values(invalidByReason).reduce((sum, count) => sum + count, 0);
  const read = { ...sumReads([]), read: run.rows.length + invalid, invalid, invalidByReason };
  const findings = checkGuards({ tally, read, definition, marks: null, first: model.records.length === 0 });
  return { codes: findings.map(({ code }) => code), leaves: tally.leaves + tally.takenBack };
};

test('law 7: whatever came before, an empty source holds the run, and so do leavers beside unreadable rows', () => {
  always(
    before(({ model, run, rows }) => {
      const empty = findingsOf(model, { ...run, rows: [] });
      expect(empty.codes).toEqual(model.records.length > 0 ? ['source-empty'] : []);
      const torn = findingsOf(model, { ...run, rows: rows.slice(1) }, { 'row-malformed': 1 });
      if (torn.leaves > 0) expect(torn.codes).toContain('rows-unreadable');
      const whole = findingsOf(model, { ...run, rows });
      if (rows.length > 0) expect(whole.codes).toEqual([]);
    }),
  );
});

test('one good run puts right whatever went wrong before it', () => {
  fc.assert(
    fc.property(historyArbitrary, (history) => {
      const end = walk(history);
      const definition = exportDefinition.parse({ ...end.run.definition, onLeave: 'mark' });
      const { model, run } = { ...end, run: { ...end.run, definition } };
      const { changes } = planShard({ rows: run.rows, records: [], definition, kind: 'full' });
      model.run(run);
      const { properties, tags } = madeMarkers(definition);
      const truth = new Map(changes.map((change) => [change.contact.email, change]));
      for (const [email, held] of model.contacts) {
        const rivals = run.rows.filter(({ contact }) => contact.email === email);
        const wanted = (names: readonly string[]) =>
          names.filter((_, position) => rivals.some(({ segments }) => segments.includes(position))).sort();
        expect([...held.properties].sort(), email).toEqual(wanted(properties));
        expect([...held.tags].sort(), email).toEqual(wanted(tags));
        if (rivals.length > 0) expect(held.fingerprint).toBe(truth.get(email)?.fingerprint);
      }
      expect([...model.contacts.keys()]).toEqual(expect.arrayContaining([...truth.keys()]));
      expect(model.records.map(({ email }) => email).sort()).toEqual([...truth.keys()].sort());
    }),
    { numRuns },
  );
});
