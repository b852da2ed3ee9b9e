import { z } from 'zod';
import type { DestinationAnswer, ItemAnswer, RemoteBatch, RemoteBatchState } from '../../domain/answers.ts';
import { type BatchId, batchId } from '../../domain/ids.ts';
import type { Change } from '../../domain/plan.ts';
import type { BatchListing, ContactOptions } from '../../ports/destination.ts';
import { type ClientOptions, request } from './client.ts';
import { contactRequest, sentValues } from './contacts.ts';
import { itemsAnswer } from './items.ts';
import { limits } from './version.ts';

const count = z.int().min(0).catch(0);

const remoteBatch = z
  .object({
    batchID: batchId,
    // A state that is not known yet is not an end.
    status: z.enum(['pending', 'inProgress', 'finished', 'stopped']).catch('inProgress'),
    origin: z.string().catch(''),
    createdAt: z.string().catch(''),
    totalCount: count,
    finishedCount: count,
    errorsCount: count,
  })
  .transform(
    (batch): RemoteBatch => ({
      id: batch.batchID,
      state: batch.status,
      origin: batch.origin,
      createdAt: Date.parse(batch.createdAt) || 0,
      total: batch.totalCount,
      finished: batch.finishedCount,
      errors: batch.errorsCount,
    }),
  );

const created = z.object({ batchID: batchId }).transform(({ batchID }) => batchID);

export const postBatch = (
  options: ClientOptions,
  apiKey: string,
  batch: { readonly origin: string; readonly changes: readonly Change[]; readonly options: ContactOptions },
): Promise<DestinationAnswer<BatchId>> => {
  const { length } = batch.changes;
  if (length === 0 || length > limits.contactsPerBatch) throw new RangeError(`a batch of ${length} contacts`);
  const items = batch.changes.map((change) => contactRequest(change, batch.options));
  return request(options, {
    apiKey,
    method: 'POST',
    path: '/batches',
    body: { method: 'POST', endpoint: 'contacts', origin: batch.origin, items },
    schema: created,
    sent: () => sentValues(items),
  });
};

// An answer of one batch alone is of the same shape as an entry of the list.
export const readBatch = (
  options: ClientOptions,
  apiKey: string,
  id: BatchId,
): Promise<DestinationAnswer<RemoteBatch>> =>
  request(options, {
    apiKey,
    method: 'GET',
    path: `/batches/${encodeURIComponent(id)}`,
    schema: remoteBatch,
  });

export const readItems = (
  options: ClientOptions,
  apiKey: string,
  id: BatchId,
): Promise<DestinationAnswer<readonly ItemAnswer[]>> =>
  request(options, {
    apiKey,
    method: 'GET',
    path: `/batches/${encodeURIComponent(id)}/items`,
    schema: itemsAnswer,
  });

const listing = z.object({
  batches: z
    .array(remoteBatch)
    .nullable()
    .transform((batches) => batches ?? []),
  paging: z.object({ next: z.string().nullish() }).nullish(),
});

/** The offset in a link; the link itself is never followed. */
const offsetIn = (link: string): number | undefined => {
  const found = /[?&]offset=(\d{1,9})(?:&|$)/.exec(link)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** Where the list goes on. Without a usable link a list that gave nothing, or less than was asked for, has ended. */
const nextOffset = (page: z.infer<typeof listing>, offset: number): number | null => {
  const link = page.paging?.next;
  const { length } = page.batches;
  if (page.paging !== undefined && page.paging !== null && !link) return null;
  const told = link ? offsetIn(link) : undefined;
  if (told !== undefined && told > offset) return told;
  const more = link ? length > 0 : length >= limits.batchesPerListing;
  return more ? offset + length : null;
};

export const listBatches = async (
  options: ClientOptions,
  apiKey: string,
  query: { readonly state?: RemoteBatchState; readonly from?: string; readonly offset: number },
): Promise<DestinationAnswer<BatchListing>> => {
  const answer = await request(options, {
    apiKey,
    method: 'GET',
    path: '/batches',
    query: {
      endpoint: 'contacts',
      ...(query.state !== undefined && { status: query.state }),
      ...(query.from !== undefined && { dateFrom: query.from }),
      offset: String(query.offset),
      limit: String(limits.batchesPerListing),
    },
    schema: listing,
  });
  if (answer.kind !== 'ok') return answer;
  return {
    kind: 'ok',
    value: { batches: answer.value.batches, next: nextOffset(answer.value, query.offset) },
  };
};
