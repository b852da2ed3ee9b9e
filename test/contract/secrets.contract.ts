import { describe, expect, test } from 'vitest';
import type { Secrets } from '../../shared/ports/secrets.ts';
import type { VirtualClock } from '../memory/clock.ts';

interface Opened {
  readonly secrets: Secrets;
  readonly clock: VirtualClock;
  /** Writes past the app, as a person with the portal does. */
  rotate(name: string, value: string, tags?: Readonly<Record<string, string>>): Promise<void>;
  /** From now on the vault refuses the app, or takes it back. */
  forbid(forbidden: boolean): Promise<void>;
  /** From now on the vault does not answer, or does again. */
  silence(silent: boolean): Promise<void>;
}

/** What every store of secrets does, with a cache of ten minutes. Tests share a vault, so each has its own names. */
export const describeSecrets = (name: string, open: () => Promise<Opened>): void => {
  describe(`secrets: ${name}`, () => {
    test('a secret that is not there is absent, and is looked for again', async () => {
      const { secrets, rotate } = await open();
      expect(await secrets.get('absent-1')).toEqual({ kind: 'absent' });
      await rotate('absent-1', 'now there');
      expect(await secrets.get('absent-1')).toEqual({ kind: 'ok', value: 'now there' });
    });

    test('a value is kept for ten minutes, and read again when fresh is asked for', async () => {
      const { secrets, clock, rotate } = await open();
      await rotate('kept-1', 'old');
      expect(await secrets.get('kept-1')).toEqual({ kind: 'ok', value: 'old' });
      await rotate('kept-1', 'new');
      await clock.advance(10 * 60_000 - 1);
      expect(await secrets.get('kept-1')).toEqual({ kind: 'ok', value: 'old' });
      expect(await secrets.get('kept-1', { fresh: true })).toEqual({ kind: 'ok', value: 'new' });
      expect(await secrets.get('kept-1')).toEqual({ kind: 'ok', value: 'new' });
      await rotate('kept-1', 'newest');
      await clock.advance(10 * 60_000);
      expect(await secrets.get('kept-1')).toEqual({ kind: 'ok', value: 'newest' });
    });

    test('a created secret is there, and creating it again answers with the first value', async () => {
      const { secrets } = await open();
      expect(await secrets.create('created-1', 'first')).toEqual({ kind: 'ok', value: 'first' });
      expect(await secrets.create('created-1', 'second')).toEqual({ kind: 'ok', value: 'first' });
      expect(await secrets.get('created-1', { fresh: true })).toEqual({ kind: 'ok', value: 'first' });
    });

    test('creating looks past the cache', async () => {
      const { secrets, rotate } = await open();
      await secrets.create('created-2', 'first');
      await rotate('created-2', 'rotated');
      expect(await secrets.create('created-2', 'second')).toEqual({ kind: 'ok', value: 'rotated' });
    });

    test('no permission is an answer; a value that was read is given until its time is over', async () => {
      const { secrets, rotate, forbid } = await open();
      await rotate('forbidden-1', 'value');
      await secrets.get('forbidden-1');
      await forbid(true);
      expect(await secrets.get('forbidden-1')).toEqual({ kind: 'ok', value: 'value' });
      expect(await secrets.get('forbidden-1', { fresh: true })).toEqual({ kind: 'forbidden' });
      expect(await secrets.get('forbidden-1')).toEqual({ kind: 'forbidden' });
      expect(await secrets.create('forbidden-2', 'value')).toEqual({ kind: 'forbidden' });
      await forbid(false);
      expect(await secrets.get('forbidden-1')).toEqual({ kind: 'ok', value: 'value' });
    });

    test('a vault that does not answer: what was read before is given, however old', async () => {
      const { secrets, clock, rotate, silence } = await open();
      await rotate('silent-1', 'value');
      await secrets.get('silent-1');
      await clock.advance(11 * 60_000);
      await silence(true);
      expect(await secrets.get('silent-1')).toEqual({ kind: 'ok', value: 'value' });
      expect(await secrets.get('silent-1', { fresh: true })).toEqual({ kind: 'unavailable' });
      expect(await secrets.get('silent-2')).toEqual({ kind: 'unavailable' });
      await silence(false);
    });

    test('a removed secret is gone, at once and for good; removing it again is success', async () => {
      const { secrets } = await open();
      await secrets.create('removed-1', 'value');
      expect(await secrets.remove('removed-1')).toEqual({ kind: 'absent' });
      expect(await secrets.get('removed-1')).toEqual({ kind: 'absent' });
      expect(await secrets.remove('removed-1')).toEqual({ kind: 'absent' });
      expect(await secrets.remove('removed-never-there')).toEqual({ kind: 'absent' });
    });

    test('a removed secret can be created anew, with its new value and tags', async () => {
      const { secrets } = await open();
      await secrets.create('removed-2', 'old', { tags: { purpose: 'old' } });
      await secrets.remove('removed-2');
      const tags = { purpose: 'new' };
      expect(await secrets.create('removed-2', 'new', { tags })).toEqual({ kind: 'ok', value: 'new' });
      expect(await secrets.get('removed-2', { fresh: true })).toEqual({ kind: 'ok', value: 'new' });
      expect(await secrets.tagsOf('removed-2')).toEqual({ kind: 'ok', tags });
    });

    test('tags are those of the newest version, whoever wrote it; without any there are none', async () => {
      const { secrets, rotate } = await open();
      expect(await secrets.tagsOf('tagged-1')).toEqual({ kind: 'absent' });
      await secrets.create('tagged-1', 'value', { tags: { purpose: 'a' } });
      expect(await secrets.tagsOf('tagged-1')).toEqual({ kind: 'ok', tags: { purpose: 'a' } });
      await rotate('tagged-1', 'value', { purpose: 'b', team: 'c' });
      expect(await secrets.tagsOf('tagged-1')).toEqual({ kind: 'ok', tags: { purpose: 'b', team: 'c' } });
      await rotate('tagged-1', 'value');
      expect(await secrets.tagsOf('tagged-1')).toEqual({ kind: 'ok', tags: {} });
    });

    test('tags and removal: no permission and no answer are answers, and nothing is removed', async () => {
      const { secrets, forbid, silence } = await open();
      await secrets.create('kept-2', 'value');
      await forbid(true);
      expect(await secrets.tagsOf('kept-2')).toEqual({ kind: 'forbidden' });
      expect(await secrets.remove('kept-2')).toEqual({ kind: 'forbidden' });
      await forbid(false);
      await silence(true);
      expect(await secrets.tagsOf('kept-2')).toEqual({ kind: 'unavailable' });
      expect(await secrets.remove('kept-2')).toEqual({ kind: 'unavailable' });
      await silence(false);
      expect(await secrets.get('kept-2')).toEqual({ kind: 'ok', value: 'value' });
    });

    test('names are told apart, and values come back with every character', async () => {
      const { secrets, rotate } = await open();
      const value = 'ö"\\ 漢字 \n 🙂'.repeat(500);
      await rotate('name-1', value);
      await rotate(`${'n'.repeat(126)}-`, 'long');
      expect(await secrets.get('name-1')).toEqual({ kind: 'ok', value });
      expect(await secrets.get(`${'n'.repeat(126)}-`)).toEqual({ kind: 'ok', value: 'long' });
    });

    test.each(['', 'a/b', 'a_b', 'a.b', 'ä', 'a b', 'x'.repeat(128)])(
      'the name "%s" is refused',
      async (bad) => {
        const { secrets } = await open();
        await expect(secrets.get(bad)).rejects.toThrow('A secret name must be');
        await expect(secrets.create(bad, 'value')).rejects.toThrow('A secret name must be');
        await expect(secrets.tagsOf(bad)).rejects.toThrow('A secret name must be');
        await expect(secrets.remove(bad)).rejects.toThrow('A secret name must be');
      },
    );
  });
};
