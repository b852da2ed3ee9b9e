import { expect, it } from 'vitest';
import type { Caller } from '../../shared/domain/access.ts';
import { newsEvents } from '../../shared/domain/news.ts';
import { approveRun } from '../../shared/steps/approve-run.ts';
import { saveNotifications, type WantedNotifications } from '../../shared/steps/notifications.ts';
import { sendNotices } from '../../shared/steps/send-notices.ts';
import { type FaultPlan, at as faultAt, kills } from './faults.ts';
import { expectLaws, replayOf, seeds } from './laws.ts';
import { nobody, peopleOf } from './people.ts';
import { apiKey, connection, flowWorld, hour, minute, type World, type WorldOptions } from './world.ts';

const people = peopleOf(300);
const administrator: Caller = { actor: { id: 'key', name: null }, role: 'administrator' };
const url = 'https://hooks.example.com/finchling/path';
const secret = 'finchling-signing-secret';
const wanted: WantedNotifications = { url, secret, format: 'webhook', on: newsEvents, enabled: true };

const watchedWorld = async (options: Partial<WorldOptions> = {}, over: Partial<WantedNotifications> = {}) => {
  const world = await flowWorld({ population: people.population, notices: true, ...options });
  const saved = await saveNotifications(world.ports, administrator, { ...wanted, ...over }, null);
  if (saved.kind !== 'saved') throw new Error(saved.kind);
  return world;
};

const told = ({ notifier }: World): readonly { readonly event: string; readonly run: string }[] =>
  notifier.sent.map(({ body }) => JSON.parse(body));
const events = (world: World): readonly string[] => told(world).map(({ event }) => event);

const dueIn = async ({ ports }: World) =>
  (await ports.store.states.list('exports')).flatMap(({ value }) => value.news.due);

it('tells of a failed run, then of nothing until one succeeds', async () => {
  const world = await watchedWorld();
  world.secrets.rotate(connection.secretName, 'nokey');
  const run = await world.run();
  await world.pass(minute);
  expect(run.state).toBe('failed');
  expect(told(world)).toMatchObject([
    { id: `${run.id}/failed`, event: 'failed', export: 'newsletter', run: run.id, reason: 'key-refused' },
  ]);
  await world.run();
  await world.pass(minute);
  expect(events(world)).toEqual(['failed']);
  world.secrets.rotate(connection.secretName, apiKey);
  await world.pass(11 * minute);
  const good = await world.run();
  await world.pass(minute);
  await world.run();
  await world.pass(hour);
  expect(good.state).toBe('succeeded');
  expect(events(world)).toEqual(['failed', 'recovered']);
  expect(told(world)[1]).toMatchObject({ run: good.id, counts: { accepted: good.tally?.accepted } });
  expect(await dueIn(world)).toEqual([]);
  const everything = JSON.stringify([
    world.logged,
    world.queue.puts,
    world.notifier.sent.map(({ body }) => body),
  ]);
  expect(everything).not.toMatch(/finchling|@/);
  expectLaws(world);
});

it('tells of a run that is held with the figures of its plan, and of a partial one', async () => {
  let refuses = false;
  const world = await watchedWorld({
    destination: {
      item: () =>
        refuses
          ? { kind: 'refused', faults: [{ field: 'email', code: 'invalid', message: 'No.' }] }
          : undefined,
    },
  });
  await world.run();
  world.source.refresh(nobody);
  const held = await world.run();
  await world.pass(5 * minute);
  expect(told(world)).toMatchObject([
    { event: 'held', run: held.id, reason: 'guard', counts: { upserts: 0 } },
  ]);
  expect(told(world)[0]).toMatchObject({ counts: { leaves: held.plan?.tally.leaves } });
  await world.until(() => world.runOf(held.id).endedAt !== null, 25 * hour);
  refuses = true;
  world.source.refresh(peopleOf(300, 2).population);
  await world.pass(minute);
  const partial = await world.run();
  await world.pass(minute);
  expect(partial.state).toBe('partial');
  // That the held one was cancelled since is no news.
  expect(events(world)).toEqual(['held', 'partial']);
});

it('a held run that somebody has approved meanwhile is not told any more', async () => {
  const world = await watchedWorld();
  await world.run();
  world.source.refresh(nobody);
  world.notifier.answer({ kind: 'failed', code: 'time-out' });
  const held = await world.run();
  await world.pass(90_000);
  expect(events(world)).toEqual(['held']);
  const approval = await approveRun(world.ports, held.id);
  if (approval.kind !== 'approved') throw new Error(approval.kind);
  for (const outgoing of approval.messages) await world.queue.put(outgoing);
  await world.pass(hour);
  expect(world.runOf(held.id).state).toBe('succeeded');
  expect(events(world)).toHaveLength(world.logged.filter(({ event }) => event === 'notice-failed').length);
  expect(events(world).length).toBeLessThan(4);
  expect(await dueIn(world)).toEqual([]);
});

