import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takePage } from '../../shared/adapters/data-out/page.ts';
import type { PartSpec } from '../../shared/adapters/data-out/spec.ts';
import { commas, type FileOptions, readerOf } from '../adapters/data-out/reading.ts';

const spec: PartSpec = {
  table: 'VIP',
  path: 'VIP_1.csv',
  etag: 'a',
  bytes: 0,
  gzip: false,
  csv: commas,
  start: 0,
  width: 3,
  id: 0,
  changedAt: null,
  columns: [
    ['Email', 1],
    ['__proto__', 2],
  ],
};

interface Reading {
  readonly ids: readonly string[];
  readonly values: readonly object[];
  readonly odd: number;
}

/** All pages; `reopen`: each page by a reader of its own, from the cursor on, as after the death of a process. */
const readAll = async (
  file: Buffer,
  { rows, reopen, ...options }: FileOptions & { readonly rows: number; readonly reopen: boolean },
): Promise<Reading> => {
  const ids: string[] = [];
  const values: object[] = [];
  let odd = 0;
  let reader = readerOf(file, options);
  for (;;) {
    const page = await takePage(reader, spec, ['VIP'], rows);
    expect(page.memberships.map((one) => one.customerId)).toEqual(page.profiles.map((one) => one.customerId));
    ids.push(...page.profiles.map((one) => one.customerId));
    values.push(...page.profiles.map((one) => one.values));
    odd += page.oddMemberships;
    if (page.next === null) return { ids, values, odd };
    if (!reopen) continue;
    await reader.close();
    reader = readerOf(file, { ...options, at: JSON.parse(page.next).at });
  }
};

const marks = fc.constantFrom('"', '"', ',', '\r', '\n', 'a', 'b', ' ', '\0', 'ž', '\u2028');
const scraps = fc.array(marks, { maxLength: 60 }).map((parts) => Buffer.from(parts.join('')));
const bytes = fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some));
const anyFile = fc.oneof(scraps, scraps, bytes);
const blockBytes = fc.integer({ min: 1, max: 70 });
const pageRows = fc.integer({ min: 1, max: 5 });
const maxRowBytes = fc.constantFrom(8, 20, 1_000);

describe('a file with anything in it', () => {
  it('is read to its end, the same wherever it is cut into blocks and pages and taken up again', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyFile,
        fc.record({ blockBytes, maxRowBytes, rows: pageRows, reopen: fc.boolean() }),
        async (file, options) => {
          const whole = await readAll(file, { maxRowBytes: options.maxRowBytes, rows: 1_000, reopen: false });
          expect(await readAll(file, options)).toEqual(whole);
          const lines = file
            .toString('latin1')
            .split('\n')
            .filter((line) => line !== '' && line !== '\r');
          expect(whole.ids.length + whole.odd).toBeLessThanOrEqual(lines.length);
          expect(whole.ids.length + whole.odd).toBeGreaterThanOrEqual(Math.min(1, lines.length));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('loses no good row beside a bad line, and counts every line once', async () => {
    const badLine = fc
      .array(fc.oneof(marks, fc.constantFrom('"x","y"', '","', '""')), { maxLength: 12 })
      .map((parts) => parts.join('').replaceAll('\n', ''));
    const good = (number: number): string => `"id${number}","a${number}@example.com","say ""${number}"""`;
    await fc.assert(
      fc.asyncProperty(fc.array(badLine, { maxLength: 8 }), blockBytes, async (bad, step) => {
        const lines = bad.flatMap((line, number) => [good(number), line]);
        const file = Buffer.from(lines.join('\n'));
        const { ids, odd } = await readAll(file, { rows: 3, reopen: false, blockBytes: step });
        const given = ids.filter((id) => /^id\d+$/.test(id));
        expect(given).toEqual(bad.map((_, number) => `id${number}`));
        const counted = lines.filter((line) => line !== '' && line !== '\r').length;
        expect(ids.length + odd).toBe(counted);
      }),
      { numRuns: 5_000 },
    );
  });

  it('pollutes no prototype', async () => {
    const file = Buffer.from('id1,a@example.com,"{""polluted"":true}"\n');
    const { values } = await readAll(file, { rows: 5, reopen: false });
    expect(Object.entries(values[0] ?? {})).toEqual([['Email', 'a@example.com']]);
    expect(Object.getPrototypeOf(values[0])).toBe(Object.prototype);
  });

  it('is the same compressed, and taken up in its middle', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile, blockBytes, pageRows, fc.boolean(), async (file, step, rows, reopen) => {
        const whole = await readAll(file, { rows: 1_000, reopen: false });
        const zipped = gzipSync(file);
        expect(await readAll(zipped, { rows, reopen, blockBytes: step, gzip: true })).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['cut off', (zipped: Buffer) => zipped.subarray(0, zipped.length - 9)],
    ['damaged', (zipped: Buffer) => Buffer.concat([zipped.subarray(0, 12), Buffer.alloc(40, 7)])],
    ['not compressed', () => Buffer.from('id1,a,b\n')],
  ])('fails where it is %s, and ends in no empty page', async (_, spoil) => {
    const zipped = gzipSync(Buffer.from('id1,a@example.com,b\n'.repeat(50)));
    await expect(readAll(spoil(zipped), { rows: 500, reopen: false, gzip: true })).rejects.toMatchObject({
      code: expect.stringMatching(/^Z_/),
    });
  });
});
