import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Contact } from '../../shared/domain/contact.ts';
import { type BatchId, batchId } from '../../shared/domain/ids.ts';
import type { Change } from '../../shared/domain/plan.ts';
import type { BatchListing, Destination } from '../../shared/ports/destination.ts';
import { plain, upsertOf } from '../adapters/omnisend/changes.ts';

/** How the brand is to answer for an address. */
export type Verdict = 'refused' | 'conflict' | 'throttled' | 'failing';

export interface HeldContact {
  /** Empty fields are absent. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Absent: none. */
  readonly tags?: readonly string[];
}

/** A destination with what is behind it. Its batches and tag calls take 1 to 3 seconds; 20 requests a minute, 6 of tags. */
export interface DestinationWorld {
  readonly destination: Destination;
  readonly apiKey: string;
  readonly otherBrandKey: string;
  readonly revokedKey: string;
  readonly now: () => number;
  advance(seconds: number): Promise<void>;
  judge(email: string, verdict: Verdict): Promise<void>;
  /** Answers of `postBatch` are lost from now on, `before` or `after` its effect. */
  loseAnswers(when: 'before' | 'after' | 'never'): Promise<void>;
  contact(email: string): Promise<HeldContact | undefined>;
  close(): Promise<void>;
}

export const requestsPerMinute = 20;
export const tagsPerMinute = 6;

const email = (place: number): string => `person${place}@example.com`;

const changesFor = (length: number): readonly Change[] =>
  Array.from({ length }, (_, place) => upsertOf({ email: email(place), firstName: `Name ${place}` }));