it('a dry run is nobody else’s business', async () => {
  const world = await watchedWorld();
  world.secrets.rotate(connection.secretName, 'nokey');
  await world.run('dry-run');
  await world.pass(5 * minute);
  expect(events(world)).toEqual([]);
});

it.each<[string, Partial<WantedNotifications>]>([
  ['not enabled', { enabled: false }],
  ['for other events', { on: ['held'] }],
])('%s: nobody is told, and nothing is left over', async (_what, over) => {
  const world = await watchedWorld({}, over);
  world.secrets.rotate(connection.secretName, 'nokey');
  await world.run();
  await world.pass(2 * minute);
  expect(events(world)).toEqual([]);
  expect(await dueIn(world)).toEqual([]);
});

it('a receiver that is down is asked five times, longer and longer apart, and no run waits for it', async () => {
  const world = await watchedWorld();
  world.notifier.answer({ kind: 'failed', code: 'status-503' });
  world.secrets.rotate(connection.secretName, 'nokey');
  await world.run();
  await world.pass(2 * minute);
  world.secrets.rotate(connection.secretName, apiKey);
  await world.pass(11 * minute);
  expect((await world.run()).state).toBe('succeeded');
  await world.pass(2 * hour);
  const failed = world.logged.filter(({ event }) => event.startsWith('notice-'));
  const of = (event: string) => failed.filter(({ fields }) => fields.event === event);
  for (const event of ['failed', 'recovered']) {
    expect(of(event).map(({ fields }) => fields.tries)).toEqual([1, 2, 3, 4, 5]);
    expect(of(event).map((one) => one.event)).toEqual([
      ...Array.from({ length: 4 }, () => 'notice-failed'),
      'notice-given-up',
    ]);
    expect(of(event)[0]?.fields.code).toBe('status-503');
  }
  expect(await dueIn(world)).toEqual([]);
});

it('two looks at the same moment tell it once', async () => {
  const world = await watchedWorld({ notices: false });
  world.secrets.rotate(connection.secretName, 'nokey');
  await world.run();
  await Promise.all([sendNotices(world.ports), sendNotices(world.ports), sendNotices(world.ports)]);
  await sendNotices(world.ports);
  expect(events(world)).toEqual(['failed']);
});

it('a card needs no signing secret, and carries no signature', async () => {
  const world = await watchedWorld({}, { format: 'teams', secret: undefined });
  world.secrets.rotate(connection.secretName, 'nokey');
  await world.run();
  await world.pass(minute);
  expect(world.notifier.sent).toMatchObject([{ url, headers: {} }]);
  expect(world.notifier.sent[0]?.body).toContain('AdaptiveCard');
});

const counts = new Map([
  ['notifier.send', 2],
  ['store.states.replace', 8],
  ['store.states.list', 20],
  ['store.notifications.get', 2],
  ['store.runs.replace', 20],
]);

it.each(seeds(8))(
  'whenever a process dies, each is told, and again only by its number (seed %i)',
  async (seed) => {
    const faults: FaultPlan = kills({ seed, faults: 6, counts });
    const world = await watchedWorld({ seed, faults });
    world.secrets.rotate(connection.secretName, 'nokey');
    await world.run();
    await world.pass(15 * minute);
    world.secrets.rotate(connection.secretName, apiKey);
    await world.pass(11 * minute);
    const good = await world.run();
    await world.pass(hour);
    expect(good.state, replayOf(seed)).toBe('succeeded');
    expect([...new Set(events(world))], replayOf(seed)).toEqual(['failed', 'recovered']);
    expect(await dueIn(world), replayOf(seed)).toEqual([]);
    expectLaws(world);
  },
);

it('a process that hangs while it tells of one run holds up no other', async () => {
  const faults = faultAt('notifier.send', { kind: 'stall', when: 'before', ms: 5 * minute });
  const world = await watchedWorld({ faults, processes: 2 });
  world.secrets.rotate(connection.secretName, 'nokey');
  await world.run();
  await world.pass(minute);
  world.secrets.rotate(connection.secretName, apiKey);
  await world.pass(11 * minute);
  expect((await world.run()).state).toBe('succeeded');
  await world.pass(hour);
  expect([...new Set(events(world))]).toEqual(['failed', 'recovered']);
});
