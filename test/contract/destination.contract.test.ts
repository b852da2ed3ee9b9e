import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { omnisendDestination } from '../../shared/adapters/omnisend/destination.ts';
import type { ItemAnswer } from '../../shared/domain/answers.ts';
import { plain, upsertOf } from '../adapters/omnisend/changes.ts';
import { virtualClock } from '../memory/clock.ts';
import { memoryDestination } from '../memory/memory-destination.ts';
import { manualClock } from '../sandbox/omnisend/clock.ts';
import { seedBrands, seedKeys, startOmnisend } from '../sandbox/omnisend/omnisend.ts';
import {
  type DestinationWorld,
  destinationContract,
  type HeldContact,
  requestsPerMinute,
  tagsPerMinute,
  type Verdict,
} from './destination.contract.ts';

const results: Readonly<Record<Verdict, ItemAnswer['result']>> = {
  refused: {
    kind: 'refused',
    faults: [{ field: 'firstName', code: 'invalid_format', message: 'Not a name' }],
  },
  conflict: { kind: 'conflict' },
  throttled: { kind: 'again', throttled: true },
  failing: { kind: 'again', throttled: false },
};

destinationContract('memory', async (): Promise<DestinationWorld> => {
  const clock = virtualClock();
  const verdicts = new Map<string, Verdict>();
  let lost: 'before' | 'after' | 'never' = 'never';
  const loses = (when: 'before' | 'after') => (call: { readonly operation: string }) =>
    lost === when && call.operation === 'post-batch'
      ? { kind: 'ambiguous' as const, message: 'lost' }
      : undefined;
  const destination = memoryDestination({
    clock,
    requestsPerMinute,
    tagsPerMinute,
    item: ({ email }) => {
      const verdict = verdicts.get(email);
      return verdict && results[verdict];
    },
    before: loses('before'),
    after: loses('after'),
  });
  destination.revoke('c3-revoked');
  return {
    destination,
    apiKey: 'a1-full',
    otherBrandKey: 'b2-full',
    revokedKey: 'c3-revoked',
    now: clock.now,
    advance: (seconds) => clock.advance(seconds * 1000),
    async judge(email, verdict) {
      verdicts.set(email, verdict);
    },
    async loseAnswers(when) {
      lost = when;
    },
    contact: async (email) => destination.contacts('a1').get(email),
    close: async () => {},
  };
});

const statuses: Readonly<Record<Verdict, number>> = {
  refused: 400,
  conflict: 409,
  throttled: 429,
  failing: 503,
};

const heldContact = z
  .object({
    email: z.string(),
    phone: z.array(z.string()).catch([]),
    customProperties: z.record(z.string(), z.unknown()).nullable(),
    tags: z.array(z.string()).nullish(),
  })
  .loose()
  .transform(({ email, phone, customProperties, tags, ...rest }): { email: string; held: HeldContact } => {
    const fields = Object.entries({ ...rest, phone: phone[0] });
    const present = fields.filter(([, value]) => value !== undefined && value !== null && value !== '');
    const held = { fields: Object.fromEntries(present), properties: customProperties ?? {} };
    return { email, held: tags ? { ...held, tags } : held };
  });

