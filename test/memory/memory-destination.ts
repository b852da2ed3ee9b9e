import { createHash } from 'node:crypto';
import type {
  DestinationAnswer,
  DestinationFault,
  ItemAnswer,
  RemoteBatch,
} from '../../shared/domain/answers.ts';
import { canonicalJson } from '../../shared/domain/canonical-json.ts';
import type { Contact } from '../../shared/domain/contact.ts';
import type { BatchId } from '../../shared/domain/ids.ts';
import type { Change } from '../../shared/domain/plan.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Brand, ContactOptions, Destination, TagChange } from '../../shared/ports/destination.ts';
import { createDraw } from '../sandbox/omnisend/chance.ts';
import {
  type Applied,
  type ItemRule,
  type MemoryBatch,
  type MemoryBrand,
  type MemoryContact,
  memoryBrand,
  stateOf,
  windowMs,
} from './memory-brand.ts';

type Operation =
  | 'brand'
  | 'post-batch'
  | 'write-contact'
  | 'change-tags'
  | 'list-batches'
  | 'read-batch'
  | 'read-items';

/** One request as it arrived, with the kind of the answer that the caller got. */
interface Arrival {
  readonly operation: Operation;
  readonly brandId: string;
  readonly at: number;
  readonly answer: DestinationAnswer<unknown>['kind'];
}

/** One tag call as it arrived; `takesEffectAt` where it did, whatever the caller was told. */
interface TagCallArrival extends TagChange {
  readonly brandId: string;
  readonly at: number;
  readonly takesEffectAt: number | undefined;
}

/** One `POST /batches` as it arrived; `id` where it took effect, whatever the caller was told. */
interface Post {
  readonly origin: string;
  readonly brandId: string;
  readonly at: number;
  readonly changes: readonly Change[];
  readonly id: BatchId | undefined;
}

interface RequestCall {
  readonly operation: Operation;
  readonly apiKey: string;
  /** Of a `post-batch`. */
  readonly origin?: string;
  readonly changes?: readonly Change[];
  /** Of a `read-batch` or `read-items`. */
  readonly id?: BatchId;
  /** Of a `change-tags`. */
  readonly tags?: TagChange;
}

export interface MemoryDestinationOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly seed?: number;
  readonly requestsPerMinute?: number;
  /** Of tag calls, which count as requests too. */
  readonly tagsPerMinute?: number;
  /** Least and most seconds from a batch's creation to its end. */
  readonly batchSeconds?: readonly [number, number];
  /** Seconds until a new batch is listed. */
  readonly listingLagSeconds?: number;
  readonly item?: ItemRule;
  /** Changes of a batch that are looked at before it stops; `undefined` for all. */
  readonly stopAfter?: (origin: string) => number | undefined;
  /** Seconds from creation to end of batches that take another time than `batchSeconds`. */
  readonly lasts?: (origin: string) => number | undefined;
  /** Batches that never end. */
  readonly stuck?: (origin: string) => boolean;
  /** What writing custom properties does to those that are there; `merge` unless said. */
  readonly customProperties?: 'merge' | 'replace';
  /** An answer in place of the effect. */
  readonly before?: (call: RequestCall) => DestinationFault | undefined;
  /** An answer in place of the true one, after the effect: a lost answer. */
  readonly after?: (call: RequestCall) => DestinationFault | undefined;
}

export interface MemoryDestination extends Destination {
  readonly arrivals: readonly Arrival[];
  readonly posts: readonly Post[];
  readonly tagCalls: readonly TagCallArrival[];
  /** What the brand holds by now, by address. */
  contacts(brandId: string): ReadonlyMap<string, MemoryContact>;
  /** What became of each item of a brand, in the order in which batches took effect. */
  applied(brandId: string): readonly Applied[];
  /** The most requests of a brand that arrived in any 60 s, refused ones counted; of one operation, or of all. */
  mostInAnyMinute(brandId: string, operation?: Operation): number;
  /** From now on a key is unknown. */
  revoke(apiKey: string): void;
  /** A batch is gone, as after seven days. */
  vanish(id: BatchId): void;
}

