import { inflateRawSync } from 'node:zlib';
import type { Batch, BatchBook } from './batches.ts';
import { isoTime } from './contact-writes.ts';
import type { Problem } from './problems.ts';
import { isObject } from './rules.ts';
import type { Switches } from './switches.ts';

const originViews = {
  echoed: (origin: string | undefined) => origin,
  dropped: () => undefined,
  api: () => 'api',
} as const;

const timeOf = (ms: number | undefined) => (ms === undefined ? undefined : isoTime(ms));

export function batchView(book: BatchBook, batch: Batch, switches: Switches) {
  return {
    batchID: book.idOf(batch),
    method: 'POST',
    endpoint: 'contacts',
    status: batch.state,
    origin: originViews[switches.origin](batch.origin),
    createdAt: isoTime(batch.createdAtMs),
    startedAt: timeOf(batch.startedAtMs),
    endedAt: timeOf(batch.endedAtMs),
    totalCount: batch.total,
    finishedCount: batch.finished,
    errorsCount: batch.problems?.size ?? 0,
  };
}

/** The shape documented for version 3, which may still come up inside batch items. */
function legacyProblem(problem: Problem) {
  if (problem.errors === undefined) return { error: problem.title };
  return {
    error: `${problem.errors.length} error(s) found. Check 'fields' array for details.`,
    fields: { 0: problem.errors.map((fault) => `${fault.field}: ${fault.message}`) },
  };
}

function requestsOf(batch: Batch): readonly unknown[] {
  if (batch.body.kind === 'parsed') return batch.body.items;
  const body: unknown = JSON.parse(inflateRawSync(batch.body.bytes).toString());
  return isObject(body) && Array.isArray(body.items) ? body.items : [];
}

/**
 * The batch with its items, last sent first: the order is not documented, so nobody may rely on it.
 * `accepted` answers for an item that was accepted.
 */
export function batchItemsView(
  book: BatchBook,
  batch: Batch,
  switches: Switches,
  accepted: (request: unknown) => unknown,
) {
  const errors: object[] = [];
  const responses: object[] = [];
  const requests = requestsOf(batch);
  for (let index = batch.total - 1; index >= 0; index--) {
    const itemID = `17${book.idOf(batch).slice(2, 8)}${(batch.place * 128 + index).toString(16).padStart(16, '0')}`;
    const request = requests[index];
    const code = batch.codes[index];
    const problem = batch.problems?.get(index);
    if (code === undefined || code === 0) {
      if (switches.pendingItems === 'listed') responses.push({ itemID, request, status: 'pending' });
    } else if (problem === undefined) {
      responses.push({
        itemID,
        request,
        response: accepted(request),
        responseCode: code,
        status: 'finished',
      });
    } else {
      const response = switches.itemProblem === 'legacy' ? legacyProblem(problem) : problem;
      errors.push({ itemID, request, response, responseCode: code, status: 'finished' });
    }
  }
  return { ...batchView(book, batch, switches), errors, responses };
}
