import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ItemAnswer, RemoteBatchState } from '../../shared/domain/answers.ts';
import {
  backToPlanned,
  batchOf,
  cancelUnposted,
  failUnposted,
  pageState,
  posted,
  split,
  toIntent,
} from '../../shared/domain/batch.ts';
import type { Page } from '../../shared/domain/page.ts';
import { cutPages } from '../../shared/domain/paging.ts';
import { rowVerdicts } from '../../shared/domain/row-verdicts.ts';
import { countRows, expandRows } from '../../shared/domain/rows-of.ts';
import { conserves, endState, runTally } from '../../shared/domain/run-tally.ts';
import { sendTallies } from '../../shared/domain/send-tally.ts';
import { settleBatch } from '../../shared/domain/settle-batch.ts';
import type { RefusedRow } from '../../shared/domain/spool.ts';
import { aBatchId, aRun, changeOf, emailOf, remoteOf } from '../domain/planning.ts';

const result = fc.oneof(
  fc.constant<ItemAnswer['result']>({ kind: 'accepted' }),
  fc.constant<ItemAnswer['result']>({ kind: 'refused', faults: [] }),
  fc.constant<ItemAnswer['result']>({ kind: 'conflict' }),
  fc.boolean().map((throttled): ItemAnswer['result'] => ({ kind: 'again', throttled })),
  fc.constant<ItemAnswer['result']>({ kind: 'open' }),
  fc.constant(null),
);

/** What befalls the first batch that something can befall. */
const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('post' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      state: fc.constantFrom<RemoteBatchState>('pending', 'inProgress', 'finished', 'stopped'),
      errors: fc.nat(1),
      results: fc.array(result, { minLength: 1, maxLength: 20 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('split' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('back' as const), costsAttempt: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('poison' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const) }) },
);
type PageEvent = typeof event extends fc.Arbitrary<infer T> ? T : never;

const size = 120;
const changes = Array.from({ length: size }, (_, number) =>
  number % 3 === 0
    ? changeOf(number, { kind: 'leave', contact: { email: emailOf(number) } })
    : changeOf(number),
);
const firstPage = (): Page => {
  const [page] = cutPages(aRun, [{ shard: 0, ends: Uint32Array.from(changes, (_, index) => index + 1) }]);
  if (page === undefined) throw new Error('No page was cut.');
  return page;
};

const apply = (page: Page, one: PageEvent): { page: Page; refused: readonly RefusedRow[] } => {
  const first = (state: string) => page.batches.find((batch) => batch.state === state);
  const unanswered = { page, refused: [] };
  switch (one.kind) {
    case 'post': {
      const batch = first('planned');
      if (batch === undefined) return unanswered;
      return { page: posted(toIntent(page, [batch.number], 1), batch.number, aBatchId(), 2), refused: [] };
    }
    case 'answer': {
      const batch = first('posted');
      if (batch === undefined) return unanswered;
      const rows = expandRows(batch.rows);
      const items = rows.flatMap((row, position): ItemAnswer[] => {
        const given = one.results[position % one.results.length] ?? null;
        return given === null ? [] : [{ email: emailOf(row), digest: '', result: given }];
      });
      const remote = remoteOf(rows.length, { state: one.state, errors: one.errors });
      const now = 10;
      return settleBatch({
        page,
        batch,
        changes,
        remote,
        items: one.errors > 0 ? items : null,
        now,
        random: 0.5,
      });
    }
    case 'split': {
      const batch = first('planned');
      if (batch === undefined || countRows(batch.rows) < 2) return unanswered;
      return { page: split(toIntent(page, [batch.number], 1), batch.number), refused: [] };
    }
    case 'back': {
      const batch = first('posted');
      if (batch === undefined) return unanswered;
      const again = { costsAttempt: one.costsAttempt, notBefore: 0, changes };
      return { page: backToPlanned(page, batch.number, again), refused: [] };
    }
    case 'poison':
      return { page: failUnposted(page, changes), refused: [] };
    case 'cancel':
      return { page: cancelUnposted(page), refused: [] };
  }
};

