import { describe, expect, it } from 'vitest';
import type { Profile } from '../../shared/domain/contact.ts';
import { exportDefinition } from '../../shared/domain/definition.ts';
import { customerId, exportId } from '../../shared/domain/ids.ts';
import { at } from '../../shared/steps/addresses.ts';
import {
  type AskedProfile,
  type ProfileAnswer,
  type ProfilePreview,
  previewProfile,
} from '../../shared/steps/preview-profile.ts';
import { newsletter } from '../flow/people.ts';
import { flowWorld, type World } from '../flow/world.ts';
import { type MemoryPopulation, populationOf } from '../memory/memory-population.ts';
import type { MemorySourceOptions } from '../memory/memory-source.ts';

const [news = '', high = ''] = newsletter.segments;
const definition = exportDefinition.parse({
  ...newsletter,
  guards: { ...newsletter.guards, maxInvalidShare: 1 },
});

/** Customer id → segments, and values; without values there is no profile. */
type People = Readonly<
  Record<string, { readonly in: readonly string[]; readonly values?: object; readonly at?: number }>
>;

const populationFrom = (people: People): MemoryPopulation =>
  populationOf({
    segments: [news, high, 'Other'],
    columns: ['Email', 'FirstName', 'LastName', 'City', 'Country', 'DateOfBirth', 'Loyalty_Tier'],
    members: Object.entries(people).map(([id, { in: segments }]) => ({
      customerId: customerId.parse(id),
      segments,
    })),
    profiles: Object.entries(people).flatMap(([id, { values, at: changedAt }]): Profile[] =>
      values === undefined
        ? []
        : [
            {
              customerId: customerId.parse(id),
              values: { ...values },
              ...(changedAt !== undefined && { changedAt }),
            },
          ],
    ),
  });

const named = (name: string, more: object = {}) => ({
  Email: `${name}@example.com`,
  FirstName: name,
  ...more,
});
const day1: People = {
  a1: { in: [news], values: named('ann') },
  b1: { in: [news], values: named('bea'), at: 1 },
  b2: { in: [high], values: named('bea'), at: 2 },
  c1: { in: [news], values: named('cid') },
  d1: { in: [news, high], values: named('dan') },
  e1: { in: [news], values: named('eve') },
  f1: { in: [news], values: named('fay') },
};
const day2: People = {
  a1: day1.a1 ?? { in: [] },
  b1: { in: [news], values: named('bea'), at: 1 },
  b2: { in: [high], values: named('bea'), at: 2 },
  // Changed; in one segment less; gone from both; with another address; merged into f2.
  c1: { in: [news], values: named('cid', { City: 'Vilnius', DateOfBirth: '31 June' }) },
  d1: { in: [high], values: named('dan') },
  e1: { in: ['Other'], values: named('eve') },
  f2: { in: [news], values: { ...named('fay'), Email: 'fay.new@example.com' } },
  '01': { in: [news], values: named('new') },
  '02': { in: [news] },
  '03': { in: [news], values: { Email: 'nobody' } },
  '04': { in: ['Other'], values: named('other') },
};

/** After a run of the first day, on the second. */
const secondDay = async (changed: object = {}, people = day2): Promise<World> => {
  const world = await flowWorld({
    population: populationFrom(day1),
    definition: exportDefinition.parse({ ...definition, ...changed }),
  });
  expect((await world.run()).state).toBe('succeeded');
  world.source.refresh(populationFrom(people));
  return world;
};

const byId = (id: string): AskedProfile => ({ customerId: customerId.parse(id) });
const ask = ({ clock, ports, definition: { id } }: World, asked: AskedProfile): Promise<ProfileAnswer> =>
  clock.during(previewProfile(ports, id, asked));
const preview = async (world: World, asked: AskedProfile): Promise<ProfilePreview> => {
  const answer = await ask(world, asked);
  if (answer.kind !== 'traced') throw new Error(answer.kind);
  return answer.preview;
};

const blobsOf = async ({ ports: { blobs } }: World): Promise<readonly string[]> => [
  ...(await blobs.list('runs/')),
  ...(await blobs.list('snapshots/')),
];

