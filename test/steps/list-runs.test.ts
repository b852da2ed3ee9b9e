import { describe, expect, it } from 'vitest';
import { exportId } from '../../shared/domain/ids.ts';
import { at } from '../../shared/steps/addresses.ts';
import { listRuns, type RunFilter } from '../../shared/steps/list-runs.ts';
import { newsletter, nobody, peopleOf } from '../flow/people.ts';
import { flowWorld, hour, minute, type World } from '../flow/world.ts';

const people = peopleOf(300);
const other = { ...newsletter, id: exportId.parse('other'), markerPrefix: 'other_' };

/** Runs of two exports, and two occurrences that made none. */
const madeWorld = async () => {
  const world = await flowWorld({ population: people.population, others: [other] });
  const dry = await world.run('dry-run');
  const first = await world.run('changes');
  const full = await world.run('full');
  const ofOther = await world.run('changes', other.id);
  world.source.refresh(nobody);
  const held = await world.run('changes');
  for (const moment of [first.requestedAt, held.requestedAt + minute]) {
    await world.ports.store.skipped.insert(at.skipped(newsletter.id, moment), {
      exportId: newsletter.id,
      at: moment,
      reason: { code: 'active', message: 'Run x was still active.' },
    });
  }
  return { world, dry, first, full, ofOther, held };
};
const made = await madeWorld();
const { world, dry, first, full, ofOther, held } = made;

const list = async (filter: Partial<RunFilter>, of: World = world) =>
  (await listRuns(of.ports, { limit: 50, ...filter })).runs.map(({ id, state }) => id ?? state);

it('lists runs and skipped occurrences, the newest first', async () => {
  // Of two of the same moment the order is fixed, too.
  expect(await list({})).toEqual(['skipped', held.id, ofOther.id, full.id, 'skipped', first.id, dry.id]);
});

it.each<[string, Partial<RunFilter>, readonly string[]]>([
  ['an export', { exportId: other.id }, [ofOther.id]],
  ['a state', { state: 'held' }, [held.id]],
  ['occurrences that made no run', { state: 'skipped' }, ['skipped', 'skipped']],
  ['a kind', { kind: 'full' }, [full.id]],
  ['a trigger', { trigger: 'schedule' }, ['skipped', 'skipped']],
  ['asked for by hand', { trigger: 'http', exportId: newsletter.id }, [held.id, full.id, first.id, dry.id]],
  ['a moment on', { from: held.requestedAt }, ['skipped', held.id]],
  ['before a moment', { to: first.requestedAt }, [dry.id]],
  ['between two moments', { from: first.requestedAt, to: full.requestedAt }, ['skipped', first.id]],
  ['an outcome of ended runs', { outcome: 'unsent' }, [dry.id]],
  ['rows that arrived', { outcome: 'accepted' }, [ofOther.id, full.id, first.id]],
  ['values left out, of another state', { outcome: 'left-out', state: 'held' }, []],
  ['an export that is not there', { exportId: exportId.parse('nothing') }, []],
])('finds by %s', async (_what, filter, expected) => {
  expect(await list(filter)).toEqual(expected);
});

describe('page by page', () => {
  it.each([1, 2, 3, 7])('of %i, each entry comes once', async (limit) => {
    const all = await listRuns(world.ports, { limit: 50 });
    const paged = [];
    let after: RunFilter['after'];
    do {
      const page = await listRuns(world.ports, { limit, after });
      expect(page.runs.length).toBeLessThanOrEqual(limit);
      paged.push(...page.runs);
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(paged).toEqual(all.runs);
  });

  it('a run that is new meanwhile moves nothing', async () => {
    const { world: own } = await madeWorld();
    const before = await listRuns(own.ports, { limit: 50, exportId: newsletter.id });
    const page = await listRuns(own.ports, { limit: 2, exportId: newsletter.id });
    await own.pass(25 * hour);
    await own.run('dry-run');
    const rest = await listRuns(own.ports, {
      limit: 50,
      exportId: newsletter.id,
      after: page.next ?? undefined,
    });
    expect(rest.runs.map(({ requestedAt }) => requestedAt)).toEqual(
      before.runs.slice(2).map(({ requestedAt }) => requestedAt),
    );
  });
});

it('says why an occurrence made no run, and how long each stage of a run took', async () => {
  const { runs } = await listRuns(world.ports, { limit: 50, exportId: newsletter.id });
  expect(runs[0]).toMatchObject({
    id: null,
    export: 'newsletter',
    kind: 'changes',
    trigger: 'schedule',
    state: 'skipped',
    reason: { code: 'active' },
    requestedAt: new Date(held.requestedAt + minute).toISOString(),
  });
  const one = runs.find(({ id }) => id === first.id);
  if (one === undefined || one.state === 'skipped' || one.stages === null) throw new Error('No stages.');
  const { reading, planning, held: waited, sending, settling } = one.stages;
  expect(waited).toBeNull();
  expect(reading?.startedAt).toBe(one.startedAt);
  for (const [stage, next] of [
    [reading, planning],
    [planning, sending],
    [sending, settling],
  ]) {
    expect(stage?.endedAt).toBe(next?.startedAt);
    expect(stage?.seconds).toBeGreaterThanOrEqual(0);
  }
  expect(settling?.endedAt).toBe(one.endedAt);
  const waiting = runs.find(({ id }) => id === held.id);
  expect(waiting).toMatchObject({ stages: { held: { endedAt: null, seconds: null }, sending: null } });
});
