import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Rows } from '../../shared/ports/rows.ts';

export const sample = z.object({
  text: z.string(),
  count: z.int().default(7),
  nested: z.array(z.string()).optional(),
});
type Sample = z.infer<typeof sample>;

interface Opened {
  readonly rows: Rows<Sample>;
  /** The same table, for values that another version of the app wrote. */
  readonly foreign: Rows<unknown>;
}

const badKeys = ['', 'a/b', 'a\\b', 'a#b', 'a?b', "a'b", 'a b', 'ä', 'a\n', 'x'.repeat(201)];

/** What every table of rows does, in memory as in Azure. `open` gives one table; each test has its own partition. */
export const describeRows = (name: string, open: () => Promise<Opened>): void => {
  describe(`rows: ${name}`, () => {
    let partitions = 0;
    const opened = async () => {
      partitions += 1;
      return { ...(await open()), partition: `partition-${partitions}` };
    };
    const value = (text: string): Sample => ({ text, count: 1 });

    test('what was never written is undefined, and a list of nothing is empty', async () => {
      const { rows, partition } = await opened();
      expect(await rows.get({ partition, key: 'none' })).toBeUndefined();
      expect(await rows.list(partition)).toEqual([]);
      await expect(rows.remove({ partition, key: 'none' })).resolves.toBeUndefined();
    });

    test('a row is read as it was written, and as the write answered', async () => {
      const { rows, partition } = await opened();
      const address = { partition, key: 'A.z-0_~' };
      const written = await rows.insert(address, { text: 'one', count: 2, nested: ['a', ''] });
      expect(written).toMatchObject({ ...address, value: { text: 'one', count: 2, nested: ['a', ''] } });
      expect(await rows.get(address)).toEqual(written);
      expect(await rows.list(partition)).toEqual([written]);
    });

    test('keys of the greatest length, and of dots only, are keys', async () => {
      const { rows, partition } = await opened();
      for (const key of ['x'.repeat(200), '.', '..', '~']) {
        await rows.insert({ partition, key }, value(key));
        expect((await rows.get({ partition, key }))?.value.text).toBe(key);
      }
    });

    test('a second insert is refused and changes nothing', async () => {
      const { rows, partition } = await opened();
      const first = await rows.insert({ partition, key: 'k' }, value('first'));
      expect(await rows.insert({ partition, key: 'k' }, value('second'))).toBeUndefined();
      expect(await rows.get({ partition, key: 'k' })).toEqual(first);
    });

    test('of ten inserts at once exactly one wins', async () => {
      const { rows, partition } = await opened();
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) => rows.insert({ partition, key: 'race' }, value(`n${n}`))),
      );
      const winners = answers.filter((answer) => answer !== undefined);
      expect(winners).toHaveLength(1);
      expect(await rows.get({ partition, key: 'race' })).toEqual(winners[0]);
    });

    test('of ten replacements of one version exactly one wins', async () => {
      const { rows, partition } = await opened();
      const row = await rows.insert({ partition, key: 'race' }, value('before'));
      if (!row) throw new Error('The row was there already.');
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) => rows.replace(row, value(`n${n}`))),
      );
      const winners = answers.filter((answer) => answer !== undefined);
      expect(winners).toHaveLength(1);
      expect(winners[0]?.version).not.toBe(row.version);
      expect(await rows.get({ partition, key: 'race' })).toEqual(winners[0]);
    });

    test('a replacement goes on from its own answer, and not from an older row, even to the same value', async () => {
      const { rows, partition } = await opened();
      const first = await rows.insert({ partition, key: 'k' }, { text: 'first', count: 1, nested: ['gone'] });
      if (!first) throw new Error('The row was there already.');
      const second = await rows.replace(first, value('first'));
      if (!second) throw new Error('The replacement was refused.');
      expect(await rows.replace(first, value('late'))).toBeUndefined();
      expect(await rows.replace(second, value('third'))).toBeDefined();
      expect((await rows.get({ partition, key: 'k' }))?.value).toEqual(value('third'));
    });

    test('a smaller value leaves nothing of a larger one behind', async () => {
      const { rows, partition } = await opened();
      const large = await rows.insert({ partition, key: 'k' }, value('x'.repeat(200_000)));
      if (!large) throw new Error('The row was there already.');
      await rows.replace(large, value('small'));
      expect((await rows.get({ partition, key: 'k' }))?.value).toEqual(value('small'));
    });

    test('what was removed cannot be replaced, nor when it was written anew', async () => {
      const { rows, partition } = await opened();
      const address = { partition, key: 'k' };
      const row = await rows.insert(address, value('old'));
      if (!row) throw new Error('The row was there already.');
      await rows.remove(address);
      expect(await rows.get(address)).toBeUndefined();
      expect(await rows.replace(row, value('late'))).toBeUndefined();
      await rows.insert(address, value('new'));
      expect(await rows.replace(row, value('late'))).toBeUndefined();
    });

    test('rows that go together are all replaced, or none of them', async () => {
      const { rows, partition } = await opened();
      const insert = async (key: string) => {
        const row = await rows.insert({ partition, key }, value('before'));
        if (!row) throw new Error('The row was there already.');
        return row;
      };
      const texts = async () => (await rows.list(partition)).map((row) => row.value.text);
      const [a, b] = [await insert('a'), await insert('b')];
      const both = (text: string) => [a, b].map((row) => ({ row, value: value(text) }));
      expect(await rows.replaceAll(both('first'))).toBe(true);
      expect(await texts()).toEqual(['first', 'first']);
      expect(await rows.replaceAll(both('late'))).toBe(false);

      const [newA, newB] = [await rows.get(a), await rows.get(b)];
      if (!newA || !newB) throw new Error('The rows are gone.');
      await rows.replace(newB, value('other'));
      const onlyFirstFits = [newA, newB].map((row) => ({ row, value: value('late') }));
      expect(await rows.replaceAll(onlyFirstFits)).toBe(false);
      expect(await texts()).toEqual(['first', 'other']);

      await rows.remove(b);
      const current = await rows.get(b);
      expect(current).toBeUndefined();
      expect(await rows.replaceAll(onlyFirstFits)).toBe(false);
      expect(await texts()).toEqual(['first']);
      expect(await rows.replaceAll([])).toBe(true);
    });

    test('of ten replacements of the same two rows exactly one wins', async () => {
      const { rows, partition } = await opened();
      await rows.insertAll(
        partition,
        ['a', 'b'].map((key) => ({ key, value: value('before') })),
      );
      const pair = await rows.list(partition);
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          rows.replaceAll(pair.map((row) => ({ row, value: value(`n${n}`) }))),
        ),
      );
      expect(answers.filter((isWritten) => isWritten)).toHaveLength(1);
      const text = `n${answers.indexOf(true)}`;
      expect((await rows.list(partition)).map((row) => row.value.text)).toEqual([text, text]);
    });

    test('what cannot go together is refused before anything is written', async () => {
      const { rows, partition } = await opened();
      const here = await rows.insert({ partition, key: 'a' }, value('before'));
      const there = await rows.insert({ partition: `${partition}-other`, key: 'b' }, value('before'));
      if (!here || !there) throw new Error('The rows were there already.');
      const changed = (row: typeof here, text = 'after') => ({ row, value: value(text) });
      await expect(rows.replaceAll([changed(here), changed(there)])).rejects.toThrow('in one partition');
      await expect(rows.replaceAll([changed(here), changed(here)])).rejects.toThrow('names a key twice');
      const tooMany = Array.from({ length: 101 }, (_, n) => changed({ ...here, key: `k${n}` }));
      await expect(rows.replaceAll(tooMany)).rejects.toThrow('at most 100');
      await expect(rows.replaceAll([changed(here, 'é'.repeat(450_000))])).rejects.toThrow('at most 900000');
      expect(await rows.list(partition)).toEqual([here]);
    });

    test('1,500 rows are listed in the order of their keys, and of their partition only', async () => {
      const { rows, partition } = await opened();
      await rows.insert({ partition: `${partition}0`, key: 'other' }, value('other'));
      const keys = Array.from(
        { length: 1_500 },
        (_, n) => `k${String((n * 7_919) % 1_500).padStart(4, '0')}`,
      );
      await rows.insertAll(
        partition,
        keys.map((key) => ({ key, value: value(key) })),
      );
      const listed = await rows.list(partition);
      expect(listed.map((row) => row.key)).toEqual(keys.toSorted());
      expect(listed.every((row) => row.value.text === row.key)).toBe(true);
    });

    test('order is that of the characters, capitals first', async () => {
      const { rows, partition } = await opened();
      for (const key of ['b', 'a', 'B', '~', '10', '9', '-', 'a.b', 'a-b']) {
        await rows.insert({ partition, key }, value(key));
      }
      const listed = await rows.list(partition);
      expect(listed.map((row) => row.key)).toEqual(['-', '10', '9', 'B', 'a', 'a-b', 'a.b', 'b', '~']);
    });

    test('many at once leave those that are there as they are', async () => {
      const { rows, partition } = await opened();
      const there = await rows.insert({ partition, key: 'k150' }, value('there'));
      const all = Array.from({ length: 230 }, (_, n) => ({ key: `k${n}`, value: value(`new ${n}`) }));
      await rows.insertAll(partition, all);
      await rows.insertAll(partition, all);
      expect(await rows.list(partition)).toHaveLength(230);
      expect(await rows.get({ partition, key: 'k150' })).toEqual(there);
      expect((await rows.get({ partition, key: 'k151' }))?.value.text).toBe('new 151');
      await expect(rows.insertAll(partition, [])).resolves.toBeUndefined();
    });

    test('large rows go in many at once too', async () => {
      const { rows, partition } = await opened();
      const text = 'x'.repeat(800_000);
      await rows.insertAll(
        partition,
        Array.from({ length: 9 }, (_, n) => ({ key: `k${n}`, value: value(text) })),
      );
      expect((await rows.list(partition)).map((row) => row.value.text.length)).toEqual(
        Array(9).fill(800_000),
      );
    });

    test('500 KB and every kind of character come back', async () => {
      const { rows, partition } = await opened();
      const odd = 'ÅŽ漢字 🙂 \u0000 \u2028 \u2029 \r\n " \\ \' <&> --changeset';
      const text = odd.repeat(Math.ceil(500_000 / Buffer.byteLength(odd)));
      await rows.insert({ partition, key: 'one' }, value(text));
      await rows.insertAll(partition, [{ key: 'many', value: value(odd) }]);
      expect((await rows.get({ partition, key: 'one' }))?.value.text).toBe(text);
      expect((await rows.get({ partition, key: 'many' }))?.value.text).toBe(odd);
    });

    test('a value over 900 KB is refused before anything is written, without repeating it', async () => {
      const { rows, partition } = await opened();
      const row = await rows.insert({ partition, key: 'k' }, value('small'));
      if (!row) throw new Error('The row was there already.');
      const tooLarge = value('é'.repeat(450_000));
      const said =
        /^The value for row \w+\/partition-\d+\/\w+ has \d+ bytes; at most 900000 can be stored\.$/;
      await expect(rows.insert({ partition, key: 'large' }, tooLarge)).rejects.toThrow(said);
      await expect(rows.replace(row, tooLarge)).rejects.toThrow(said);
      const both = [
        { key: 'fine', value: value('fine') },
        { key: 'large', value: tooLarge },
      ];
      await expect(rows.insertAll(partition, both)).rejects.toThrow(said);
      expect(await rows.list(partition)).toEqual([row]);
    });

    test('a bad key is refused everywhere, without repeating it', async () => {
      const { rows, partition } = await opened();
      for (const bad of badKeys) {
        const key =
          /^A key of table \w+ must be 1 to 200 characters of A-Z, a-z, 0-9, "\.", "-", "_", "~"\.$/;
        const part = /^A partition of table \w+ must be/;
        await expect(rows.get({ partition, key: bad })).rejects.toThrow(key);
        await expect(rows.get({ partition: bad, key: 'k' })).rejects.toThrow(part);
        await expect(rows.insert({ partition, key: bad }, value('v'))).rejects.toThrow(key);
        await expect(rows.insertAll(partition, [{ key: bad, value: value('v') }])).rejects.toThrow(key);
        await expect(rows.insertAll(bad, [])).rejects.toThrow(part);
        await expect(
          rows.replace({ partition, key: bad, value: value('v'), version: '*' }, value('v')),
        ).rejects.toThrow(key);
        await expect(rows.remove({ partition, key: bad })).rejects.toThrow(key);
        await expect(rows.list(bad)).rejects.toThrow(part);
      }
    });

    test('a list that names a key twice is refused', async () => {
      const { rows, partition } = await opened();
      const twice = ['k', 'other', 'k'].map((key) => ({ key, value: value(key) }));
      await expect(rows.insertAll(partition, twice)).rejects.toThrow('names a key twice');
      expect(await rows.list(partition)).toEqual([]);
    });

    test('a stored value is parsed: defaults are filled in, and what does not fit is an error naming the row only', async () => {
      const { rows, foreign, partition } = await opened();
      await foreign.insert({ partition, key: 'older' }, { text: 'old' });
      expect((await rows.get({ partition, key: 'older' }))?.value).toEqual({ text: 'old', count: 7 });
      await foreign.insert({ partition, key: 'odd' }, { text: 5, count: 'ann@example.com' });
      const said = new RegExp(`row \\w+/${partition}/odd cannot be read`);
      await expect(rows.get({ partition, key: 'odd' })).rejects.toThrow(said);
      await expect(rows.list(partition)).rejects.toThrow(said);
      await expect(rows.get({ partition, key: 'odd' })).rejects.not.toThrow('ann@example.com');
    });

    test('a list shows each row as it is now, however often it was listed before', async () => {
      const { rows, partition } = await opened();
      const listed = async () => (await rows.list(partition)).map((row) => [row.key, row.value.text]);
      const other = { partition: `${partition}-other`, key: 'a' };
      for (const key of ['a', 'b', 'c']) await rows.insert({ partition, key }, value('first'));
      await rows.insert(other, value('elsewhere'));
      const [a, b] = await rows.list(partition);
      if (!a || !b) throw new Error('The rows are not listed.');
      expect((await rows.list(other.partition)).map((row) => row.value.text)).toEqual(['elsewhere']);
      const changed = await rows.replace(a, value('second'));
      await rows.remove(b);
      expect(await listed()).toEqual([
        ['a', 'second'],
        ['c', 'first'],
      ]);
      await rows.insert(b, value('third'));
      expect(await listed()).toEqual([
        ['a', 'second'],
        ['b', 'third'],
        ['c', 'first'],
      ]);
      // Its version is the one with which it can be replaced.
      const again = (await rows.list(partition)).find(({ key }) => key === 'a');
      expect(again).toEqual(changed);
      expect(again && (await rows.replace(again, value('fourth')))).toBeDefined();
      expect((await listed())[0]).toEqual(['a', 'fourth']);
    });

    test('what was written and read is nobody else’s', async () => {
      const { rows, partition } = await opened();
      const given = { text: 'given', count: 1, nested: ['a'] };
      await rows.insert({ partition, key: 'k' }, given);
      given.nested.push('b');
      const read = await rows.get({ partition, key: 'k' });
      expect(read?.value.nested).toEqual(['a']);
    });
  });
};
