import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { sandboxExport } from '../sandbox/definitions.ts';
import { type BrandFigures, Outside } from '../sandbox/demo/outside.ts';
import { type ShownRun, shownRun } from '../sandbox/demo/progress.ts';
import { fastNow } from '../sandbox/fast-clock.ts';
import { callApp, type Sandbox, startSandbox } from '../sandbox/sandbox.ts';

export interface BenchSettings {
  readonly rows: number;
  /** How many times as fast as the machine's the clock of the app and of all that is outside runs. */
  readonly speed: number;
  readonly requestsPerMinute: number;
  readonly instances: number;
}

const entry = new URL('../../dist/main.js', import.meta.url).pathname;

/** A full run in a sandbox of its own. Every time is the sandbox's, in seconds or ms of its clock. */
export class BenchRun {
  readonly settings: BenchSettings;
  readonly sandbox: Sandbox;
  readonly #outside: Outside;
  #run = '';
  /** How long the run took to its first post, in seconds of the machine's clock. */
  realSecondsToFirstPost = 0;

  private constructor(settings: BenchSettings, sandbox: Sandbox) {
    this.settings = settings;
    this.sandbox = sandbox;
    this.#outside = new Outside(sandbox.addresses, sandboxExport.segments);
  }

  /** Does `work` in a sandbox that is taken down afterwards. */
  static async within<T>(settings: BenchSettings, work: (bench: BenchRun) => Promise<T>): Promise<T> {
    const sandbox = await startSandbox({ ...settings, seed: 1, port: 0, entry, onLog: showTrouble });
    try {
      return await work(new BenchRun(settings, sandbox));
    } finally {
      await sandbox.stop();
    }
  }

  now(): number {
    return this.sandbox.clock === undefined ? Date.now() : fastNow(this.sandbox.clock);
  }

  async sleep(seconds: number): Promise<void> {
    await sleep((seconds * 1000) / this.settings.speed);
  }

  figures(): Promise<BrandFigures> {
    return this.#outside.figures();
  }

  async setFaults(faults: object): Promise<void> {
    const init = { method: 'POST', body: JSON.stringify(faults) };
    const response = await fetch(`${this.sandbox.addresses.omnisend}/control/faults`, init);
    if (!response.ok) throw new Error(`The Omnisend simulator answers ${response.status}.`);
  }

  /** When each of the latest requests came, ms since 1970, oldest first. */
  async arrivals(): Promise<readonly number[]> {
    const response = await fetch(`${this.sandbox.addresses.omnisend}/control/requests`);
    const requests = z.array(z.object({ time: z.string() })).parse(await response.json());
    return requests.map(({ time }) => Date.parse(time));
  }

  /** Starts a run and waits for its first post. */
  async startSending(): Promise<void> {
    const asked = await callApp(this.sandbox, 'POST', `/exports/${sandboxExport.id}/run`, {});
    const began = performance.now();
    this.#run = z.object({ run: z.string() }).parse(asked).run;
    for (let looks = 1; (await this.figures()).batchPosts.first === undefined; looks += 1) {
      if (looks % 25 === 0 && (await this.shown()).endedAt !== null) {
        throw new Error('The run ended before its first post.');
      }
      await sleep(200);
    }
    this.realSecondsToFirstPost = Math.round((performance.now() - began) / 1000);
  }

  async shown(): Promise<ShownRun> {
    return shownRun.parse(await callApp(this.sandbox, 'GET', `/runs/${this.#run}`));
  }

  /**
   * The simulator is asked until no post has come for a while, and only then the app: to describe a large run costs it
   * some of the time that is measured here.
   */
  async ended(): Promise<ShownRun> {
    for (;;) {
      const { last } = (await this.figures()).batchPosts;
      if (this.now() - Date.parse(last ?? '') > quietMs) {
        // A process that is killed just now answers nothing.
        const shown = await this.shown().catch(() => null);
        if (shown !== null && shown.endedAt !== null) return shown;
      }
      await this.sleep(5);
    }
  }
}

const quietMs = 20_000;

/** The app's log lines are JSON; what is an error there belongs to the result. */
function showTrouble(line: string): void {
  if (/"level":"(error|critical)"/.test(line)) console.error(line.slice(0, 600));
}
