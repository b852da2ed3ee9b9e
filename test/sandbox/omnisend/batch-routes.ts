import { batchView } from './batch-view.ts';
import { type BatchBook, batchStates } from './batches.ts';
import { unknownFields } from './contact-rules.ts';
import { type FieldFault, invalid, type Problem, required, validationProblem } from './problems.ts';
import { readQuery } from './queries.ts';
import { isCalendarDate, isObject } from './rules.ts';
import type { Switches } from './switches.ts';

const mostItems = 100;
const mostBatches = 250;

type Answer<T> =
  | { readonly kind: 'done'; readonly body: T }
  | { readonly kind: 'refused'; readonly problem: Problem };

/** `POST /batches`, of contacts only: nothing else is simulated. `bytes` is what `body` was parsed from. */
export function createBatch(
  book: BatchBook,
  body: unknown,
  bytes: Buffer,
  strict: boolean,
): Answer<{ batchID: string; totalCount: number }> {
  const refused = (faults: readonly FieldFault[]) => {
    return { kind: 'refused', problem: validationProblem(faults) } as const;
  };
  if (!isObject(body)) return refused([invalid('body', 'Must be a JSON object')]);
  const { method, endpoint, items, origin } = body;
  const faults = unknownFields(body, ['method', 'endpoint', 'items', 'origin'], strict);
  if (method === undefined) faults.push(required('method'));
  else if (method !== 'POST') faults.push(invalid('method', 'Must be POST'));
  if (endpoint === undefined) faults.push(required('endpoint'));
  else if (endpoint !== 'contacts') faults.push(invalid('endpoint', 'Must be contacts'));
  if (origin !== undefined && typeof origin !== 'string') faults.push(invalid('origin', 'Must be a string'));
  if (items === undefined) faults.push(required('items'));
  else if (!Array.isArray(items) || items.length < 1 || items.length > mostItems) {
    faults.push(invalid('items', `Must hold 1 to ${mostItems} items`));
  }
  if (faults.length > 0 || !Array.isArray(items)) return refused(faults);
  const batch = book.add(items, typeof origin === 'string' ? origin : undefined, bytes);
  return { kind: 'done', body: { batchID: book.idOf(batch), totalCount: batch.total } };
}

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

/** `GET /batches`, with offsets and whole links. `address` is the URL of the list without its query. */
export function listBatches(
  book: BatchBook,
  query: URLSearchParams,
  address: string,
  switches: Switches,
): Answer<object> {
  const read = readQuery(query, ['endpoint', 'status', 'dateFrom', 'dateTo', 'offset', 'limit']);
  const endpoint = read.oneOf('endpoint', ['contacts', 'products', 'events', 'categories']);
  if (!query.has('endpoint')) read.faults.push(required('endpoint'));
  const status = read.oneOf('status', batchStates);
  const dateFrom = read.matching('dateFrom', isCalendarDate, 'Must be yyyy-mm-dd');
  const dateTo = read.matching('dateTo', isCalendarDate, 'Must be yyyy-mm-dd');
  const offset = read.integer('offset', 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const limit = read.integer('limit', 1, mostBatches) ?? 100;
  if (read.faults.length > 0) return { kind: 'refused', problem: validationProblem(read.faults) };

  const found = (endpoint === 'contacts' ? book.listed() : []).filter(
    (batch) =>
      (status === undefined || batch.state === status) &&
      (dateFrom === undefined || dayOf(batch.createdAtMs) >= dateFrom) &&
      (dateTo === undefined || dayOf(batch.createdAtMs) <= dateTo),
  );
  if (switches.batchListOrder === 'newestFirst') found.reverse();
  const linkTo = (start: number): string => {
    const link = new URL(address);
    for (const [name, value] of query) link.searchParams.set(name, value);
    link.searchParams.set('limit', String(limit));
    link.searchParams.set('offset', String(start));
    return link.href;
  };
  const absent = switches.absentPageLinks === 'null' ? null : undefined;
  return {
    kind: 'done',
    body: {
      batches: found.slice(offset, offset + limit).map((batch) => batchView(book, batch, switches)),
      paging: {
        limit,
        offset,
        next: offset + limit < found.length ? linkTo(offset + limit) : absent,
        previous: offset > 0 ? linkTo(Math.max(0, offset - limit)) : absent,
      },
    },
  };
}
