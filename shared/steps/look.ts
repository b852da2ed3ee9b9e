import type { DestinationAnswer, ItemAnswer, RemoteBatch, RemoteBatchState } from '../domain/answers.ts';
import type { BatchId, BrandId } from '../domain/ids.ts';
import type { Run } from '../domain/run.ts';
import { isProbeDue } from '../domain/slots.ts';
import type { BatchListing } from '../ports/destination.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { type Asked, askAll } from './ask.ts';
import { loadKey } from './load-key.ts';

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** More pages of a list than this are not worth their requests: what is not found is looked for by its id. */
const maxListings = 60;
/** Items of this many batches are asked for together: one by one, each would wait behind the lanes' slots. */
const itemsAtATime = 10;
const throttledPauseSeconds = 5;

interface BatchQuery {
  readonly state?: RemoteBatchState;
  readonly from?: string;
  readonly offset?: number;
}

export interface Listing {
  readonly batches: readonly RemoteBatch[];
  /** The list went to its end, or as far as was asked for. What is not in an incomplete one may still exist. */
  readonly isComplete: boolean;
}

/**
 * Settlement's questions to Omnisend, each in a slot of its own. `null` means "not known this time": the next look
 * asks again. Silence is never taken for an answer.
 */
export class Look {
  readonly #ports: Ports;
  readonly #run: Run;
  readonly #brand: BrandId;
  readonly #endAt: number;
  /** Time was up before all was asked: the next look goes on at once. */
  isCutShort = false;
  /** Set when Omnisend refuses the key itself, read anew: no later look can do better. */
  refusal: Refusal | null = null;
  isForbidden = false;
  /** When what was not answered for want of a slot may be asked again, ms since 1970; `null`: all was. */
  askAgainAt: number | null = null;

  /** `endAt`: from then on nothing is asked any more, ms since 1970. */
  constructor(ports: Ports, run: Run, endAt: number) {
    if (run.brand === null) throw new Error(`Run ${run.id} settles without a brand.`);
    this.#ports = ports;
    this.#run = run;
    this.#brand = run.brand.id;
    this.#endAt = endAt;
  }

  get runId(): Run['id'] {
    return this.#run.id;
  }

  get brand(): BrandId {
    return this.#brand;
  }

  /**
   * After an outage a listing goes first: it may fail without a doubt about anything, which no post can. Posts wait
   * for its answer, so a look makes one whether it has anything to ask or not.
   */
  async probe(): Promise<void> {
    const slots = await this.#ports.store.slots.get(at.slots(this.#brand));
    if (slots === undefined || !isProbeDue(slots.value, this.#ports.clock.now())) return;
    await this.list({ state: 'pending' }, () => true);
  }

  /**
   * Contact batches in the order in which Omnisend lists them, from `offset` on, until `enough` says so; `null` when a
   * listing failed.
   */
  async list(
    { offset: start = 0, ...query }: BatchQuery,
    enough: (all: readonly RemoteBatch[]) => boolean = () => false,
  ): Promise<Listing | null> {
    const batches: RemoteBatch[] = [];
    let offset: number | null = start;
    for (let listings = 0; offset !== null; listings += 1) {
      if (listings === maxListings) return { batches, isComplete: false };
      const from: number = offset;
      const [listing] = await this.#ask<BatchListing>([
        (apiKey) => this.#ports.destination.listBatches(apiKey, { ...query, offset: from }),
      ]);
      if (listing?.kind !== 'ok') return null;
      batches.push(...listing.value.batches);
      offset = enough(batches) ? null : listing.value.next;
    }
    return { batches, isComplete: true };
  }

  /** `absent`: Omnisend does not know the batch (any more). */
  async batch(id: BatchId): Promise<RemoteBatch | 'absent' | null> {
    const [answer] = await this.#ask([(apiKey) => this.#ports.destination.readBatch(apiKey, id)]);
    if (answer?.kind === 'absent') return 'absent';
    return answer?.kind === 'ok' ? answer.value : null;
  }

  async items(ids: readonly BatchId[]): Promise<ReadonlyMap<BatchId, readonly ItemAnswer[]>> {
    const items = new Map<BatchId, readonly ItemAnswer[]>();
    for (let from = 0; from < ids.length; from += itemsAtATime) {
      const some = ids.slice(from, from + itemsAtATime);
      const answers = await this.#ask(
        some.map((id) => (apiKey: string) => this.#ports.destination.readItems(apiKey, id)),
      );
      for (const [index, id] of some.entries()) {
        const answer = answers[index];
        if (answer?.kind === 'ok') items.set(id, answer.value);
      }
    }
    return items;
  }

  #noteWait(answer: Asked<unknown>): void {
    if (answer.kind !== 'later' && answer.kind !== 'throttled') return;
    const at =
      answer.kind === 'later'
        ? answer.at
        : this.#ports.clock.now() + (answer.retryAfterSeconds ?? throttledPauseSeconds) * 1000;
    this.askAgainAt = Math.max(this.askAgainAt ?? 0, at);
  }

  /** Answers in the order of the requests; a key that is refused is read once more, past the cache. */
  async #ask<T>(
    requests: readonly ((apiKey: string) => Promise<DestinationAnswer<T>>)[],
  ): Promise<readonly Asked<T>[]> {
    for (const fresh of [false, true]) {
      if (this.refusal !== null) return [];
      if (this.#ports.clock.now() >= this.#endAt || this.#ports.stopping.aborted) {
        this.isCutShort = true;
        return [];
      }
      const key = await loadKey(this.#ports, this.#run, { fresh });
      if (key.kind === 'unavailable') return [];
      if (key.kind === 'stop') {
        this.refusal = { ...key.reason, remedy: key.remedy };
        return [];
      }
      const answers = await askAll(
        this.#ports,
        this.#brand,
        requests.map((request) => () => request(key.value)),
      );
      for (const answer of answers) this.#noteWait(answer);
      if (answers.some((answer) => answer.kind === 'forbidden')) this.isForbidden = true;
      if (answers.some((answer) => answer.kind === 'retired')) this.refusal = versionRetired;
      if (!answers.some((answer) => answer.kind === 'unauthorised')) return answers;
    }
    this.refusal = {
      code: 'key-refused',
      message: `Omnisend does not know the key in the secret ${this.#run.secretName}.`,
      remedy: 'Store a valid API key in the vault under that name.',
    };
    return [];
  }
}

const versionRetired: Refusal = {
  code: 'version-retired',
  message: 'Omnisend has retired the API version that this app speaks.',
  remedy: 'Upgrade the app.',
};