const lives = fc.array(event, { maxLength: 40, size: 'max' }).map((events) => {
  let page = firstPage();
  const refused: RefusedRow[] = [];
  for (const one of events) {
    const after = apply(page, one);
    page = after.page;
    refused.push(...after.refused);
  }
  return { page, refused };
});

test('every row of a page lies in exactly one batch that is not split', () => {
  fc.assert(
    fc.property(lives, ({ page }) => {
      const rows = page.batches.flatMap((batch) => (batch.state === 'split' ? [] : expandRows(batch.rows)));
      expect(rows.sort((a, b) => a - b)).toEqual(changes.map((_, index) => index));
      expect(new Set(page.batches.map(({ number }) => number)).size).toBe(page.batches.length);
    }),
    { numRuns: 300 },
  );
});

test('every row of an ended batch is counted once, and every refused or failed one of a settled batch is listed once', () => {
  fc.assert(
    fc.property(lives, ({ page, refused }) => {
      let listed = 0;
      for (const batch of page.batches) {
        if (batch.state !== 'settled' && batch.state !== 'failed') continue;
        const counts = [batch.upserts, batch.leaves].flatMap((tally) =>
          tally === null ? [] : Object.values(tally),
        );
        expect(counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(countRows(batch.rows));
        const leaves = expandRows(batch.rows).filter((row) => changes[row]?.kind === 'leave').length;
        expect(Object.values(batch.leaves ?? {}).reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(
          leaves,
        );
        if (batch.state === 'settled')
          for (const tally of [batch.upserts, batch.leaves])
            listed += (tally?.refused ?? 0) + (tally?.failed ?? 0);
      }
      expect(refused).toHaveLength(listed);
      expect(new Set(refused.map(({ key }) => key)).size).toBe(listed);
    }),
    { numRuns: 300 },
  );
});

test('law 1: the account of a run conserves its rows, whatever became of its page', () => {
  const invalid = 3;
  const duplicate = 4;
  const upserts = changes.filter(({ kind }) => kind === 'upsert').length;
  const spooled = upserts + duplicate;
  fc.assert(
    fc.property(lives, ({ page }) => {
      const tally = runTally({
        read: { read: spooled + invalid, spooled, invalid, invalidByReason: {}, leftOut: {}, members: {} },
        plan: {
          repeated: 0,
          duplicate,
          unchanged: 0,
          upserts,
          tagged: 0,
          outside: 0,
          joined: 0,
          leaves: size - upserts,
          takenBack: 0,
          known: 0,
        },
        repeatedInvalid: {},
        planComplete: true,
        pages: [page],
        tagCalls: [],
        atEnd: true,
      });
      expect(conserves(tally)).toBe(true);
      const { accepted, refused, failed, unsent } = tally.leaves;
      expect(accepted + refused + failed + unsent).toBe(size - upserts);
      if (
        pageState(page) === 'done' &&
        endState(tally, { kind: 'changes', stopped: false, outside: 0 }) === 'succeeded'
      )
        expect(tally.accepted).toBe(upserts);
    }),
    { numRuns: 300 },
  );
});

test('law 5: the verdict "accepted" is given for exactly the rows that are counted as accepted', () => {
  fc.assert(
    fc.property(lives, ({ page, refused }) => {
      const verdicts = rowVerdicts(page, changes, new Map(refused.map(({ key, outcome }) => [key, outcome])));
      const { upserts, leaves } = sendTallies([page]);
      expect(verdicts.filter((verdict) => verdict === 'accepted')).toHaveLength(
        upserts.accepted + leaves.accepted,
      );
      for (const batch of page.batches) {
        if (batch.state !== 'posted') continue;
        for (const row of expandRows(batchOf(page, batch.number).rows)) expect(verdicts[row]).toBe('open');
      }
    }),
    { numRuns: 300 },
  );
});
