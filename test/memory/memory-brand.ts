import type { ItemAnswer, RemoteBatchState } from '../../shared/domain/answers.ts';
import type { Contact, PropertyValue } from '../../shared/domain/contact.ts';
import { type BatchId, batchId } from '../../shared/domain/ids.ts';
import type { Change } from '../../shared/domain/plan.ts';
import type { ContactOptions, TagChange } from '../../shared/ports/destination.ts';

export interface MemoryBatch {
  readonly id: BatchId;
  readonly origin: string;
  readonly changes: readonly Change[];
  readonly options: ContactOptions;
  readonly createdAt: number;
  readonly startsAt: number;
  /** `Infinity`: it never ends. */
  readonly endsAt: number;
  /** Changes that are looked at; fewer than all where the batch stops. */
  readonly reach: number;
  /** By place in `changes`; empty until the batch has ended. */
  results: readonly ItemAnswer['result'][];
}

/** A contact as the brand holds it: cleared fields and properties are absent. */
export interface MemoryContact {
  /** As last sent; nothing is made of it here. */
  readonly consent?: Contact['consent'];
  readonly fields: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, PropertyValue>>;
  /** Ascending; absent: none. */
  readonly tags?: readonly string[];
}

interface TagWrite extends TagChange {
  readonly takesEffectAt: number;
}

/** An item's outcome, at the moment when its batch ended. */
export interface Applied {
  readonly origin: string;
  readonly email: string;
  readonly at: number;
  readonly kind: ItemAnswer['result']['kind'];
}

/** Decides about an item, by its contact and how often its address came before; `undefined` accepts it. */
export type ItemRule = (contact: Contact, seen: number) => ItemAnswer['result'] | undefined;

export const windowMs = 60_000;

const withoutEmpty = <T>(
  values: Readonly<Record<string, T | null | undefined>>,
): Readonly<Record<string, T>> => {
  const kept: Record<string, T> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') kept[name] = value;
  }
  return kept;
};

interface BrandOptions {
  readonly customProperties?: 'merge' | 'replace' | undefined;
  readonly tagsPerMinute?: number | undefined;
}

/** Its place in the last 60 s; else seconds until one is free. A refused request takes none. */
const requestWindow = (perMinute: number) => {
  const entered: number[] = [];
  const waitSeconds = (now: number): number | undefined => {
    while ((entered[0] ?? now) <= now - windowMs) entered.shift();
    return entered.length < perMinute ? undefined : Math.ceil(((entered[0] ?? now) + windowMs - now) / 1000);
  };
  return { waitSeconds, enter: (now: number) => void entered.push(now) };
};

