import type { DestinationAnswer, ItemAnswer, RemoteBatch, RemoteBatchState } from '../domain/answers.ts';
import type { BatchId } from '../domain/ids.ts';
import type { Change } from '../domain/plan.ts';

export interface Brand {
  readonly id: string;
  readonly name: string;
}

export interface BatchListing {
  readonly batches: readonly RemoteBatch[];
  /** Offset of the next page of the list, or `null`. */
  readonly next: number | null;
}

export interface ContactOptions {
  readonly sendWelcomeMessage: boolean;
  readonly withoutPhone: boolean;
}

/** Sets or takes one tag, of at most 250 contacts. */
export interface TagChange {
  readonly direction: 'add' | 'remove';
  readonly tag: string;
  readonly emails: readonly string[];
}

/**
 * Omnisend, one request a call. `apiKey` is read by its name for each use and never stored. Who calls has reserved a
 * slot first; the adapter never repeats a request.
 */
export interface Destination {
  brand(apiKey: string): Promise<DestinationAnswer<Brand>>;
  postBatch(
    apiKey: string,
    batch: { readonly origin: string; readonly changes: readonly Change[]; readonly options: ContactOptions },
  ): Promise<DestinationAnswer<BatchId>>;
  /** One contact by itself: the names of the custom properties that it has after that. */
  writeContact(
    apiKey: string,
    change: Change,
    options: ContactOptions,
  ): Promise<DestinationAnswer<ReadonlySet<string>>>;
  /** `ok`: taken, and applied seconds later. Addresses that Omnisend does not know are passed over. */
  changeTags(apiKey: string, change: TagChange): Promise<DestinationAnswer<null>>;
  /** Contact batches, up to 250 a listing. `from`: created on this UTC day (`YYYY-MM-DD`) or later. */
  listBatches(
    apiKey: string,
    query: { readonly state?: RemoteBatchState; readonly from?: string; readonly offset: number },
  ): Promise<DestinationAnswer<BatchListing>>;
  readBatch(apiKey: string, id: BatchId): Promise<DestinationAnswer<RemoteBatch>>;
  readItems(apiKey: string, id: BatchId): Promise<DestinationAnswer<readonly ItemAnswer[]>>;
  /** Digest of the request that a change makes, as `ItemAnswer.digest` gives it back. */
  requestDigest(change: Change, options: ContactOptions): string;
}
