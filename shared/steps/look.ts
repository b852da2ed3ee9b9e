import type { DestinationAnswer, ItemAnswer, RemoteBatch, RemoteBatchState } from '../domain/answers.ts';
import type { BatchId, BrandId } from '../domain/ids.ts';
import type { Run } from '../domain/run.ts';
import type { BatchListing } from '../ports/destination.ts';
import type { Ports } from '../ports/ports.ts';
import { ask } from './ask.ts';

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** More pages of a list than this are not worth their requests: what is not found is looked for by its id. */
const maxListings = 60;

/**
 * Settlement's questions to Omnisend, each in a slot of its own. `null` means "not known this time": the next look
 * asks again. Silence is never taken for an answer.
 */
export class Look {
  readonly #ports: Ports;
  readonly #run: Run;
  readonly #brand: BrandId;
  /** Set when Omnisend refuses the key itself, read anew: no later look can do better. */
  refusal: Refusal | null = null;
  isForbidden = false;

  constructor(ports: Ports, run: Run) {
    if (run.brand === null) throw new Error(`Run ${run.id} settles without a brand.`);
    this.#ports = ports;
    this.#run = run;
    this.#brand = run.brand.id;
  }

  get runId(): Run['id'] {
    return this.#run.id;
  }

  get brand(): BrandId {
    return this.#brand;
  }

  /** Contact batches in the order in which Omnisend lists them, until `enough` says so; `null` when a listing failed. */
  async list(
    query: { readonly state?: RemoteBatchState; readonly from?: string },
    enough: (all: readonly RemoteBatch[]) => boolean = () => false,
  ): Promise<readonly RemoteBatch[] | null> {
    const all: RemoteBatch[] = [];
    let offset: number | null = 0;
    for (let listings = 0; offset !== null && listings < maxListings; listings += 1) {
      const from: number = offset;
      const listing: BatchListing | null = await this.#ask((apiKey) =>
        this.#ports.destination.listBatches(apiKey, { ...query, offset: from }),
      );
      if (listing === null) return null;
      all.push(...listing.batches);
      offset = enough(all) ? null : listing.next;
    }
    return all;
  }

  /** `absent`: Omnisend does not know the batch (any more). */
  async batch(id: BatchId): Promise<RemoteBatch | 'absent' | null> {
    let absent = false;
    const answer = await this.#ask(async (apiKey) => {
      const given = await this.#ports.destination.readBatch(apiKey, id);
      absent = given.kind === 'absent';
      return given;
    });
    return absent ? 'absent' : answer;
  }

  items(id: BatchId): Promise<readonly ItemAnswer[] | null> {
    return this.#ask((apiKey) => this.#ports.destination.readItems(apiKey, id));
  }

  async #ask<T>(request: (apiKey: string) => Promise<DestinationAnswer<T>>): Promise<T | null> {
    for (const fresh of [false, true]) {
      if (this.refusal !== null) return null;
      const key = await this.#ports.secrets.get(this.#run.secretName, { fresh });
      if (key.kind !== 'ok') break;
      const answer = await ask(this.#ports, this.#brand, () => request(key.value));
      switch (answer.kind) {
        case 'ok':
          return answer.value;
        case 'unauthorised':
          continue;
        case 'retired':
          this.refusal = {
            code: 'version-retired',
            message: 'Omnisend has retired the API version that this app speaks.',
            remedy: 'Upgrade the app.',
          };
          return null;
        case 'forbidden':
          this.isForbidden = true;
          return null;
        default:
          return null;
      }
    }
    this.refusal = {
      code: 'key-refused',
      message: `Omnisend does not know the key in the secret ${this.#run.secretName}.`,
      remedy: 'Store a valid API key in the vault under that name.',
    };
    return null;
  }
}
