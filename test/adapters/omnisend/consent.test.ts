import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { omnisendDestination } from '../../../shared/adapters/omnisend/destination.ts';
import { type ExportDefinition, exportDefinition } from '../../../shared/domain/definition.ts';
import { customerId } from '../../../shared/domain/ids.ts';
import { hashKey } from '../../../shared/domain/key.ts';
import { matchProfile } from '../../../shared/domain/matching.ts';
import type { SnapshotRecord } from '../../../shared/domain/plan.ts';
import { planShard } from '../../../shared/domain/plan-shard.ts';
import type { RunKind } from '../../../shared/domain/run.ts';
import { startForTest } from '../../sandbox/omnisend/caller.ts';
import { seedKeys } from '../../sandbox/omnisend/omnisend.ts';

// From a profile to Omnisend's contact: matching, planning and the adapter, against the simulator. Its clock stands at
// 2026-11-21.
const email = 'ada@example.com';
const phone = '+442079460958';
const older = '2026-05-08T10:00:00.000Z';
const optedOutAt = '2026-08-01T12:00:00.000Z';
const newer = '2026-10-01T08:00:00.000Z';

const define = (parts: object = {}): ExportDefinition =>
  exportDefinition.parse({
    id: 'newsletter',
    displayName: 'Newsletter',
    connection: 'brand-eu',
    segments: ['Newsletter', 'VIP'],
    matching: { email: 'EMail', phone: 'Phone', firstName: 'FirstName' },
    ...parts,
  });
const unmapped = define();
const mapped = define({ consent: { status: 'Consent', changedAt: 'ConsentAt' } });

const key = hashKey('secret', email);
const id = customerId.parse('c1');
const known: SnapshotRecord = { key, email, id, fingerprint: 'other', markers: ['segment_VIP'] };

interface Told {
  /** Of the profile; `undefined` for a person who is in no segment any more. */
  readonly values?: Readonly<Record<string, unknown>>;
  readonly changedAt?: number;
  readonly definition?: ExportDefinition;
  readonly kind?: RunKind;
  readonly records?: readonly SnapshotRecord[];
  readonly withoutPhone?: boolean;
}

const contactSeen = z.object({
  email: z.string(),
  status: z.string(),
  firstName: z.string().optional(),
  customProperties: z.record(z.string(), z.unknown()),
  identifiers: z.array(
    z.object({
      type: z.string(),
      channels: z.object({ email: z.object({ statusChangedAt: z.string() }).optional() }),
    }),
  ),
});
const welcomesSeen = z.object({ brands: z.array(z.object({ welcomeSent: z.object({ count: z.int() }) })) });

const openWorld = async () => {
  const simulator = await startForTest();
  const destination = omnisendDestination({
    baseUrl: `${simulator.url}/api`,
    clock: { now: simulator.clock.now, random: () => 0.5, sleepUntil: async () => {} },
  });
  return {
    simulator,
    /** Somebody else tells Omnisend a status, such as the person by a link in a message. */
    async set(status: 'subscribed' | 'unsubscribed', statusChangedAt: string): Promise<void> {
      const body = {
        identifiers: [
          {
            type: 'email',
            id: email,
            channels: { email: { status, statusChangedAt } },
            sendWelcomeMessage: false,
          },
        ],
      };
      const reply = await simulator.call('POST', '/contacts', { body });
      if (reply.status >= 300) throw new Error(reply.text);
    },
    /** What a run tells of one person; the number of changes that Omnisend accepted. */
    async run({ values, changedAt, definition = mapped, kind = 'changes', ...more }: Told): Promise<number> {
      const profile = {
        customerId: id,
        values: { EMail: email, ...values },
        ...(changedAt !== undefined && { changedAt }),
      };
      const matched = matchProfile(profile, [0], definition);
      if (matched.kind !== 'row') throw new Error('The profile does not hold.');
      const rows = values === undefined ? [] : [{ ...matched.row, key }];
      const { changes } = planShard({ rows, records: more.records ?? [], definition, kind });
      const options = {
        sendWelcomeMessage: definition.sendWelcomeMessage,
        withoutPhone: more.withoutPhone ?? false,
      };
      const posted = await destination.postBatch(seedKeys.full, { origin: 'run.1', changes, options });
      if (posted.kind !== 'ok') throw new Error(`The post was answered ${posted.kind}.`);
      simulator.clock.advance(5);
      const items = await destination.readItems(seedKeys.full, posted.value);
      const accepted = items.kind === 'ok' ? items.value.filter((one) => one.result.kind === 'accepted') : [];
      expect(accepted.map((one) => one.digest)).toEqual(
        changes.map((change) => destination.requestDigest(change, options)),
      );
      return accepted.length;
    },
    async contact() {
      const [first] = (await simulator.contacts()).map((one) => contactSeen.parse(one));
      const channel = first?.identifiers.find((one) => one.type === 'email')?.channels.email;
      return { ...first, since: channel?.statusChangedAt };
    },
    async welcomes(): Promise<number> {
      const { json } = await simulator.control('GET', '');
      return welcomesSeen.parse(json).brands.reduce((sum, brand) => sum + brand.welcomeSent.count, 0);
    },
  };
};

