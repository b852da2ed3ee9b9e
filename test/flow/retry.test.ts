import { describe, expect, it } from 'vitest';
import { brandId, type RunId } from '../../shared/domain/ids.ts';
import type { Run } from '../../shared/domain/run.ts';
import { runAt } from '../../shared/domain/run-ids.ts';
import { at as addressOf } from '../../shared/steps/addresses.ts';
import { changeRow } from '../../shared/steps/change-row.ts';
import { requestRun } from '../../shared/steps/request-run.ts';
import { listsRemoved, loadRetried } from '../../shared/steps/retry.ts';
import type { ItemRule } from '../memory/memory-brand.ts';
import { counting, type FaultPlan, kills, noFaults } from './faults.ts';
import { expectContacts, expectLaws, snapshotOf } from './laws.ts';
import { expectedContacts, newsletter, nobody, peopleOf } from './people.ts';
import { brandA, connection, flowWorld, minute, type World, type WorldOptions } from './world.ts';

const day1 = peopleOf(1_000);
const day2 = peopleOf(1_000, 2);
const { contacts } = day1.truth.counts();
const emailsOf = (of: typeof day1) => [...of.truth.contacts()].map(({ email }) => email);
const left = emailsOf(day1).filter((email) => !emailsOf(day2).includes(email));
const staying = emailsOf(day1).filter((email) => emailsOf(day2).includes(email));

const fault = { field: 'email', code: 'invalid', message: 'not liked' };
/** Refuses these addresses the first time that it sees them. */
const refusing =
  (emails: readonly string[], times = 1): ItemRule =>
  ({ email }, seen) =>
    emails.includes(email) && seen < times ? { kind: 'refused', faults: [fault] } : undefined;

const refused = [...staying.slice(0, 7), ...left.slice(0, 1)];

const open = (options: Partial<WorldOptions> = {}): Promise<World> =>
  flowWorld({ population: day1.population, destination: { item: refusing(refused) }, ...options });

const postedSince = ({ destination }: World, from: number): readonly string[] =>
  destination.posts.slice(from).flatMap(({ changes }) => changes.map(({ contact }) => contact.email));

/** As after 30 days. */
const removeLists = async ({ ports }: World, id: RunId): Promise<void> => {
  await changeRow<Run>(ports.store.runs, addressOf.run(id), (run) =>
    run === undefined ? undefined : { ...run, kept: 'account' },
  );
};

