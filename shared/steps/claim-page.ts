import { forbiddenPauseMs } from '../domain/after-post.ts';
import { claimable, dueBatches } from '../domain/batch.ts';
import type { BrandId, RunId } from '../domain/ids.ts';
import type { Lane } from '../domain/lane.ts';
import { lanesPerBrand } from '../domain/lane.ts';
import type { Page } from '../domain/page.ts';
import type { Run } from '../domain/run.ts';
import type { Ports } from '../ports/ports.ts';
import { at } from './addresses.ts';
import { changeRow } from './change-row.ts';
import type { Held } from './in-turn.ts';
import { loadPages } from './load.ts';

export type Claimed =
  | { readonly kind: 'page'; readonly page: Page }
  /** All that is left may not be posted before this moment. */
  | { readonly kind: 'later'; readonly at: number }
  | { readonly kind: 'none' };

/** Batches that Omnisend may have unfinished: a slow destination is not buried, and its lists stay short. */
export const maxInFlight = 500;
const inFlightPauseMs = 5_000;
const longestPauseMs = 30_000;
/** After so many pages the lists are read anew, for what other lanes and settlement did since. */
const claimsPerListing = 5;

/**
 * Finds the next page for a lane: the one its row names, else one of the brand's sending runs, in turn. The lane's row
 * names the page before the page's row names the lane, so whoever takes over the lane finds what it was at.
 */
export class PageClaimer {
  readonly #ports: Ports;
  readonly #brand: BrandId;
  readonly #held: Held<Lane>;
  #candidates: Page[] = [];
  #inFlight = 0;
  #claimsLeft = 0;

  constructor(ports: Ports, brand: BrandId, held: Held<Lane>) {
    this.#ports = ports;
    this.#brand = brand;
    this.#held = held;
  }

  async next(): Promise<Claimed> {
    const resumed = await this.#resume();
    if (resumed !== undefined) return { kind: 'page', page: resumed };
    for (const fresh of [false, true]) {
      if (fresh || this.#claimsLeft === 0) this.#candidates = await this.#list((page) => this.#isFree(page));
      if (this.#inFlight >= maxInFlight) {
        // Whoever asks again wants to know what settlement has done since.
        this.#claimsLeft = 0;
        return { kind: 'later', at: this.#ports.clock.now() + inFlightPauseMs };
      }
      for (let page = this.#candidates.shift(); page !== undefined; page = this.#candidates.shift()) {
        const claimed = await this.#claim(page);
        if (claimed === undefined) continue;
        this.#claimsLeft -= 1;
        return { kind: 'page', page: claimed };
      }
    }
    const waiting = await this.#list((page) => page.lane === null);
    const moments = waiting.flatMap((page) =>
      page.batches.filter((batch) => batch.state === 'planned').map((batch) => batch.notBefore),
    );
    if (moments.length === 0) return { kind: 'none' };
    // Not longer, as a lane that waits is not woken for what comes meanwhile.
    const atMost = this.#ports.clock.now() + longestPauseMs;
    return { kind: 'later', at: Math.min(atMost, ...moments) };
  }

  async isAnyClaimable(): Promise<boolean> {
    return (await this.#list((page) => page.batches.some((batch) => batch.state === 'planned'))).some(
      (page) => page.lane === null,
    );
  }

  #isFree(page: Page): boolean {
    return claimable(page, this.#ports.clock.now());
  }

  /** The page that this lane was at when its last message ended. */
  async #resume(): Promise<Page | undefined> {
    const named = this.#held.value.page;
    if (named === null) return undefined;
    const row = await this.#ports.store.pages.get(at.page(named.runId, named.number));
    if (row === undefined || !(await this.#isSending(named.runId))) return undefined;
    if (dueBatches(row.value, this.#ports.clock.now()).length === 0) {
      await releasePage(this.#ports, row.value, this.#held.value.number);
      return undefined;
    }
    return this.#take(row.value);
  }

  async #claim(page: Page): Promise<Page | undefined> {
    await this.#held.update((lane) => ({ ...lane, page: { runId: page.runId, number: page.number } }));
    return this.#take(page);
  }

  async #take(page: Page): Promise<Page | undefined> {
    const lane = this.#held.value.number;
    const row = await changeRow(this.#ports.store.pages, at.page(page.runId, page.number), (stored) =>
      stored !== undefined && this.#isFree({ ...stored, lane: stored.lane === lane ? null : stored.lane })
        ? { ...stored, lane }
        : undefined,
    );
    return row?.value.lane === lane ? row.value : undefined;
  }

  /** Pages of the runs that are sending, the runs in turn; each lane begins at other pages than its neighbours. */
  async #list(wanted: (page: Page) => boolean): Promise<Page[]> {
    const brand = await this.#ports.store.brands.get(at.brand(this.#brand));
    const queues: Page[][] = [];
    this.#inFlight = 0;
    this.#claimsLeft = claimsPerListing;
    for (const runId of brand?.value.sending ?? []) {
      if (!(await this.#isSending(runId))) continue;
      const all = await loadPages(this.#ports, runId);
      this.#inFlight += countPosted(all);
      const pages = all.filter(wanted);
      const mine = (page: Page): number => (page.number % lanesPerBrand === this.#held.value.number ? 0 : 1);
      queues.push(pages.toSorted((a, b) => mine(a) - mine(b) || a.number - b.number));
    }
    const longest = Math.max(0, ...queues.map((queue) => queue.length));
    return Array.from({ length: longest }, (_, index) =>
      queues.flatMap((queue) => queue[index] ?? []),
    ).flat();
  }

  async #isSending(runId: RunId): Promise<boolean> {
    const run = (await this.#ports.store.runs.get(at.run(runId)))?.value;
    return run !== undefined && maySend(run, this.#ports.clock.now());
  }
}

const countPosted = (pages: readonly Page[]): number =>
  pages.flatMap((page) => page.batches).filter((batch) => batch.state === 'posted').length;

/** A run that is `settling` has posted everything once, but rows may have to be posted again. */
export const maySend = (run: Run, now: number): boolean =>
  run.stop === null && !isBlocked(run, now) && (run.state === 'sending' || run.state === 'settling');

/** Omnisend refused a permission to its posts a moment ago. */
const isBlocked = ({ forbidden: { postAt } }: Run, now: number): boolean =>
  postAt !== null && now - postAt < forbiddenPauseMs;

/** The page is free for any lane again. */
export async function releasePage(ports: Ports, page: Page, lane: number): Promise<void> {
  await changeRow(ports.store.pages, at.page(page.runId, page.number), (stored) =>
    stored?.lane === lane ? { ...stored, lane: null } : undefined,
  );
}