describe('the way of one customer', () => {
  it.each<[string, string, object]>([
    ['unchanged', 'a1', { decision: { kind: 'unchanged' }, markers: { set: [], taken: [] } }],
    [
      'of changed values, one of which does not hold',
      'c1',
      {
        decision: { kind: 'upsert', why: expect.stringContaining('changed') },
        source: { segments: [news], values: { City: 'Vilnius' } },
        contact: { email: 'cid@example.com', city: 'Vilnius', properties: { [`segment_${news}`]: true } },
        leftOut: [{ field: 'birthdate', reason: 'date-malformed' }],
        known: { state: 'accepted', markers: [`segment_${news}`], tags: [] },
      },
    ],
    [
      'of one segment less',
      'd1',
      {
        decision: { kind: 'upsert' },
        contact: { properties: { [`segment_${news}`]: false, [`segment_${high}`]: true } },
        markers: { set: [`segment_${high}`], taken: [`segment_${news}`] },
      },
    ],
    [
      'of somebody who left',
      'e1',
      {
        decision: { kind: 'leave' },
        source: { segments: [] },
        contact: { email: 'eve@example.com', properties: { [`segment_${news}`]: false } },
        markers: { set: [], taken: [`segment_${news}`] },
      },
    ],
    [
      'of somebody new',
      '01',
      { decision: { kind: 'upsert', why: expect.stringContaining('No earlier run') }, known: null },
    ],
    ['of the winner', 'b2', { decision: { kind: 'unchanged' }, known: { customerId: 'b2' } }],
    [
      'of a duplicate',
      'b1',
      {
        decision: { kind: 'duplicate', winner: 'b2' },
        contact: { email: 'bea@example.com' },
        known: { customerId: 'b2' },
      },
    ],
    [
      'of a member without a profile',
      '02',
      { decision: { kind: 'invalid', field: 'profile', reason: 'no-profile' }, source: { values: null } },
    ],
    [
      'of a malformed address',
      '03',
      { decision: { kind: 'invalid', field: 'email', reason: 'email-malformed' }, contact: null },
    ],
    [
      'of a member of other segments',
      '04',
      { decision: { kind: 'not-a-member' }, contact: null, known: null },
    ],
    ['of nobody', '0f', { decision: { kind: 'not-a-member' }, source: null }],
  ])('%s', async (_what, id, expected) => {
    const world = await secondDay();
    const traced = await preview(world, byId(id));
    expect(traced).toMatchObject({ customerId: id, ...expected });
    expect(traced.notes.join(' ')).toContain('share the address');
    expect(traced.askedAddress).toBeNull();
  });

  it('is what the next run does', async () => {
    const world = await secondDay();
    const decided = new Map<string, string>();
    for (const id of Object.keys(day2)) {
      const { decision, contact } = await preview(world, byId(id));
      const isTold = decision.kind === 'upsert' || decision.kind === 'leave';
      if (isTold) decided.set(id, JSON.stringify(contact));
    }
    const before = world.destination.posts.length;
    await world.run();
    const told = world.destination.posts.slice(before).flatMap(({ changes }) => changes);
    // The address of the customer that was merged leaves, too: nobody can tell that by an id.
    expect(told.map(({ id }) => id).filter((id) => !decided.has(id))).toEqual(['f1']);
    expect(
      new Map(told.filter(({ id }) => id !== 'f1').map((one) => [one.id, JSON.stringify(one.contact)])),
    ).toEqual(new Map([...decided].map(([id, contact]) => [customerId.parse(id), contact])));
  });

  it('stores and sends nothing, and logs no more than the decision', async () => {
    const world = await secondDay();
    const before = { arrivals: world.destination.arrivals.length, blobs: await blobsOf(world) };
    const logged = world.logged.length;
    await preview(world, { email: 'bea@example.com' });
    expect(world.destination.arrivals.length).toBe(before.arrivals);
    expect(await blobsOf(world)).toEqual(before.blobs);
    expect(world.logged.slice(logged)).toEqual([
      { event: 'profile-previewed', fields: { export: 'newsletter', decision: 'unchanged' } },
    ]);
  });

  it('tells tags that are set and taken', async () => {
    const world = await secondDay({ marker: 'tag', customProperties: {} });
    expect(await preview(world, byId('d1'))).toMatchObject({
      decision: { kind: 'tags' },
      markers: { set: [], taken: [`segment_${news}`] },
      known: { tags: [`segment_${high}`, `segment_${news}`].sort() },
    });
    expect(await preview(world, byId('e1'))).toMatchObject({
      decision: { kind: 'leave' },
      contact: null,
      markers: { taken: [`segment_${news}`] },
    });
  });

  it('lets people who leave keep their markers where the export says so', async () => {
    const world = await secondDay({ onLeave: 'keep' });
    expect(await preview(world, byId('e1'))).toMatchObject({
      decision: { kind: 'not-a-member', why: expect.stringContaining('keep their markers') },
    });
  });

  it('does not let a contact leave whose address another member has', async () => {
    const world = await secondDay({}, { ...day2, b2: { in: [], values: named('bea') } });
    expect(await preview(world, byId('b2'))).toMatchObject({
      decision: { kind: 'not-a-member', why: expect.stringContaining('Another profile') },
    });
    expect(await preview(world, byId('b1'))).toMatchObject({ decision: { kind: 'upsert' } });
  });
});