const batchesPerListing = 250;
const contactsPerBatch = 100;
const contactsPerTagCall = 250;
const tagSeconds = [1, 3] as const;

const remote = (batch: MemoryBatch, now: number): RemoteBatch => ({
  id: batch.id,
  state: stateOf(batch, now),
  origin: batch.origin,
  createdAt: batch.createdAt,
  total: batch.changes.length,
  finished: batch.results.length,
  errors: batch.results.filter(({ kind }) => kind !== 'accepted').length,
});

const requestDigest = ({ contact }: Change, options: ContactOptions): string => {
  const { phone, ...rest } = contact;
  const sent = phone === undefined || options.withoutPhone ? rest : contact;
  const text = canonicalJson({ sent, welcome: options.sendWelcomeMessage });
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
};

const itemsOf = (batch: MemoryBatch): readonly ItemAnswer[] =>
  batch.changes.map((change, place) => ({
    email: change.contact.email,
    digest: requestDigest(change, batch.options),
    result: batch.results[place] ?? { kind: 'open' },
  }));

const ok = <T>(value: T): DestinationAnswer<T> => ({ kind: 'ok', value });

/**
 * Omnisend in memory, on a clock of the test's. A key is `<brand id>-<anything>`: whatever brand it names is there.
 * A batch is applied at a moment of its own, so batches overtake each other.
 */