/** The contacts, batches and request windows of one brand. Batches take effect when they end, in any order. */
export const memoryBrand = (
  id: string,
  requestsPerMinute: number,
  rule: ItemRule,
  { customProperties = 'merge', tagsPerMinute = 60 }: BrandOptions = {},
) => {
  const batches: MemoryBatch[] = [];
  const byId = new Map<BatchId, MemoryBatch>();
  const contacts = new Map<string, MemoryContact>();
  const phoneOwners = new Map<string, string>();
  const seen = new Map<string, number>();
  const requests = requestWindow(requestsPerMinute);
  const tagRequests = requestWindow(tagsPerMinute);
  const applied: Applied[] = [];
  let open: MemoryBatch[] = [];
  let tagWrites: readonly TagWrite[] = [];

  /** A telephone that belongs to somebody else is passed over. */
  const ownPhone = (email: string, phone: string | undefined): string | undefined => {
    if (phone === undefined || (phoneOwners.get(phone) ?? email) !== email) return undefined;
    phoneOwners.set(phone, email);
    return phone;
  };

  const upsert = (contact: Contact, withoutPhone: boolean): void => {
    const { email, phone, properties, consent, ...fields } = contact;
    const held = contacts.get(email);
    const kept = ownPhone(email, withoutPhone ? undefined : phone);
    contacts.set(email, {
      ...(consent !== undefined && { consent }),
      ...(held?.tags !== undefined && { tags: held.tags }),
      fields: withoutEmpty({ ...held?.fields, ...fields, ...(kept !== undefined && { phone: kept }) }),
      properties: withoutEmpty(
        properties !== undefined && customProperties === 'replace'
          ? properties
          : { ...held?.properties, ...properties },
      ),
    });
  };

  const apply = ({ contact }: Change, withoutPhone: boolean): ItemAnswer['result'] => {
    const before = seen.get(contact.email) ?? 0;
    seen.set(contact.email, before + 1);
    const decided = rule(contact, before) ?? { kind: 'accepted' };
    if (decided.kind === 'accepted') upsert(contact, withoutPhone);
    return decided;
  };

  const end = (batch: MemoryBatch): void => {
    const reached = batch.changes.slice(0, batch.reach);
    batch.results = reached.map((change) => {
      const result = apply(change, batch.options.withoutPhone);
      const { email } = change.contact;
      applied.push({ origin: batch.origin, email, at: batch.endsAt, kind: result.kind });
      return result;
    });
  };

  /** Whoever is not known by then is passed over. */
  const setTags = ({ direction, tag, emails }: TagWrite): void => {
    for (const email of emails) {
      const held = contacts.get(email);
      if (held === undefined) continue;
      const { tags: before = [], ...rest } = held;
      const tags = [...before.filter((one) => one !== tag), ...(direction === 'add' ? [tag] : [])].sort();
      contacts.set(email, tags.length > 0 ? { ...rest, tags } : rest);
    }
  };

  const settle = (now: number): void => {
    const ended = open.filter(({ endsAt }) => endsAt <= now);
    const due = tagWrites.filter(({ takesEffectAt }) => takesEffectAt <= now);
    if (ended.length === 0 && due.length === 0) return;
    open = open.filter(({ endsAt }) => endsAt > now);
    tagWrites = tagWrites.filter(({ takesEffectAt }) => takesEffectAt > now);
    const effects = [
      ...ended.map((batch) => ({ at: batch.endsAt, act: () => end(batch) })),
      ...due.map((write) => ({ at: write.takesEffectAt, act: () => setTags(write) })),
    ];
    for (const { act } of effects.sort((a, b) => a.at - b.at)) act();
  };

  return {
    id,
    /** Takes a place in the last 60 s, a tag call one in both windows; else seconds until one is free. */
    enter(now: number, isTagCall: boolean): number | undefined {
      const windows = isTagCall ? [requests, tagRequests] : [requests];
      const waits = windows.flatMap((window) => window.waitSeconds(now) ?? []);
      if (waits.length > 0) return Math.max(...waits);
      for (const window of windows) window.enter(now);
      return undefined;
    },
    add(batch: Omit<MemoryBatch, 'id' | 'results'>): MemoryBatch {
      const made = { ...batch, id: batchId.parse(`${id}-${batches.length + 1}`), results: [] };
      batches.push(made);
      byId.set(made.id, made);
      open.push(made);
      return made;
    },
    /** One contact by itself, at once: the names of the properties that it has then. */
    write(contact: Contact, withoutPhone: boolean): ReadonlySet<string> {
      upsert(contact, withoutPhone);
      return new Set(Object.keys(contacts.get(contact.email)?.properties ?? {}));
    },
    tag(change: TagChange, takesEffectAt: number): void {
      tagWrites = [...tagWrites, { ...change, takesEffectAt }];
    },
    batch(wanted: BatchId, now: number): MemoryBatch | undefined {
      settle(now);
      return byId.get(wanted);
    },
    /** Newest first. */
    batches(now: number): readonly MemoryBatch[] {
      settle(now);
      return batches.toReversed().filter((batch) => byId.has(batch.id));
    },
    /** As after seven days. */
    drop: (gone: BatchId): boolean => byId.delete(gone),
    contacts(now: number): ReadonlyMap<string, MemoryContact> {
      settle(now);
      return contacts;
    },
    /** In the order in which batches took effect. */
    applied(now: number): readonly Applied[] {
      settle(now);
      return applied;
    },
  };
};

export type MemoryBrand = ReturnType<typeof memoryBrand>;

export const stateOf = (batch: MemoryBatch, now: number): RemoteBatchState => {
  if (now < batch.startsAt) return 'pending';
  if (now < batch.endsAt) return 'inProgress';
  return batch.reach < batch.changes.length ? 'stopped' : 'finished';
};
