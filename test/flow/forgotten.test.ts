import { expect, it } from 'vitest';
import type { ExportDefinition } from '../../shared/domain/definition.ts';
import { exportId } from '../../shared/domain/ids.ts';
import type { RunState } from '../../shared/domain/states.ts';
import { paths } from '../../shared/steps/addresses.ts';
import { type Forgetting, forget, liftForgetting } from '../../shared/steps/forget.ts';
import { listRows } from '../../shared/steps/list-rows.ts';
import { changesOf, listOf, loadChanges } from '../../shared/steps/load.ts';
import { counting, everything } from './faults.ts';
import { expectLaws, replayOf, seeds } from './laws.ts';
import { newsletter, nobody, peopleOf } from './people.ts';
import { brandA, flowWorld, minute, type World, type WorldOptions } from './world.ts';

const people = peopleOf(2_000);
const { contacts, customers } = people.truth.counts();
/** One who is the only customer with the address, in the middle of the list. */
const canary = (() => {
  const shared = new Set<string>();
  for (let index = 0; index < 2_000; index += 1) {
    const verdict = people.truth.verdict(index);
    if (verdict.kind === 'duplicate') shared.add(verdict.email);
  }
  const emails = [...people.truth.contacts()].map(({ email }) => email);
  const found = emails.slice(700).find((email) => !shared.has(email) && email.length > 12);
  if (found === undefined) throw new Error('Nobody is alone with an address.');
  return found;
})();
const other = [...people.truth.contacts()].find(({ email }) => email !== canary)?.email ?? '';

/** Every blob that holds an address as it would lie there. */
const blobsWith = async ({ ports }: World, email: string): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const prefix of ['runs/', 'snapshots/']) {
    for (const path of await ports.blobs.list(prefix)) {
      const bytes = Buffer.from((await ports.blobs.get(path)) ?? []);
      if (bytes.includes(`"${email}"`)) found.push(path);
    }
  }
  return found;
};

const forgotten = async (
  world: World,
  email = canary,
): Promise<Extract<Forgetting, { kind: 'forgotten' }>> => {
  const answer = await forget(world.ports, email);
  if (answer.kind !== 'forgotten') throw new Error(answer.kind);
  return answer;
};

const timesSent = ({ destination }: World, email = canary): number =>
  destination.posts.flatMap(({ changes }) => changes).filter(({ contact }) => contact.email === email).length;

const begun = async (state: RunState, options: Partial<WorldOptions> = {}) => {
  const world = await flowWorld({ population: people.population, requestsPerMinute: 20, ...options });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  await world.until(() => world.runOf(asked.run).state === state);
  return { world, id: asked.run, ended: () => world.until(() => world.runOf(asked.run).endedAt !== null) };
};

it.each<RunState>(['queued', 'reading', 'planning'])(
  'forgotten while a run is %s: not sent, counted as invalid, and in no blob when it is over',
  async (state) => {
    const { world, id, ended } = await begun(state);
    expect((await forgotten(world)).active).toEqual(state === 'queued' ? [] : [id]);
    await ended();
    await world.pass(15 * minute);
    const { tally } = world.runOf(id);
    expect(world.runOf(id).state).toBe('succeeded');
    expect(tally).toMatchObject({
      read: customers,
      accepted: contacts - 1,
      invalidByReason: { forgotten: 1 },
    });
    expect(timesSent(world)).toBe(0);
    expect(await blobsWith(world, canary)).toEqual([]);
    expect(await blobsWith(world, other)).not.toEqual([]);
    expect((await world.ports.store.forgotten.list('forgotten'))[0]?.value.again).toEqual([]);
    expectLaws(world);
  },
);

it.each(['property', 'tag'] as const)(
  'forgotten while a run with markers as %s is sending: blank at once, not sent any more, and the rest arrives',
  async (marker) => {
    const definition: ExportDefinition = { ...newsletter, marker };
    const { world, id, ended } = await begun('sending', { definition });
    // The last one of the last page, which is posted last.
    const pages = await world.ports.store.pages.list(id);
    const last = pages.at(-1)?.value.ranges.at(-1);
    if (last === undefined) throw new Error('There is no page.');
    const path = paths.changes(id, last.shard, listOf(world.runOf(id), last.shard));
    const before = Buffer.from((await world.ports.blobs.get(path)) ?? []);
    const email = /"email":"([^"]+)"/.exec(before.toString().trimEnd().split('\n').at(-1) ?? '')?.[1] ?? '';
    const answer = await forgotten(world, email);
    expect(answer).toMatchObject({ active: [id], brands: [{ export: 'newsletter', brand: brandA }] });
    expect(answer.erased).toMatchObject({ changes: 1, taggings: marker === 'tag' ? 1 : 0 });
    expect(await blobsWith(world, email)).toEqual([]);
    expect((await world.ports.blobs.get(path))?.length).toBe(before.length);
    await ended();
    await world.pass(15 * minute);
    expect(timesSent(world, email)).toBe(0);
    expect(world.runOf(id)).toMatchObject({
      state: 'succeeded',
      tally: { read: customers, accepted: contacts - 1, unsent: 0, invalidByReason: { forgotten: 1 } },
    });
    expect(await blobsWith(world, email)).toEqual([]);
    expect(world.destination.contacts(brandA).size).toBe(contacts - 1);
    expect(JSON.stringify(world.logged)).not.toContain(email);
    expectLaws(world);
  },
);