export const memoryDestination = (options: MemoryDestinationOptions): MemoryDestination => {
  const { clock, requestsPerMinute = 400, batchSeconds = [1, 3], listingLagSeconds = 1 } = options;
  const draw = createDraw(options.seed ?? 1);
  const brands = new Map<string, MemoryBrand>();
  const revoked = new Set<string>();
  const arrivals: Arrival[] = [];
  const posts: Post[] = [];
  const tagCalls: TagCallArrival[] = [];

  const brandOf = (brandId: string): MemoryBrand => {
    const known = brands.get(brandId);
    if (known !== undefined) return known;
    const made = memoryBrand(brandId, requestsPerMinute, options.item ?? (() => undefined), options);
    brands.set(brandId, made);
    return made;
  };

  /** The gateway's order: key, faults of the test, window, effect. */
  const answered = <T>(
    call: RequestCall,
    brandId: string,
    effect: (brand: MemoryBrand, now: number) => DestinationAnswer<T>,
  ): DestinationAnswer<T> => {
    if (brandId === '' || revoked.has(call.apiKey)) return { kind: 'unauthorised' };
    const injected = options.before?.(call);
    if (injected !== undefined) return injected;
    const now = clock.now();
    const brand = brandOf(brandId);
    const wait = brand.enter(now, call.operation === 'change-tags');
    if (wait !== undefined) return { kind: 'throttled', retryAfterSeconds: wait };
    const answer = effect(brand, now);
    return options.after?.(call) ?? answer;
  };

  const exchange = async <T>(
    call: RequestCall,
    effect: (brand: MemoryBrand, now: number) => DestinationAnswer<T>,
  ): Promise<DestinationAnswer<T>> => {
    const [brandId = ''] = call.apiKey.split('-');
    const answer = answered(call, brandId, effect);
    arrivals.push({ operation: call.operation, brandId, at: clock.now(), answer: answer.kind });
    return answer;
  };

  const withBatch = <T>(
    id: BatchId,
    view: (batch: MemoryBatch, now: number) => T,
  ): ((brand: MemoryBrand, now: number) => DestinationAnswer<T>) => {
    return (brand, now) => {
      const batch = brand.batch(id, now);
      return batch === undefined ? { kind: 'absent' } : ok(view(batch, now));
    };
  };

  /** What a batch's item would be refused for, a single contact is refused for too. */
  const writeNow = (
    brand: MemoryBrand,
    contact: Contact,
    withoutPhone: boolean,
  ): DestinationAnswer<ReadonlySet<string>> => {
    const decided = options.item?.(contact, 0);
    return decided?.kind === 'refused' ? decided : ok(brand.write(contact, withoutPhone));
  };

  const create = (
    brand: MemoryBrand,
    now: number,
    batch: Pick<MemoryBatch, 'origin' | 'changes' | 'options'>,
  ): BatchId => {
    const [least, most] = batchSeconds;
    const drawn = least + (most - least) * draw('batchSeconds');
    const lastsMs = (options.lasts?.(batch.origin) ?? drawn) * 1000;
    const startsAt = now + lastsMs * 0.3;
    const endsAt = options.stuck?.(batch.origin) === true ? Number.POSITIVE_INFINITY : now + lastsMs;
    const reach = Math.min(options.stopAfter?.(batch.origin) ?? batch.changes.length, batch.changes.length);
    return brand.add({ ...batch, createdAt: now, startsAt, endsAt, reach }).id;
  };

  return {
    arrivals,
    posts,
    tagCalls,
    contacts: (brandId) => brandOf(brandId).contacts(clock.now()),
    applied: (brandId) => brandOf(brandId).applied(clock.now()),
    mostInAnyMinute(brandId, operation) {
      const times = arrivals
        .filter(
          (arrival) => arrival.brandId === brandId && arrival.operation === (operation ?? arrival.operation),
        )
        .map(({ at }) => at);
      let first = 0;
      let most = 0;
      times.forEach((at, place) => {
        while ((times[first] ?? at) <= at - windowMs) first += 1;
        most = Math.max(most, place - first + 1);
      });
      return most;
    },
    revoke: (apiKey) => void revoked.add(apiKey),
    vanish: (id) => {
      for (const brand of brands.values()) brand.drop(id);
    },

    brand: (apiKey) =>
      exchange({ operation: 'brand', apiKey }, ({ id }) => ok<Brand>({ id, name: `Brand ${id}` })),
    async postBatch(apiKey, { origin, changes, options: contactOptions }) {
      const { length } = changes;
      if (length === 0 || length > contactsPerBatch) throw new RangeError(`a batch of ${length} contacts`);
      const call: RequestCall = { operation: 'post-batch', apiKey, origin, changes };
      let id: BatchId | undefined;
      const answer = await exchange(call, (brand, now) => {
        id = create(brand, now, { origin, changes, options: contactOptions });
        return ok(id);
      });
      posts.push({ origin, brandId: apiKey.split('-')[0] ?? '', at: clock.now(), changes, id });
      return answer;
    },
    writeContact: (apiKey, change, { withoutPhone }) =>
      exchange({ operation: 'write-contact', apiKey, changes: [change] }, (brand) =>
        writeNow(brand, change.contact, withoutPhone),
      ),
    async changeTags(apiKey, change) {
      const { length } = change.emails;
      if (length === 0 || length > contactsPerTagCall) throw new RangeError(`a tag for ${length} contacts`);
      let takesEffectAt: number | undefined;
      const answer = await exchange<null>(
        { operation: 'change-tags', apiKey, tags: change },
        (brand, now) => {
          const [least, most] = tagSeconds;
          takesEffectAt = now + (least + (most - least) * draw('tagSeconds')) * 1000;
          brand.tag(change, takesEffectAt);
          return ok(null);
        },
      );
      tagCalls.push({ ...change, brandId: apiKey.split('-')[0] ?? '', at: clock.now(), takesEffectAt });
      return answer;
    },
    listBatches: (apiKey, { state, from, offset }) =>
      exchange({ operation: 'list-batches', apiKey }, (brand, now) => {
        const earliest = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from);
        const listed = brand
          .batches(now)
          .filter(({ createdAt }) => createdAt >= earliest && createdAt <= now - listingLagSeconds * 1000)
          .filter((batch) => state === undefined || stateOf(batch, now) === state);
        const end = offset + batchesPerListing;
        const batches = listed.slice(offset, end).map((batch) => remote(batch, now));
        return ok({ batches, next: end < listed.length ? end : null });
      }),
    readBatch: (apiKey, id) => exchange({ operation: 'read-batch', apiKey, id }, withBatch(id, remote)),
    readItems: (apiKey, id) => exchange({ operation: 'read-items', apiKey, id }, withBatch(id, itemsOf)),
    requestDigest,
  };
};
