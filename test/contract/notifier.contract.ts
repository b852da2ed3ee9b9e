import { describe, expect, test } from 'vitest';
import { letterOf, testNotice } from '../../shared/domain/notification.ts';
import type { Notifier } from '../../shared/ports/notifier.ts';

interface Opened {
  readonly notifier: Notifier;
  /** An address that is allowed, and somebody listens there. */
  readonly url: string;
  readonly arrived: () => readonly { readonly headers: object; readonly body: string }[];
  /** From now on the receiver answers so. */
  answer(status: number): void;
}

/** What every notifier does. `hosts`: how it is opened, `undefined` for one that allows the receiver. */
export const describeNotifier = (
  name: string,
  open: (hosts?: readonly string[]) => Promise<Opened>,
): void => {
  describe(`notifier: ${name}`, () => {
    const now = Date.UTC(2026, 0, 5);
    const letter = letterOf(testNotice(now), 'webhook', 'a secret of the contract', now);

    test('delivers body and headers as they are given', async () => {
      const { notifier, url, arrived } = await open();
      expect(await notifier.send(url, letter)).toEqual({ kind: 'delivered' });
      expect(arrived()).toMatchObject([letter]);
    });

    test('an answer that is no success is a failure', async () => {
      const { notifier, url, answer } = await open();
      answer(500);
      expect(await notifier.send(url, letter)).toEqual({ kind: 'failed', code: 'status-500' });
    });

    test('without hosts it is off: nothing may be stored, nothing is sent', async () => {
      const { notifier, url, arrived } = await open([]);
      expect(notifier.check(url)).toEqual({ kind: 'off' });
      expect(await notifier.send(url, letter)).toEqual({ kind: 'failed', code: 'host-not-allowed' });
      expect(arrived()).toEqual([]);
    });

    test('another host is refused, whatever was stored before', async () => {
      const { notifier, url, arrived } = await open(['other.example.com']);
      expect(notifier.check(url)).toMatchObject({ kind: 'refused' });
      expect(await notifier.send(url, letter)).toEqual({ kind: 'failed', code: 'host-not-allowed' });
      expect(arrived()).toEqual([]);
    });

    test.each(['', 'hooks.example.com', 'http://hooks.example.com/', 'ftp://hooks.example.com/'])(
      'the address "%s" is refused, and not repeated',
      async (url) => {
        const { notifier } = await open(['hooks.example.com']);
        const checked = notifier.check(url);
        expect(checked.kind).toBe('refused');
        expect(JSON.stringify(checked)).not.toContain('hooks.example.com');
      },
    );

    test('an allowed address is told by its host', async () => {
      const { notifier } = await open(['hooks.example.com']);
      expect(notifier.check('https://HOOKS.example.com/a?b=c')).toEqual({
        kind: 'ok',
        host: 'hooks.example.com',
      });
    });
  });
};
