/** How a part is written. The two marks are bytes, being ASCII; `quote` is `null` where cells are never quoted. */
export interface CsvFormat {
  readonly delimiter: number;
  readonly quote: number | null;
  readonly encoding: 'utf8' | 'latin1';
}

/**
 * `row`: its cells and its end are known. `blank`: an empty line, which is no row. `malformed`: a line that is no row;
 * its end is `null` where its line feed is further off. `more`: what is there may be the beginning of a row.
 */
export type Scan = 'row' | 'blank' | 'malformed' | 'more';

/**
 * Longest row. A longer one is a quote that nobody closed: Dataverse's longest text, a million characters, is below.
 * https://learn.microsoft.com/power-apps/maker/data-platform/types-of-fields
 */
const longestRow = 4 * 1_048_576;
/** What is read of a cell: more than the longest text that is sent, so that a longer one is seen to be too long. */
const maxCellBytes = 16_384;

const lineFeed = 10;
const carriageReturn = 13;

/**
 * Finds the rows of a CSV file, one at a time, and the cells of the row found last: RFC 4180 with LF or CRLF, and quotes
 * inside an unquoted cell taken as they are. A row with a broken quote costs its first line alone: what follows is
 * looked at anew. csv-parse goes on in search of the next quote instead, and one stray quote may swallow thousands of
 * rows unseen.
 */
export class RowScanner {
  readonly #format: CsvFormat;
  readonly #maxRowBytes: number;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #doubled: boolean[] = [];
  /** A cell's bytes, or-ed: under 128 where all are ASCII. */
  readonly #bits: number[] = [];
  #cells = 0;
  #from = 0;
  #end: number | null = 0;
  #row: string | undefined;

  constructor(format: CsvFormat, maxRowBytes = longestRow) {
    this.#format = format;
    this.#maxRowBytes = maxRowBytes;
  }

  get cells(): number {
    return this.#cells;
  }

  /** Where the next row begins. */
  get end(): number | null {
    return this.#end;
  }

  /** Looks at what begins at `from`. `isLast`: nothing follows after `bytes`. */
  scan(bytes: Buffer, from: number, isLast: boolean): Scan {
    const { delimiter, quote } = this.#format;
    const limit = Math.min(bytes.length, from + this.#maxRowBytes);
    const isWhole = isLast && limit === bytes.length;
    this.#cells = 0;
    this.#from = from;
    this.#row = undefined;
    let at = from;
    for (;;) {
      if (at < limit && bytes[at] === quote) {
        at = this.#addQuoted(bytes, at + 1, limit, quote);
        const isReturn = at < limit && bytes[at] === carriageReturn;
        if (isReturn && (at + 1 === limit || bytes[at + 1] === lineFeed)) at += 1;
        if (at > limit || (at === limit && !isWhole)) return this.#cut(bytes, from, isLast);
      } else {
        const start = at;
        let bits = 0;
        for (; at < limit; at += 1) {
          const byte = bytes[at] ?? 0;
          if (byte === delimiter || byte === lineFeed) break;
          bits |= byte;
        }
        if (at === limit && !isWhole) return this.#cut(bytes, from, isLast);
        const isReturn = bytes[at] !== delimiter && at > start && bytes[at - 1] === carriageReturn;
        const end = isReturn ? at - 1 : at;
        if (bytes[at] !== delimiter && end === from) {
          this.#end = Math.min(at + 1, limit);
          return 'blank';
        }
        this.#add(start, end, false, bits);
      }
      if (at === limit || bytes[at] === lineFeed) {
        this.#end = Math.min(at + 1, limit);
        return 'row';
      }
      if (bytes[at] !== delimiter) return this.#malformed(bytes, from, isLast);
      at += 1;
    }
  }

  /** Text of a cell of the row found last; a very long one is cut. */
  text(bytes: Buffer, cell: number): string {
    const start = this.#starts[cell] ?? 0;
    const end = cell < this.#cells ? (this.#ends[cell] ?? start) : start;
    if (end === start) return '';
    const text = this.#decoded(bytes, cell, start, Math.min(end, start + maxCellBytes));
    return this.#doubled[cell] ? this.#undoubled(text) : text;
  }

  /** Most cells are ASCII: parts of the row, which becomes text once. To decode each by itself takes four times as long. */
  #decoded(bytes: Buffer, cell: number, start: number, end: number): string {
    if ((this.#bits[cell] ?? 0) > 127) return bytes.toString(this.#format.encoding, start, end);
    const from = this.#from;
    this.#row ??= bytes.toString('latin1', from, this.#end ?? bytes.length);
    return this.#row.slice(start - from, end - from);
  }

  /** Adds the cell whose quote was opened before `from`; the place behind its closing quote, over `limit` for none. */
  #addQuoted(bytes: Buffer, from: number, limit: number, quote: number): number {
    let doubled = false;
    let bits = 0;
    for (let at = from; at < limit; at += 1) {
      const byte = bytes[at] ?? 0;
      bits |= byte;
      if (byte !== quote) continue;
      if (at + 1 < limit && bytes[at + 1] === quote) {
        doubled = true;
        at += 1;
      } else {
        this.#add(from, at, doubled, bits);
        return at + 1;
      }
    }
    return limit + 1;
  }

  #undoubled(text: string): string {
    const quote = String.fromCharCode(this.#format.quote ?? 0);
    return text.replaceAll(quote + quote, quote);
  }

  #add(start: number, end: number, doubled: boolean, bits: number): void {
    this.#starts[this.#cells] = start;
    this.#ends[this.#cells] = end;
    this.#doubled[this.#cells] = doubled;
    this.#bits[this.#cells] = bits;
    this.#cells += 1;
  }

  /** The row does not end in what may be looked at: the next bytes may end it, unless it is too long or the last. */
  #cut(bytes: Buffer, from: number, isLast: boolean): Scan {
    return !isLast && bytes.length - from <= this.#maxRowBytes
      ? 'more'
      : this.#malformed(bytes, from, isLast);
  }

  #malformed(bytes: Buffer, from: number, isLast: boolean): Scan {
    this.#cells = 0;
    const feed = bytes.indexOf(lineFeed, from);
    if (feed >= 0) this.#end = feed + 1;
    else this.#end = isLast ? bytes.length : null;
    return 'malformed';
  }
}
