import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRow, plainStyle } from '../../sandbox/data-out/rows.ts';
import { commas, readFile } from './reading.ts';

describe('rows of a CSV file', () => {
  it.each<[name: string, text: string, rows: string[][], malformed?: number]>([
    ['nothing', '', []],
    [
      'LF',
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'CRLF',
      'a,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'no line end at the end',
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a carriage return alone at the end', 'a,b\r', [['a', 'b']]],
    ['quotes', '"a","b, c"\n', [['a', 'b, c']]],
    ['a quote as the last thing', '"a","b"', [['a', 'b']]],
    ['a carriage return after the last quote', '"a"\r', [['a']]],
    ['doubled quotes', '"say ""a""",b\n', [['say "a"', 'b']]],
    [
      'line breaks in quotes',
      '"a\r\nb","c\nd"\r\ne,f\r\n',
      [
        ['a\r\nb', 'c\nd'],
        ['e', 'f'],
      ],
    ],
    [
      'empty cells',
      ',,\n"",,\n',
      [
        ['', '', ''],
        ['', '', ''],
      ],
    ],
    ['a trailing comma at the end', 'a,', [['a', '']]],
    ['blank lines', '\n\r\na\n\n\r\nb\n\r', [['a'], ['b']]],
    ['a carriage return inside', 'a\rb,c\n', [['a\rb', 'c']]],
    ['a quote inside an unquoted cell', 'a,5" pipe,"b"\n', [['a', '5" pipe', 'b']]],
    ['text after a closing quote', 'a,"b"c,d\ne,f,g\n', [['e', 'f', 'g']], 1],
    [
      'a quote that is never closed',
      'a,"b,c\nd,e,f\ng,h,i\n',
      [
        ['d', 'e', 'f'],
        ['g', 'h', 'i'],
      ],
      1,
    ],
    [
      'a quote closed in a later row',
      'a,"b\nc,"d"\ne,f\n',
      [
        ['c', 'd'],
        ['e', 'f'],
      ],
      1,
    ],
    ['a quote opened at the very end', 'a,b\n"', [['a', 'b']], 1],
    ['other letters', 'Šimkienė,"Łódź"\n', [['Šimkienė', 'Łódź']]],
  ])('takes %s', async (_, text, rows, malformed = 0) => {
    const length = Buffer.byteLength(text);
    for (const blockBytes of [1, 2, 3, 7, 1_000]) {
      expect(await readFile(text, { blockBytes })).toEqual({ rows, malformed, at: length });
    }
  });

  it.each([
    ['semicolons', { ...commas, delimiter: 59 }, 'a;"b;c"\n', [['a', 'b;c']]],
    ['single quotes', { ...commas, quote: 39 }, "a,'b,''c'\n", [['a', "b,'c"]]],
    ['no quotes', { ...commas, quote: null }, '"a,b"\n', [['"a', 'b"']]],
    ['tabs', { ...commas, delimiter: 9 }, 'a\tb\n', [['a', 'b']]],
  ] as const)('reads %s', async (_, format, text, rows) => {
    expect((await readFile(text, { format })).rows).toEqual(rows);
  });

  it('reads ISO 8859-1', async () => {
    const text = Buffer.from('Jos\u00e9,x\n', 'latin1');
    expect((await readFile(text, { format: { ...commas, encoding: 'latin1' } })).rows).toEqual([
      ['José', 'x'],
    ]);
  });

  it('gives up a row that is too long, and no other, wherever the blocks part', async () => {
    const long = 'x'.repeat(60);
    const text = `a,b\n"${long}",c\nd,e\nf,"${long}\n${long}"\ng,h\n${long}`;
    for (const blockBytes of [1, 5, 49, 50, 51, 64, 1_000]) {
      const { rows, malformed } = await readFile(text, { blockBytes, maxRowBytes: 50 });
      expect(rows).toEqual([
        ['a', 'b'],
        ['d', 'e'],
        ['g', 'h'],
      ]);
      // The second row in two lines counts as two that are no rows.
      expect(malformed).toBe(4);
    }
  });

  it('takes a row of just the longest length', async () => {
    const row = `${'x'.repeat(48)},y`;
    for (const blockBytes of [1, 49, 50, 51, 52, 1_000]) {
      for (const end of ['', '\n'] as const) {
        const cut = row.slice(end.length);
        expect((await readFile(cut + end, { blockBytes, maxRowBytes: 50 })).rows).toHaveLength(1);
        expect((await readFile(`x${cut}${end}`, { blockBytes, maxRowBytes: 50 })).malformed).toBe(1);
      }
    }
  });

  it('cuts a cell that nobody could send, so that it is still seen to be too long', async () => {
    const { rows } = await readFile(`a,"${'""'.repeat(1_000_000)}",c\n`, { blockBytes: 1_000_000 });
    expect(rows).toMatchObject([['a', expect.stringMatching(/^"{8192}$/), 'c']]);
  });

  it('reads what csv-parse reads, of files that are well-formed', async () => {
    const cell = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a', 'ž', ' '), maxLength: 6 }),
    );
    const style = fc.record({
      lineEnd: fc.constantFrom('\n', '\r\n'),
      quotes: fc.constantFrom('always', 'where-needed'),
    });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(rows, style, fc.integer({ min: 1, max: 40 }), async (cells, chosen, blockBytes) => {
        const text = cells.map((row) => csvRow(row, { ...plainStyle, ...chosen })).join('');
        const record_delimiter = ['\r\n', '\n'];
        const expected = parse(text, { relax_column_count: true, record_delimiter, relax_quotes: true });
        expect(await readFile(text, { blockBytes })).toMatchObject({ rows: expected, malformed: 0 });
      }),
      { numRuns: 1_000 },
    );
  });
});