/** What every destination does, be it in memory or Omnisend's API. */
export const destinationContract = (name: string, open: () => Promise<DestinationWorld>): void => {
  describe(`${name} as a destination`, () => {
    let world: DestinationWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    const post = (changes: readonly Change[], origin = 'run.1', options: typeof plain | object = {}) =>
      world.destination.postBatch(world.apiKey, { origin, changes, options: { ...plain, ...options } });

    const posted = async (
      changes: readonly Change[],
      origin?: string,
      options?: object,
    ): Promise<BatchId> => {
      const answer = await post(changes, origin, options);
      if (answer.kind !== 'ok') throw new Error(`the post was answered ${answer.kind}`);
      return answer.value;
    };

    const listed = async (query: object = {}): Promise<BatchListing> => {
      const answer = await world.destination.listBatches(world.apiKey, { offset: 0, ...query });
      if (answer.kind !== 'ok') throw new Error(`the listing was answered ${answer.kind}`);
      return answer.value;
    };

    const results = async (id: BatchId) => {
      const answer = await world.destination.readItems(world.apiKey, id);
      if (answer.kind !== 'ok') throw new Error(`the items were answered ${answer.kind}`);
      return new Map(answer.value.map((item) => [item.email, item]));
    };

    const apply = async (contact: Contact, options?: object): Promise<HeldContact | undefined> => {
      await posted([upsertOf(contact)], 'run.1', options);
      await world.advance(5);
      return world.contact(contact.email);
    };

    it('makes no request for an empty batch', async () => {
      await expect(post([])).rejects.toThrow(RangeError);
      await world.advance(5);
      expect((await listed()).batches).toEqual([]);
    });

    it('makes no request for more than 100 contacts', async () => {
      await expect(post(changesFor(101))).rejects.toThrow(RangeError);
    });

    it('knows the brand of a key, and keys that are none', async () => {
      const own = await world.destination.brand(world.apiKey);
      const other = await world.destination.brand(world.otherBrandKey);
      expect(own).toMatchObject({ kind: 'ok', value: { name: expect.stringMatching(/./) } });
      expect(other.kind).toBe('ok');
      expect(other).not.toEqual(own);
      expect(await world.destination.brand(world.revokedKey)).toEqual({ kind: 'unauthorised' });
    });

    it('takes a batch, lists it with its origin, and ends it', async () => {
      const id = await posted(changesFor(100), 'run.7');
      const before = await world.destination.readBatch(world.apiKey, id);
      expect(before).toMatchObject({ kind: 'ok', value: { id, state: 'pending', total: 100, finished: 0 } });
      await world.advance(5);
      const { batches, next } = await listed();
      const expected = { id, state: 'finished', origin: 'run.7', total: 100, finished: 100, errors: 0 };
      expect(batches).toEqual([{ ...expected, createdAt: expect.any(Number) }]);
      expect(next).toBe(null);
      expect(Math.abs((batches[0]?.createdAt ?? 0) - world.now())).toBeLessThan(10_000);
      expect(await world.destination.readBatch(world.apiKey, id)).toEqual({ kind: 'ok', value: batches[0] });
    });

    it('gives every item back with the digest of its request', async () => {
      const changes = changesFor(100);
      const id = await posted(changes);
      expect([...(await results(id)).values()].map(({ result }) => result.kind)).toEqual(
        Array.from({ length: 100 }, () => 'open'),
      );
      await world.advance(5);
      const items = await results(id);
      expect(items.size).toBe(100);
      for (const change of changes) {
        expect(items.get(change.contact.email)).toEqual({
          email: change.contact.email,
          digest: world.destination.requestDigest(change, plain),
          result: { kind: 'accepted' },
        });
      }
    });

    it('tells the rows apart that it did not accept', async () => {
      await world.judge(email(0), 'refused');
      await world.judge(email(1), 'conflict');
      await world.judge(email(2), 'throttled');
      await world.judge(email(3), 'failing');
      const id = await posted(changesFor(5));
      await world.advance(5);
      const items = await results(id);
      const result = (place: number) => items.get(email(place))?.result;
      expect(result(0)).toEqual({
        kind: 'refused',
        faults: [{ field: 'firstName', code: 'invalid_format', message: 'Not a name' }],
      });
      expect(result(1)).toEqual({ kind: 'conflict' });
      expect(result(2)).toEqual({ kind: 'again', throttled: true });
      expect(result(3)).toEqual({ kind: 'again', throttled: false });
      expect(result(4)).toEqual({ kind: 'accepted' });
      expect((await listed()).batches[0]).toMatchObject({ finished: 5, errors: 4 });
      expect(await world.contact(email(0))).toBeUndefined();
      expect(await world.contact(email(4))).toBeDefined();
    });

    it('changes only what it is given, and clears what is null', async () => {
      const contact = {
        email: email(0),
        firstName: 'Ada',
        city: 'London',
        birthdate: '1990-12-10',
        gender: 'f',
      } as const;
      await apply({ ...contact, phone: '+442079460958', properties: { tier: 'gold', points: 7, VIP: true } });
      const held = await apply({
        email: email(0),
        city: null,
        birthdate: null,
        gender: null,
        lastName: 'Lovelace',
        properties: { tier: null, points: 8, VIP: false },
      });
      expect(held).toMatchObject({
        fields: { firstName: 'Ada', lastName: 'Lovelace', phone: '+442079460958' },
        properties: { points: 8, VIP: false },
      });
      expect(held?.properties).not.toHaveProperty('tier');
      for (const field of ['city', 'birthdate', 'gender']) expect(held?.fields).not.toHaveProperty(field);
    });

    it('leaves the phone out where it is told to, and the digest shows it', async () => {
      const contact = { email: email(0), firstName: 'Ada', phone: '+442079460958' };
      expect((await apply(contact, { withoutPhone: true }))?.fields).not.toHaveProperty('phone');
      expect((await apply(contact))?.fields).toHaveProperty('phone');
      const change = upsertOf(contact);
      expect(world.destination.requestDigest(change, { ...plain, withoutPhone: true })).not.toBe(
        world.destination.requestDigest(change, plain),
      );
    });

    it('passes over a phone that belongs to somebody else', async () => {
      await apply({ email: email(0), phone: '+442079460958' });
      const held = await apply({ email: email(1), firstName: 'Grace', phone: '+442079460958' });
      expect(held?.fields).toMatchObject({ firstName: 'Grace' });
      expect(held?.fields).not.toHaveProperty('phone');
    });

    const tag = (direction: 'add' | 'remove', name: string, emails: readonly string[]) =>
      world.destination.changeTags(world.apiKey, { direction, tag: name, emails });
    const tagsOf = async (place: number) => (await world.contact(email(place)))?.tags ?? [];

    it('sets and takes one tag seconds later, and leaves the others', async () => {
      await posted(changesFor(2));
      await world.advance(5);
      expect(await tag('add', 'segment_VIP', [email(0), email(1)])).toEqual({ kind: 'ok', value: null });
      await tag('add', 'segment_New', [email(0)]);
      expect(await tagsOf(0)).toEqual([]);
      await world.advance(5);
      expect((await tagsOf(0)).toSorted()).toEqual(['segment_New', 'segment_VIP']);
      expect(await tagsOf(1)).toEqual(['segment_VIP']);
      expect(await tag('remove', 'segment_VIP', [email(0)])).toEqual({ kind: 'ok', value: null });
      await world.advance(5);
      expect(await tagsOf(0)).toEqual(['segment_New']);
      expect(await tagsOf(1)).toEqual(['segment_VIP']);
    });

    it('takes a tag call twice, and one for contacts that are not there, without a word', async () => {
      await posted(changesFor(1));
      await world.advance(5);
      for (let times = 0; times < 2; times += 1) {
        expect(await tag('add', 'segment_VIP', [email(0), email(7)])).toEqual({ kind: 'ok', value: null });
        expect(await tag('remove', 'segment_New', [email(0)])).toEqual({ kind: 'ok', value: null });
      }
      await world.advance(5);
      expect(await tagsOf(0)).toEqual(['segment_VIP']);
      expect(await world.contact(email(7))).toBeUndefined();
    });

    it('keeps the tags of a contact that is written again', async () => {
      await apply({ email: email(0), firstName: 'Ada' });
      await tag('add', 'segment_VIP', [email(0)]);
      await world.advance(5);
      expect(await apply({ email: email(0), city: 'London' })).toMatchObject({
        fields: { firstName: 'Ada', city: 'London' },
        tags: ['segment_VIP'],
      });
    });

    it('takes 250 contacts in a tag call, and makes no request for more or for none', async () => {
      const emails = Array.from({ length: 251 }, (_, place) => email(place));
      expect((await tag('add', 'segment_VIP', emails.slice(1))).kind).toBe('ok');
      await expect(tag('add', 'segment_VIP', emails)).rejects.toThrow(RangeError);
      await expect(tag('remove', 'segment_VIP', [])).rejects.toThrow(RangeError);
    });

    it('throttles tag calls by a budget of their own', async () => {
      for (let place = 0; place < tagsPerMinute; place += 1) {
        expect((await tag('remove', 'segment_VIP', [email(0)])).kind).toBe('ok');
      }
      const answer = await tag('add', 'segment_VIP', [email(0)]);
      expect(answer).toEqual({ kind: 'throttled', retryAfterSeconds: expect.any(Number) });
      expect((await world.destination.brand(world.apiKey)).kind).toBe('ok');
      await world.advance(answer.kind === 'throttled' ? (answer.retryAfterSeconds ?? 0) : 0);
      expect((await tag('add', 'segment_VIP', [email(0)])).kind).toBe('ok');
    });

    it('lists by state and by day', async () => {
      const first = await posted(changesFor(1), 'run.1');
      await world.advance(90_000);
      const second = await posted(changesFor(1), 'run.2');
      await world.advance(1.1);
      const ids = async (query: object) => (await listed(query)).batches.map(({ id }) => id);
      const day = new Date(world.now()).toISOString().slice(0, 10);
      expect(await ids({ from: day })).toEqual([second]);
      expect(await ids({ state: 'stopped' })).toEqual([]);
      await world.advance(5);
      expect(new Set(await ids({ state: 'finished' }))).toEqual(new Set([first, second]));
      expect(await ids({ state: 'pending' })).toEqual([]);
    });

    it('goes on behind 250 batches, each listed once', async () => {
      for (let place = 0; place < 260; place += 1) {
        await posted(changesFor(1), `run.${place}`);
        await world.advance(4);
      }
      const first = await listed();
      expect(first.batches.length).toBe(250);
      expect(first.next).toBe(250);
      const second = await listed({ offset: first.next });
      expect(second.next).toBe(null);
      const origins = [...first.batches, ...second.batches].map(({ origin }) => origin);
      expect(new Set(origins).size).toBe(260);
    });

    it('knows no batch of another brand, and none that was never there', async () => {
      const id = await posted(changesFor(1));
      await world.advance(5);
      expect(await world.destination.readBatch(world.otherBrandKey, id)).toEqual({ kind: 'absent' });
      expect(await world.destination.readItems(world.otherBrandKey, id)).toEqual({ kind: 'absent' });
      const never = batchId.parse('5f92cbf10cf217478ba93561');
      expect(await world.destination.readBatch(world.apiKey, never)).toEqual({ kind: 'absent' });
    });

    it('throttles one brand by what came in the last 60 seconds, and says how long', async () => {
      for (let place = 0; place < requestsPerMinute; place += 1) {
        expect((await world.destination.brand(world.apiKey)).kind).toBe('ok');
      }
      const answer = await post(changesFor(1));
      expect(answer).toEqual({ kind: 'throttled', retryAfterSeconds: expect.any(Number) });
      expect((await world.destination.brand(world.otherBrandKey)).kind).toBe('ok');
      await world.advance(answer.kind === 'throttled' ? (answer.retryAfterSeconds ?? 0) : 0);
      expect((await world.destination.brand(world.apiKey)).kind).toBe('ok');
    });

    it('cannot tell a lost answer from a lost request, but the list can', async () => {
      await world.loseAnswers('after');
      expect((await post(changesFor(1), 'run.1')).kind).toBe('ambiguous');
      await world.loseAnswers('before');
      expect((await post(changesFor(1), 'run.2')).kind).toBe('ambiguous');
      await world.loseAnswers('never');
      await world.advance(5);
      expect((await listed()).batches.map(({ origin }) => origin)).toEqual(['run.1']);
    });
  });
};