const openOmnisend = async (switches: object = {}): Promise<DestinationWorld> => {
  const clock = manualClock();
  const simulator = await startOmnisend({
    clock,
    requestsPerMinute,
    tagRequestsPerMinute: tagsPerMinute,
    batchSeconds: [1, 3],
  });
  const destination = omnisendDestination({
    baseUrl: `${simulator.url}/api`,
    clock: { now: clock.now, random: () => 0.5, sleepUntil: async () => {} },
  });
  const refusals: object[] = [];
  const control = async (part: string, change: object): Promise<void> => {
    const response = await fetch(`${simulator.url}/control/${part}`, {
      method: 'POST',
      body: JSON.stringify(change),
    });
    if (!response.ok) throw new Error(await response.text());
  };
  const setFaults = (faults: object): Promise<void> => control('faults', faults);
  await control('switches', switches);
  return {
    destination,
    apiKey: seedKeys.full,
    otherBrandKey: seedKeys.otherBrand,
    revokedKey: seedKeys.revoked,
    now: clock.now,
    advance: async (seconds) => clock.advance(seconds),
    judge(email, verdict) {
      const fault = { field: 'firstName', code: 'invalid_format', message: 'Not a name' };
      refusals.push({ email, ...fault, status: statuses[verdict] });
      return setFaults({ refuse: refusals });
    },
    loseAnswers: (when) =>
      setFaults({
        endpoints: ['POST /batches'],
        lostResponseShare: when === 'after' ? 1 : 0,
        serverErrorShare: when === 'before' ? 1 : 0,
      }),
    async contact(email) {
      const response = await fetch(`${simulator.url}/control/contacts?brand=${seedBrands[0].brandID}`);
      const lines = (await response.text()).split('\n').filter((line) => line !== '');
      return lines.map((line) => heldContact.parse(JSON.parse(line))).find((one) => one.email === email)
        ?.held;
    },
    async close() {
      await simulator.close();
      // Omnisend's OpenAPI document is not ours to publish: nothing is held to it where it is not at hand.
      expect(simulator.contract()?.violations ?? []).toEqual([]);
    },
  };
};

destinationContract('Omnisend', () => openOmnisend());

// What Omnisend's documentation leaves open: the adapter must hold under every answer.
const switches: readonly (readonly [string, object])[] = [
  ['refuses fields that it does not document', { unknownBodyFields: 'strict' }],
  ['writes problems as in older versions', { itemProblem: 'legacy' }],
  ['answers an item with the contact', { itemSuccess: 'contact' }],
  ['answers an item with nothing', { itemSuccess: 'empty' }],
  ['hides items that are pending', { pendingItems: 'hidden' }],
  ['writes paths with brackets', { fieldPaths: 'brackets' }],
  ['folds the case of addresses', { emailMatch: 'caseFolding' }],
  ['writes null for links that lead nowhere', { absentPageLinks: 'null' }],
  ['drops the origin', { origin: 'dropped' }],
  ['lists the oldest first', { batchListOrder: 'oldestFirst' }],
];

describe.each(switches)('Omnisend that %s', (_, change) => {
  it('is understood', async () => {
    const world = await openOmnisend(change);
    try {
      const addresses = ['a', 'b', 'c'].map((name) => `${name}@example.com`);
      const [refused = ''] = addresses;
      await world.judge(refused, 'refused');
      const changes = addresses.map((email) =>
        upsertOf({ email, firstName: 'Ada', city: null, gender: null, properties: { VIP: true } }),
      );
      const batch = { origin: 'run.1', changes, options: plain };
      const posted = await world.destination.postBatch(world.apiKey, batch);
      if (posted.kind !== 'ok') throw new Error(posted.kind);
      const open = await world.destination.readItems(world.apiKey, posted.value);
      expect(open.kind === 'ok' && open.value.every(({ result }) => result.kind === 'open')).toBe(true);
      await world.advance(5);
      const listing = await world.destination.listBatches(world.apiKey, { offset: 0 });
      expect(listing).toMatchObject({
        kind: 'ok',
        value: { batches: [{ id: posted.value, state: 'finished', total: 3, errors: 1 }], next: null },
      });
      const items = await world.destination.readItems(world.apiKey, posted.value);
      const kinds = items.kind === 'ok' ? items.value.map(({ email, result }) => [email, result.kind]) : [];
      expect(Object.fromEntries(kinds)).toEqual({
        'a@example.com': 'refused',
        'b@example.com': 'accepted',
        'c@example.com': 'accepted',
      });
      expect((await world.contact('b@example.com'))?.properties).toEqual({ VIP: true });
    } finally {
      await world.close();
    }
  });
});
