import { type CsvFormat, RowScanner } from './row-scanner.ts';

const lineFeed = 10;
const nothing = Buffer.alloc(0);

export interface Taken {
  /** Rows of whatever kind, blank lines not counted. */
  readonly rows: number;
  /** Lines among them that are no rows. */
  readonly malformed: number;
  /** Whether nothing is left. */
  readonly isEnd: boolean;
}

/** Takes rows, some at a time, from blocks of bytes. What it gives does not depend on where the blocks part. */
export class RowReader {
  readonly #blocks: AsyncIterator<Buffer>;
  readonly #scanner: RowScanner;
  #bytes: Buffer = nothing;
  #from = 0;
  /** Place of `#bytes` in the file. */
  #base: number;
  #isLast = false;

  /** `at`: the place in the file, after decompression, of the first block's first byte; a row begins there. */
  constructor(blocks: AsyncIterator<Buffer>, format: CsvFormat, at: number, maxRowBytes?: number) {
    this.#blocks = blocks;
    this.#scanner = new RowScanner(format, maxRowBytes);
    this.#base = at;
  }

  /** Where the next row begins in the file, after decompression. */
  get at(): number {
    return this.#base + this.#from;
  }

  /** Calls `onRow` with each well-formed row; its cells can be read until it returns. Throws what the blocks throw. */
  async take(limit: number, onRow: (scanner: RowScanner, bytes: Buffer) => void): Promise<Taken> {
    let rows = 0;
    let malformed = 0;
    while (rows < limit) {
      if (this.#from === this.#bytes.length && (this.#isLast || !(await this.#fill()))) break;
      const scan = this.#scanner.scan(this.#bytes, this.#from, this.#isLast);
      if (scan === 'more') {
        await this.#fill();
        continue;
      }
      if (scan === 'row') onRow(this.#scanner, this.#bytes);
      if (scan === 'malformed') malformed += 1;
      if (scan !== 'blank') rows += 1;
      if (this.#scanner.end === null) await this.#skipLine();
      else this.#from = this.#scanner.end;
    }
    return { rows, malformed, isEnd: rows < limit };
  }

  async close(): Promise<void> {
    this.#bytes = nothing;
    await this.#blocks.return?.();
  }

  /** Adds the next block; false where there is none. */
  async #fill(): Promise<boolean> {
    const next = await this.#blocks.next();
    if (next.done) {
      this.#isLast = true;
      return false;
    }
    this.#base += this.#from;
    const rest = this.#bytes.subarray(this.#from);
    this.#bytes = rest.length === 0 ? next.value : Buffer.concat([rest, next.value]);
    this.#from = 0;
    return true;
  }

  /** To the line after next, wherever that is, keeping nothing of this one. */
  async #skipLine(): Promise<void> {
    for (;;) {
      this.#from = this.#bytes.length;
      if (!(await this.#fill())) return;
      const feed = this.#bytes.indexOf(lineFeed);
      if (feed < 0) continue;
      this.#from = feed + 1;
      return;
    }
  }
}