let world: Awaited<ReturnType<typeof openWorld>>;
let welcomesAsked = 0;
beforeEach(async () => {
  welcomesAsked = 0;
  world = await openWorld();
});
afterEach(async () => {
  const welcomes = await world.welcomes();
  await world.simulator.close();
  expect(welcomes).toBe(welcomesAsked);
});

const yes = (at: unknown) => ({ FirstName: 'Ada', Consent: 'yes', ConsentAt: at });

/** None of these carries a consent time that is newer than the opt-out. */
const settings: readonly (Told & { readonly id: string })[] = [
  { id: 'no mapping', definition: unmapped, values: yes(newer) },
  { id: 'no mapping, a full run', definition: unmapped, values: yes(newer), kind: 'full', records: [known] },
  { id: 'an older opt-in', values: yes(older) },
  { id: 'an older opt-in, a full run', values: yes(older), kind: 'full', records: [known] },
  { id: 'an older opt-in, other markers', values: yes(older), records: [known] },
  { id: 'an older opt-in, with a phone', values: { ...yes(older), Phone: phone } },
  { id: 'an older opt-in, without the phone', values: { ...yes(older), Phone: phone }, withoutPhone: true },
  { id: 'an older opt-out', values: { ...yes(older), Consent: 'no' } },
  { id: 'an opt-in without a time', values: { FirstName: 'Ada', Consent: 'yes' } },
  { id: 'an opt-in with an empty time', values: yes('') },
  { id: 'an opt-in on a day', values: yes('2026-10-01') },
  { id: 'an opt-in in no time zone', values: yes('2026-10-01T08:00:00') },
  { id: 'an opt-in at a malformed time', values: yes('1.10.2026 08:00') },
  { id: 'an opt-in at the end of time', values: yes('9999-12-31T23:59:59Z') },
  { id: 'an opt-in after the profile was changed', values: yes(newer), changedAt: Date.parse(optedOutAt) },
  { id: 'a status that is none', values: { ...yes(newer), Consent: 'nonSubscribed' } },
  { id: 'no status', values: { ...yes(newer), Consent: null } },
  {
    id: 'no status, empty values cleared',
    definition: { ...mapped, onEmpty: 'clear' },
    values: { Consent: '' },
  },
  { id: 'no marker', definition: { ...mapped, marker: 'none' }, values: yes(older), records: [known] },
  { id: 'a leaver', records: [known] },
  {
    id: 'a leaver who keeps what is still made',
    definition: { ...define(), segments: ['A'], onLeave: 'keep' },
    records: [known],
  },
];

// What the documentation leaves open about a status.
const switches: readonly (readonly [string, object])[] = [
  ['as documented', {}],
  ['ignoring equal dates', { equalStatusDate: 'ignored' }],
  ['subscribing new contacts', { newContactStatus: 'subscribed' }],
  ['folding the case of addresses', { emailMatch: 'caseFolding' }],
];

describe.each(switches)('Omnisend %s', (_, change) => {
  it.each(settings)('leaves an unsubscribed contact unsubscribed: $id', async (told) => {
    await world.simulator.control('POST', '/switches', change);
    await world.set('unsubscribed', optedOutAt);
    expect(await world.run(told)).toBe(1);
    expect(await world.contact()).toMatchObject({ email, status: 'unsubscribed', since: optedOutAt });
  });
});

it('repeats nothing that a later choice has overruled', async () => {
  await world.run({ values: yes(older) });
  expect(await world.contact()).toMatchObject({ status: 'subscribed', since: older });
  await world.set('unsubscribed', optedOutAt);
  await world.run({ values: { ...yes(older), FirstName: 'Ada Two' }, kind: 'full', records: [known] });
  await world.run({ records: [known] });
  expect(await world.contact()).toMatchObject({
    status: 'unsubscribed',
    since: optedOutAt,
    firstName: 'Ada Two',
    customProperties: { segment_VIP: false },
  });
});

it.each([
  ['an opt-out', 'subscribed', 'no', 'unsubscribed'],
  ['an opt-in', 'unsubscribed', 'yes', 'subscribed'],
] as const)('exports %s that is newer, with its own time', async (_, before, value, after) => {
  await world.set(before, optedOutAt);
  await world.run({ values: { Consent: value, ConsentAt: newer } });
  expect(await world.contact()).toMatchObject({ status: after, since: newer });
});

it('sends the welcome message to a new subscriber where the export asks for it, once', async () => {
  const definition = { ...mapped, sendWelcomeMessage: true };
  welcomesAsked = 1;
  await world.run({ definition, values: yes(older) });
  await world.run({ definition, values: yes(older), kind: 'full' });
  expect(await world.contact()).toMatchObject({ status: 'subscribed', since: older });
});
