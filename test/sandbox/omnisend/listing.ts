import { z } from 'zod';
import type { ContactStore, StoredContact } from './contact-store.ts';
import { contactView, emailStatusOf } from './contact-view.ts';
import { type FieldFault, invalid, type Problem, validationProblem } from './problems.ts';
import { readQuery } from './queries.ts';
import { isInstant } from './rules.ts';

const filterNames = ['email', 'phone', 'status', 'segmentID', 'tag', 'updatedAtFrom'] as const;
const orderNames = ['sort', 'direction'] as const;
const parameters = ['limit', 'after', 'before', ...orderNames, ...filterNames];
const statuses = ['subscribed', 'unsubscribed', 'nonSubscribed'] as const;
const defaultLimit = 100;
const mostContacts = 250;

const wantedSchema = z.strictObject({
  sort: z.enum(['createdAt', 'updatedAt']),
  direction: z.enum(['asc', 'desc']),
  email: z.string().optional(),
  phone: z.string().optional(),
  status: z.enum(statuses).optional(),
  segmentID: z.string().optional(),
  tag: z.string().optional(),
  updatedAtFrom: z.string().optional(),
});
type Wanted = z.infer<typeof wantedSchema>;

/** A cursor says what is listed and between which contacts it stands. */
const cursorSchema = z.strictObject({
  wanted: wantedSchema,
  limit: z.number(),
  timeMs: z.number(),
  place: z.number(),
});
type Cursor = z.infer<typeof cursorSchema>;

const writeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

function readCursor(text: string): Cursor | undefined {
  try {
    return cursorSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString())).data;
  } catch {
    return undefined;
  }
}

type Page = {
  readonly wanted: Wanted;
  readonly limit: number;
  readonly from: Cursor | undefined;
  readonly backwards: boolean;
};

function readPage(query: URLSearchParams): Page | readonly FieldFault[] {
  const read = readQuery(query, parameters);
  const faults = read.faults;
  const given = {
    sort: read.oneOf('sort', ['createdAt', 'updatedAt']) ?? 'createdAt',
    direction: read.oneOf('direction', ['asc', 'desc']) ?? 'desc',
    email: read.text('email'),
    phone: read.text('phone'),
    status: read.oneOf('status', statuses),
    segmentID: read.text('segmentID'),
    tag: read.text('tag'),
    updatedAtFrom: read.matching('updatedAtFrom', isInstant, 'Must be an RFC 3339 timestamp'),
  } satisfies Record<keyof Wanted, string | undefined>;
  const limit = read.integer('limit', 1, mostContacts);
  if (query.has('tag') && query.has('status')) {
    faults.push(invalid('tag', 'Cannot be combined with status'));
  }
  if (query.has('updatedAtFrom')) {
    const conflict = filterNames.find((name) => name !== 'updatedAtFrom' && query.has(name));
    if (conflict !== undefined) faults.push(invalid('updatedAtFrom', `Cannot be combined with ${conflict}`));
  }
  const after = read.text('after');
  const before = read.text('before');
  if (after !== undefined && before !== undefined) {
    faults.push(invalid('after', 'Cannot be combined with before'));
  }
  const cursorText = after ?? before;
  const from = cursorText === undefined ? undefined : readCursor(cursorText);
  if (cursorText !== undefined && from === undefined) {
    faults.push(invalid(after === undefined ? 'before' : 'after', 'Unknown cursor'));
  }
  if (from !== undefined) {
    for (const name of [...filterNames, ...orderNames]) {
      if (query.has(name) && given[name] !== from.wanted[name]) {
        faults.push(invalid(name, 'Cannot change while paging'));
      }
    }
  }
  if (faults.length > 0) return faults;
  return {
    wanted: from?.wanted ?? wantedSchema.parse(given),
    limit: limit ?? from?.limit ?? defaultLimit,
    from,
    backwards: before !== undefined,
  };
}

/** Those that may match: by an index where one helps, else all in order of creation. */
function candidates(store: ContactStore, wanted: Wanted): readonly StoredContact[] {
  // No segment is simulated, so none has members.
  if (wanted.segmentID !== undefined) return [];
  if (wanted.email === undefined && wanted.phone === undefined) return store.all;
  const found = wanted.email === undefined ? store.byPhone(wanted.phone ?? '') : store.byEmail(wanted.email);
  const alsoPhone = wanted.phone === undefined || found?.phone === wanted.phone;
  return found !== undefined && alsoPhone ? [found] : [];
}

function matcher(store: ContactStore, wanted: Wanted): (contact: StoredContact) => boolean {
  const { status, tag, updatedAtFrom } = wanted;
  const fromMs = updatedAtFrom === undefined ? undefined : Date.parse(updatedAtFrom);
  return (contact) =>
    (status === undefined || (contact.email !== undefined && emailStatusOf(contact) === status)) &&
    (tag === undefined || contact.tags?.includes(tag) === true) &&
    (fromMs === undefined || store.updatedAtMs(contact) >= fromMs);
}

/** `GET /contacts`: a page, or what is wrong with the question. */
export function listContacts(
  store: ContactStore,
  query: URLSearchParams,
):
  | { readonly kind: 'listed'; readonly body: object }
  | { readonly kind: 'refused'; readonly problem: Problem } {
  const page = readPage(query);
  if (!('wanted' in page)) return { kind: 'refused', problem: validationProblem(page) };
  const { wanted, limit, from, backwards } = page;
  const timeOf = (contact: StoredContact) =>
    wanted.sort === 'createdAt' ? store.createdAtMs(contact) : store.updatedAtMs(contact);
  const matches = matcher(store, wanted);
  let ascending = candidates(store, wanted);
  if (wanted.sort === 'updatedAt') {
    ascending = ascending.filter(matches).sort((a, b) => timeOf(a) - timeOf(b) || a.place - b.place);
  }

  const forward = (wanted.direction === 'asc') !== backwards;
  const step = forward ? 1 : -1;
  let index = forward ? 0 : ascending.length - 1;
  if (from !== undefined) {
    const bound = lowerBound(ascending, (contact) => {
      return timeOf(contact) - from.timeMs || contact.place - from.place;
    });
    index = forward ? bound + (ascending[bound]?.place === from.place ? 1 : 0) : bound - 1;
  }
  const found: StoredContact[] = [];
  for (; index >= 0 && index < ascending.length && found.length <= limit; index += step) {
    const contact = ascending[index];
    if (contact !== undefined && matches(contact)) found.push(contact);
  }
  const more = found.length > limit;
  if (more) found.pop();
  if (backwards) found.reverse();

  const cursorAt = (contact: StoredContact | undefined) =>
    contact && writeCursor({ wanted, limit, timeMs: timeOf(contact), place: contact.place });
  const hasMore = backwards ? found.length > 0 : more;
  const hasBefore = backwards ? more : from !== undefined && found.length > 0;
  const cursors = {
    after: (hasMore && cursorAt(found.at(-1))) || null,
    before: (hasBefore && cursorAt(found[0])) || null,
  };
  const contacts = found.map((contact) => contactView(store, contact));
  return { kind: 'listed', body: { contacts, paging: { limit, hasMore, cursors } } };
}

/** The first index at which `compare` is not negative. */
function lowerBound(
  ascending: readonly StoredContact[],
  compare: (contact: StoredContact) => number,
): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const contact = ascending[middle];
    if (contact !== undefined && compare(contact) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