describe('by e-mail', () => {
  it('finds the customer whom the snapshot names, however the address is written', async () => {
    const world = await secondDay();
    const calls = world.source.calls.length;
    expect(await preview(world, { email: ' CID@example.com ' })).toMatchObject({
      customerId: 'c1',
      decision: { kind: 'upsert' },
      askedAddress: null,
    });
    expect(JSON.stringify(world.source.calls.slice(calls))).not.toContain('@');
  });

  it('tells what becomes of an address that is not the customer’s any more', async () => {
    const moved: People = { ...day2, f1: { in: [news], values: { Email: 'fay.new@example.com' } } };
    const world = await secondDay({}, moved);
    expect(await preview(world, { email: 'fay@example.com' })).toMatchObject({
      customerId: 'f1',
      decision: { kind: 'upsert', why: expect.stringContaining('No earlier run') },
      contact: { email: 'fay.new@example.com' },
      askedAddress: {
        decision: { kind: 'leave' },
        contact: { email: 'fay@example.com' },
        known: { customerId: 'f1' },
      },
    });
    const invalid: People = { ...day2, f1: { in: [news], values: { Email: '' } } };
    world.source.refresh(populationFrom(invalid));
    expect(await preview(world, { email: 'fay@example.com' })).toMatchObject({
      decision: { kind: 'invalid', reason: 'email-missing' },
      known: null,
      askedAddress: { decision: { kind: 'leave' } },
    });
  });

  it('lets the contact leave of a customer who is gone', async () => {
    const world = await secondDay();
    expect(await preview(world, { email: 'fay@example.com' })).toMatchObject({
      customerId: 'f1',
      source: null,
      decision: { kind: 'leave' },
      askedAddress: null,
    });
  });

  it.each([
    ['other@example.com', 'not-known-by-email'],
    ['nobody', 'email-malformed'],
  ])('%s is %s', async (email, kind) => {
    expect(await ask(await secondDay(), { email })).toEqual({ kind });
  });
});

describe('without an answer', () => {
  const before = (fault: ReturnType<NonNullable<MemorySourceOptions['before']>>) =>
    flowWorld({
      population: populationFrom(day1),
      definition,
      source: { before: ({ operation }) => (operation === 'find' ? fault : undefined) },
    });

  it('gives on what the source says', async () => {
    const fault = { kind: 'throttled', retryAfterSeconds: 3 } as const;
    expect(await ask(await before(fault), byId('a1'))).toEqual(fault);
  });

  it('everybody is new before the first run, and nobody is known by address', async () => {
    const world = await flowWorld({ population: populationFrom(day1), definition });
    expect(await preview(world, byId('a1'))).toMatchObject({ decision: { kind: 'upsert' }, known: null });
    expect(await ask(world, { email: 'ann@example.com' })).toEqual({ kind: 'not-known-by-email' });
  });

  it('knows no other export', async () => {
    const { clock, ports } = await flowWorld({ population: populationFrom(day1), definition });
    const answer = await clock.during(previewProfile(ports, exportId.parse('other'), byId('a1')));
    expect(answer).toEqual({ kind: 'unknown-export' });
  });

  it('waits for Key Vault', async () => {
    const world = await secondDay();
    const secrets = { ...world.ports.secrets, get: async () => ({ kind: 'unavailable' }) as const };
    const answer = await previewProfile({ ...world.ports, secrets }, newsletter.id, byId('a1'));
    expect(answer).toEqual({ kind: 'vault-unavailable' });
  });

  it('says that a run is active', async () => {
    const world = await secondDay();
    await world.ask();
    expect((await preview(world, byId('a1'))).notes.join(' ')).toContain('A run is active');
    expect((await world.ports.store.states.get(at.state(newsletter.id)))?.value.active).not.toBeNull();
  });
});
