import { describe, expect, test } from 'vitest';
import type { Blobs } from '../../shared/ports/blobs.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (read: Uint8Array | undefined): string | undefined => read && Buffer.from(read).toString();

/** What every store of blobs does. Each test has a folder of its own. */
export const describeBlobs = (name: string, open: () => Promise<Blobs>): void => {
  describe(`blobs: ${name}`, () => {
    let folders = 0;
    const opened = async () => {
      folders += 1;
      return { blobs: await open(), folder: `runs/test-${folders}` };
    };

    test('what was never written is undefined, and a list of nothing is empty', async () => {
      const { blobs, folder } = await opened();
      expect(await blobs.get(`${folder}/none`)).toBeUndefined();
      expect(await blobs.getRange(`${folder}/none`, 0, 5)).toBeUndefined();
      expect(await blobs.getRange(`${folder}/none`, 0, 0)).toBeUndefined();
      expect(await blobs.list(`${folder}/`)).toEqual([]);
      await expect(blobs.removeAll(`${folder}/`)).resolves.toBeUndefined();
    });

    test('bytes come back as they were written; writing again overwrites', async () => {
      const { blobs, folder } = await opened();
      const all = Uint8Array.from({ length: 256 }, (_, n) => n);
      await blobs.put(`${folder}/b`, all);
      expect(Buffer.from((await blobs.get(`${folder}/b`)) ?? []).equals(all)).toBe(true);
      await blobs.put(`${folder}/b`, bytes('shorter'));
      expect(text(await blobs.get(`${folder}/b`))).toBe('shorter');
      await blobs.put(`${folder}/b`, bytes(''));
      expect(await blobs.get(`${folder}/b`)).toHaveLength(0);
    });

    test('a view on a larger buffer is written as the view', async () => {
      const { blobs, folder } = await opened();
      await blobs.put(`${folder}/b`, bytes('0123456789').subarray(3, 6));
      expect(text(await blobs.get(`${folder}/b`))).toBe('345');
    });

    test('8 MB come back', async () => {
      const { blobs, folder } = await opened();
      const large = Buffer.alloc(8_000_000, 'seven b');
      await blobs.put(`${folder}/large`, large);
      expect(large.equals((await blobs.get(`${folder}/large`)) ?? new Uint8Array())).toBe(true);
      expect(text(await blobs.getRange(`${folder}/large`, 7_000_000, 7_000_007))).toBe('seven b');
    });

    test.each([
      [0, 10, '0123456789'],
      [0, 1, '0'],
      [3, 6, '345'],
      [9, 10, '9'],
      [8, 100, '89'],
      [4, 4, ''],
      [10, 12, ''],
      [50, 60, ''],
    ])('bytes [%i, %i) of ten are "%s"', async (from, to, expected) => {
      const { blobs, folder } = await opened();
      await blobs.put(`${folder}/ten`, bytes('0123456789'));
      expect(text(await blobs.getRange(`${folder}/ten`, from, to))).toBe(expected);
    });

    test.each([
      [-1, 3],
      [5, 4],
      [0.5, 2],
      [0, Number.NaN],
    ])('bytes [%d, %d) are refused', async (from, to) => {
      const { blobs, folder } = await opened();
      await expect(blobs.getRange(`${folder}/ten`, from, to)).rejects.toThrow('are no range');
    });

    test('a prefix lists in order, and of one container only', async () => {
      const { blobs, folder } = await opened();
      const names = ['b', 'a/2', 'a/10', 'a/1', 'ab', 'B'];
      for (const blob of names) await blobs.put(`${folder}/${blob}`, bytes(blob));
      const elsewhere = folder.replace('runs/', 'snapshots/');
      await blobs.put(`${elsewhere}/a/1`, bytes('snapshot'));
      expect(await blobs.list(`${folder}/`)).toEqual(names.map((blob) => `${folder}/${blob}`).sort());
      expect(await blobs.list(`${folder}/a/`)).toEqual([`${folder}/a/1`, `${folder}/a/10`, `${folder}/a/2`]);
      expect(await blobs.list(`${elsewhere}/`)).toEqual([`${elsewhere}/a/1`]);
    });

    test('removing a prefix removes just what it lists', async () => {
      const { blobs, folder } = await opened();
      for (let n = 0; n < 40; n += 1) await blobs.put(`${folder}/gone/${n}`, bytes('x'));
      await blobs.put(`${folder}/kept`, bytes('kept'));
      await blobs.removeAll(`${folder}/gone/`);
      expect(await blobs.list(`${folder}/`)).toEqual([`${folder}/kept`]);
    });

    test.each([
      '',
      'runs',
      'runs/',
      'other/a',
      '/runs/a',
      'runs//a',
      'runs/a/../b',
      'runs/./a',
      'runs/a b',
      'runs/ä',
      'runs/a?b',
    ])('the path "%s" is refused', async (path) => {
      const { blobs } = await opened();
      await expect(blobs.get(path)).rejects.toThrow('A blob path starts with');
      await expect(blobs.put(path, bytes('x'))).rejects.toThrow('A blob path starts with');
      await expect(blobs.getRange(path, 0, 1)).rejects.toThrow('A blob path starts with');
    });

    test.each(['', 'runs', 'other/', 'runs/a/../'])('the prefix "%s" is refused', async (prefix) => {
      const { blobs } = await opened();
      await expect(blobs.list(prefix)).rejects.toThrow('A blob prefix starts with');
      await expect(blobs.removeAll(prefix)).rejects.toThrow('A blob prefix starts with');
    });

    test('what was written and read is nobody else’s', async () => {
      const { blobs, folder } = await opened();
      const given = bytes('given');
      await blobs.put(`${folder}/b`, given);
      given.fill(0);
      (await blobs.get(`${folder}/b`))?.fill(0);
      (await blobs.getRange(`${folder}/b`, 0, 3))?.fill(0);
      expect(text(await blobs.get(`${folder}/b`))).toBe('given');
    });
  });
};