describe('a retry', () => {
  it('sends what was refused and is a member still, and leaves everybody else alone', async () => {
    const world = await open();
    const first = await world.run();
    expect(first).toMatchObject({ state: 'partial', tally: { refused: refused.length } });
    const records = (await snapshotOf(world, first))?.records;
    const posts = world.destination.posts.length;
    world.source.refresh(day2.population);

    const retry = await world.run('retry');
    expect(left.length).toBeGreaterThan(1);
    expect(postedSince(world, posts).toSorted()).toEqual(refused.slice(0, 7).toSorted());
    expect(retry).toMatchObject({
      state: 'succeeded',
      reason: null,
      retryOf: first.id,
      tally: {
        accepted: 7,
        unchanged: 0,
        unsent: day2.truth.counts().contacts - 7,
        leaves: { accepted: 0, unsent: 0 },
      },
    });
    expect((await snapshotOf(world, retry))?.records).toBe((records ?? 0) + 7);

    expect(await world.run()).toMatchObject({ state: 'succeeded' });
    const before = new Map(expectedContacts([day1.truth, day2.truth]));
    before.delete(left[0] ?? '');
    expectContacts(world, before);
    expectLaws(world);
  });

  it('retries what a retry before it could not bring, and ends partial until then', async () => {
    const world = await open({ destination: { item: refusing(refused.slice(0, 3), 2) } });
    const first = await world.run();
    const second = await world.run('retry');
    expect(second).toMatchObject({ state: 'partial', retryOf: first.id, tally: { refused: 3 } });
    // Neither posts, so neither is what a retry refers to.
    await world.run('dry-run');
    expect(await world.run('retry')).toMatchObject({
      state: 'succeeded',
      retryOf: second.id,
      tally: { accepted: 3 },
    });
    expect(await world.run('retry')).toMatchObject({ state: 'succeeded', tally: { accepted: 0 } });
    expectContacts(world, expectedContacts([day1.truth]));
    expectLaws(world);
  });

  it('sends who was accepted, but not tagged', async () => {
    const [odd = ''] = staying;
    let isOdd = true;
    const world = await open({
      definition: { ...newsletter, marker: 'tag' },
      destination: {
        before: ({ tags }) =>
          isOdd && tags?.emails.includes(odd) ? { kind: 'refused', faults: [fault] } : undefined,
      },
    });
    expect((await world.run()).tally).toMatchObject({ accepted: contacts });
    isOdd = false;
    const posts = world.destination.posts.length;
    const retry = await world.run('retry');
    await world.pass(minute);
    expect(retry).toMatchObject({ state: 'succeeded', tally: { accepted: 1 } });
    expect(postedSince(world, posts)).toEqual([odd]);
    expect(world.destination.contacts(brandA).get(odd)?.tags).not.toEqual([]);
    expect(await world.run()).toMatchObject({ tally: { unchanged: contacts } });
    expectLaws(world);
  });

  it.each([1, 2, 3, 4])('comes to the same where processes die in it (seed %i)', async (seed) => {
    const counts = new Map<string, number>();
    let faults = noFaults;
    const option = { faults: ((call) => faults(call)) satisfies FaultPlan };
    const calm = await open(option);
    await calm.run();
    faults = counting(counts);
    await calm.run('retry');

    faults = noFaults;
    const world = await open(option);
    await world.run();
    // Fewer than make a step look as if it killed its process.
    faults = kills({ seed, faults: 4, counts });
    const posts = world.destination.posts.length;
    const retry = await world.run('retry');
    expect(world.lost()).toBeGreaterThan(0);
    expect(retry).toMatchObject({ state: 'succeeded', tally: { accepted: refused.length } });
    expect([...new Set(postedSince(world, posts))].sort()).toEqual(refused.toSorted());
    expectContacts(world, expectedContacts([day1.truth]));
    expectLaws(world);
  });

  it('is held by the guards', async () => {
    const world = await open();
    await world.run();
    world.source.refresh(nobody);
    expect(await world.run('retry')).toMatchObject({ state: 'held', reason: { code: 'guard' } });
    expectLaws(world);
  });

  it('does not take the rows of one brand to another', async () => {
    const world = await open();
    await world.run();
    world.secrets.rotate(connection.secretName, 'b2-full');
    await world.pass(11 * minute);
    const requestedAt = world.clock.now();
    const claim = {
      runId: runAt(newsletter.id, requestedAt),
      exportId: newsletter.id,
      kind: 'retry',
      trigger: 'http',
      requestedAt,
      confirmBrand: brandId.parse('b2'),
    } as const;
    const answer = await requestRun(world.ports, claim);
    if (answer.kind !== 'accepted') throw new Error(answer.kind);
    for (const outgoing of answer.messages) await world.queue.put(outgoing);
    await world.until(() => world.runOf(answer.run).endedAt !== null);
    expect(world.runOf(answer.run)).toMatchObject({ state: 'failed', reason: { code: 'brand-changed' } });
    expect(world.destination.contacts(brandId.parse('b2')).size).toBe(0);
  });
});

describe('there is nothing to retry', () => {
  it('before anything was posted; the export is free for another run', async () => {
    const world = await open();
    expect(await world.ask('retry')).toMatchObject({ kind: 'nothing-to-retry' });
    await world.run('dry-run');
    expect(await world.ask('retry')).toMatchObject({ kind: 'nothing-to-retry' });
    const answer = await world.ask();
    expect(answer).toMatchObject({ kind: 'accepted' });
    expect(await world.ask('retry', runAt(newsletter.id, 1))).toMatchObject({ kind: 'active' });
  });

  it('when the lists of the latest run are gone', async () => {
    const world = await open();
    await removeLists(world, (await world.run()).id);
    expect(await world.ask('retry')).toEqual({ kind: 'nothing-to-retry', reason: listsRemoved });
    expect(await world.ask()).toMatchObject({ kind: 'accepted' });
  });

  it('when they go while it reads: it fails and says so', async () => {
    const world = await open();
    const first = await world.run();
    const answer = await world.ask('retry');
    if (answer.kind !== 'accepted') throw new Error(answer.kind);
    await removeLists(world, first.id);
    await world.until(() => world.runOf(answer.run).endedAt !== null);
    expect(world.runOf(answer.run)).toMatchObject({ state: 'failed', reason: { code: 'lists-removed' } });
    expectLaws(world);
  });
});

it('reads only the lists that may name a key of the shard, however the earlier run was cut', async () => {
  const world = await open();
  const { id } = await world.run();
  await changeRow(world.ports.store.runs, addressOf.run(id), (run) =>
    run?.plan ? { ...run, plan: { ...run.plan, shards: 4 } } : undefined,
  );
  for (const row of await world.ports.store.pages.list(id)) {
    const ranges = row.value.ranges.map((range) => ({ ...range, shard: 1 }));
    await world.ports.store.pages.replace(row, { ...row.value, ranges });
  }
  const keysIn = await loadRetried(world.ports, id);
  const count = async (from: number, to: number) => (await keysIn?.({ from, to }))?.size;
  expect([await count(0, 64), await count(64, 128), await count(128, 256)]).toEqual([0, refused.length, 0]);
  expect([await count(0, 256), await count(0, 128), await count(96, 112)]).toEqual(
    new Array(3).fill(refused.length),
  );
});