it('batches of forgotten people only are posted to nobody, and the run succeeds', async () => {
  const few = peopleOf(300);
  const emails = [...few.truth.contacts()].map(({ email }) => email);
  const { world, id, ended } = await begun('sending', { population: few.population });
  for (const email of emails) await forgotten(world, email);
  const posted = world.destination.posts.length;
  expect(posted).toBeLessThan(emails.length / 100);
  await ended();
  expect(world.destination.posts.length).toBe(posted);
  const { state, tally } = world.runOf(id);
  expect(state).toBe('succeeded');
  expect(tally?.invalidByReason.forgotten).toBeGreaterThan(0);
  expect((tally?.accepted ?? 0) + (tally?.invalidByReason.forgotten ?? 0)).toBe(emails.length);
  expectLaws(world);
});

it('its row in the list of refused rows is removed, and no other', async () => {
  const refuses = (email: string): boolean => email === canary || email === other;
  const fault = { field: 'email', code: 'invalid', message: 'No.' };
  const world = await flowWorld({
    population: people.population,
    destination: {
      item: ({ email }) => (refuses(email) ? { kind: 'refused', faults: [fault] } : undefined),
    },
  });
  const run = await world.run();
  expect(run.tally).toMatchObject({ refused: 2 });
  const refused = async () =>
    (await listRows(world.ports, run.id, 'refused', { offset: 0, limit: 10 })) ?? {};
  expect(await refused()).toMatchObject({ rows: [{}, {}] });
  expect((await forgotten(world)).erased).toMatchObject({ rows: 1 });
  expect(await refused()).toMatchObject({ rows: [{ reason: 'invalid' }] });
  expect((await world.run()).tally).toMatchObject({ refused: 1, invalidByReason: { forgotten: 1 } });
  expectLaws(world);
});

it('forgotten beside an unanswered post that it was in, the batch is found again and not sent twice', async () => {
  let isLost = false;
  const world = await flowWorld({
    population: people.population,
    requestsPerMinute: 20,
    destination: {
      after: ({ operation }) => {
        if (operation !== 'post-batch' || isLost) return undefined;
        isLost = true;
        return { kind: 'ambiguous', message: 'no answer' };
      },
    },
  });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  await world.until(() => isLost);
  const email = world.destination.posts[0]?.changes[0]?.contact.email ?? '';
  await forgotten(world, email);
  await world.until(() => world.runOf(asked.run).endedAt !== null);
  await world.pass(15 * minute);
  expect(timesSent(world, email)).toBe(1);
  expect(world.runOf(asked.run).state).toBe('succeeded');
  expect(await blobsWith(world, email)).toEqual([]);
  expectLaws(world);
});

it('forgotten after a run: erased from its blobs and lists, no leave is sent; lifted, it is sent again', async () => {
  const world = await flowWorld({ population: people.population });
  expect((await world.run()).state).toBe('succeeded');
  await world.pass(15 * minute);
  const answer = await forgotten(world);
  expect(answer).toMatchObject({ active: [], erased: { spool: 1, changes: 1, snapshots: 1 } });
  expect(await blobsWith(world, canary)).toEqual([]);
  expect((await forgotten(world)).erased).toEqual({
    spool: 0,
    changes: 0,
    taggings: 0,
    snapshots: 0,
    rows: 0,
  });

  const sent = timesSent(world);
  const second = await world.run();
  expect(second.tally).toMatchObject({
    read: customers,
    accepted: 0,
    unchanged: contacts - 1,
    invalidByReason: { forgotten: 1 },
    leaves: { accepted: 0 },
  });
  expect(timesSent(world)).toBe(sent);
  expect(await liftForgetting(world.ports, canary)).toEqual({ kind: 'lifted' });
  expect(await liftForgetting(world.ports, canary)).toEqual({ kind: 'not-forgotten' });
  const third = await world.run();
  expect(third.tally).toMatchObject({ accepted: 1, unchanged: contacts - 1 });
  expect(third.tally?.invalidByReason.forgotten).toBeUndefined();
  expect(timesSent(world)).toBe(sent + 1);
  expectLaws(world);
});

