import { z } from 'zod';

const tallySchema = z.object({
  read: z.number(),
  accepted: z.number(),
  unchanged: z.number(),
  duplicate: z.number(),
  invalid: z.number(),
  refused: z.number(),
  failed: z.number(),
  unsent: z.number(),
  leaves: z.object({ accepted: z.number(), refused: z.number(), failed: z.number(), unsent: z.number() }),
  invalidByReason: z.record(z.string(), z.number()),
  leftOut: z.record(z.string(), z.number()),
});

/** What `GET /api/runs/{run}` answers, as far as the demo shows it. */
export const shownRun = z.object({
  id: z.string(),
  state: z.string(),
  reason: z.object({ code: z.string(), message: z.string() }).nullable(),
  endedAt: z.string().nullable(),
  tally: tallySchema,
  progress: z.object({
    reading: z.object({ slices: z.number(), read: z.number(), rows: z.number() }),
    planning: z.object({ shards: z.number(), planned: z.number() }),
    sending: z.object({ pages: z.number(), batches: z.number(), posted: z.number(), settled: z.number() }),
  }),
  secondsLeft: z.object({ stage: z.number().nullable(), run: z.number().nullable() }),
});
export type ShownRun = z.infer<typeof shownRun>;

const width = 28;

const bar = (name: string, done: number, all: number, unit: string): string => {
  const share = all === 0 ? 0 : done / all;
  const filled = Math.round(share * width);
  const figures = all === 0 ? '' : `${done.toLocaleString('en')} of ${all.toLocaleString('en')} ${unit}`;
  return `  ${name.padEnd(9)} [${'█'.repeat(filled)}${'·'.repeat(width - filled)}] ${figures}`;
};

export const barsOf = ({ progress, tally, secondsLeft }: ShownRun): string[] => {
  const { reading, planning, sending } = progress;
  const left = secondsLeft.run === null ? '' : `, about ${secondsLeft.run} s left`;
  return [
    `${bar('reading', reading.read, reading.slices, 'slices')}${tally.read > 0 ? `, ${tally.read.toLocaleString('en')} rows` : ''}`,
    bar('planning', planning.planned, planning.shards, 'shards'),
    `${bar('sending', sending.posted, sending.batches, 'batches')}${left}`,
    bar('settling', sending.settled, sending.batches, 'batches'),
  ];
};

/** Redraws its lines in place on a terminal; elsewhere prints a line when the state changes, or every ten seconds. */
export class ProgressView {
  #drawn = 0;
  #lastState = '';
  #lastAt = 0;

  show(run: ShownRun): void {
    if (process.stdout.isTTY) {
      if (this.#drawn > 0) process.stdout.write(`\u001b[${this.#drawn}A`);
      const lines = [`  ${run.state}`, ...barsOf(run)];
      process.stdout.write(lines.map((line) => `\u001b[2K${line}\n`).join(''));
      this.#drawn = lines.length;
      return;
    }
    if (run.state === this.#lastState && Date.now() - this.#lastAt < 10_000) return;
    this.#lastState = run.state;
    this.#lastAt = Date.now();
    const { reading, sending } = run.progress;
    console.log(
      `  ${run.state}: ${reading.read}/${reading.slices} slices read, ${run.tally.read} rows, ` +
        `${sending.posted}/${sending.batches} batches posted, ${sending.settled} settled`,
    );
  }
}