it('forgotten before an export exists, it is not exported by that either', async () => {
  const later: ExportDefinition = { ...newsletter, id: exportId.parse('later'), markerPrefix: 'later_' };
  const world = await flowWorld({ population: people.population, others: [later] });
  await forgotten(world, canary);
  const run = await world.run('changes', later.id);
  expect(run.tally).toMatchObject({ accepted: contacts - 1, invalidByReason: { forgotten: 1 } });
  expect(await blobsWith(world, canary)).toEqual([]);
  expectLaws(world);
});

/** Of a calm run. */
const counts = new Map<string, number>();
const calm = await (await flowWorld({ population: people.population, faults: counting(counts) })).run();

it.each(seeds(8))('forgotten at any moment while anything goes wrong (seed %i)', async (seed) => {
  const { startedAt, endedAt } = calm;
  const faults = everything({ seed, faults: 12, counts });
  const world = await flowWorld({ population: people.population, seed, faults });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  await world.pass(2_000 + Math.floor((((endedAt ?? 0) - (startedAt ?? 0)) * (seed % 8)) / 8));
  await forgotten(world);
  const before = timesSent(world);
  await world.until(() => world.runOf(asked.run).endedAt !== null);
  await world.pass(15 * minute);
  expect(timesSent(world), replayOf(seed)).toBe(before);
  expect(await blobsWith(world, canary), replayOf(seed)).toEqual([]);
  const run = world.runOf(asked.run);
  if (run.state !== 'succeeded') expect(await world.run()).toMatchObject({ state: 'succeeded' });
  expect(timesSent(world), replayOf(seed)).toBe(before);
  expect(world.destination.contacts(brandA).size, replayOf(seed)).toBeGreaterThanOrEqual(contacts - 1);
  expectLaws(world);
});

it('says so when the vault does not answer or refuses', async () => {
  const world = await flowWorld({ population: nobody });
  world.secrets.silence(true);
  expect(await forget(world.ports, canary)).toEqual({ kind: 'unavailable' });
  expect(await liftForgetting(world.ports, canary)).toEqual({ kind: 'unavailable' });
  world.secrets.silence(false);
  world.secrets.forbid(true);
  expect(await forget(world.ports, canary)).toEqual({ kind: 'forbidden' });
  world.secrets.forbid(false);
  expect(await liftForgetting(world.ports, canary)).toEqual({ kind: 'not-forgotten' });
  expect(await forget(world.ports, canary)).toMatchObject({ kind: 'forgotten', active: [], brands: [] });
});

it('a planner that stood still while somebody was forgotten overwrites no list of who took over from it', async () => {
  const stalledMs = 150_000;
  let stalledAt: number | null = null;
  const world = await flowWorld({
    population: people.population,
    requestsPerMinute: 12,
    processes: 2,
    faults: ({ name, args }) => {
      if (stalledAt !== null || name !== 'blobs.put' || !String(args[0]).endsWith('.changes'))
        return undefined;
      stalledAt = world.clock.now();
      return { kind: 'stall', when: 'before', ms: stalledMs };
    },
  });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  await world.until(() => stalledAt !== null);
  await forgotten(world);
  await world.pass(stalledMs + 1_000);
  // It is in the middle of being sent that the late list would do harm.
  const posted = world.destination.posts.length;
  expect(posted).toBeGreaterThan(0);
  expect(posted).toBeLessThan(contacts / 100 - 1);
  await world.until(() => world.runOf(asked.run).endedAt !== null);
  expect(world.runOf(asked.run)).toMatchObject({
    state: 'succeeded',
    tally: { read: customers, accepted: contacts - 1, invalidByReason: { forgotten: 1 } },
  });
  expect(world.destination.contacts(brandA).size).toBe(contacts - 1);
  await world.pass(15 * minute);
  // What the late planner wrote is found when the run has ended.
  expect(await blobsWith(world, canary)).toEqual([]);
  expectLaws(world);
});

it('forgotten while the batch waits for its slot: not sent, though its page was loaded before', async () => {
  const { world, id, ended } = await begun('sending');
  await world.until(() => world.destination.posts.length === 1);
  const [page] = (await world.ports.store.pages.list(id)).map(({ value }) => value);
  // Slots lie 3 s apart, so these wait for theirs in memory.
  const waiting = page?.batches.filter(({ state }) => state === 'intent') ?? [];
  expect(waiting.length).toBeGreaterThan(1);
  const last = waiting.at(-1);
  const changes = page && (await loadChanges(world.ports, page));
  const someone = last && changes && changesOf(last, changes)[0];
  if (someone === undefined) throw new Error('No batch waits.');
  const { email } = someone.contact;
  await forgotten(world, email);
  await ended();
  expect(timesSent(world, email)).toBe(0);
  expect(world.runOf(id).tally).toMatchObject({ read: customers, accepted: contacts - 1 });
});
