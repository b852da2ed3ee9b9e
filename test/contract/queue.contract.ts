import { describe, expect, test } from 'vitest';
import { runId } from '../../shared/domain/ids.ts';
import { steps } from '../../shared/domain/turn.ts';
import { type Message, messages } from '../../shared/messages.ts';
import type { Queue } from '../../shared/ports/queue.ts';

interface Opened {
  readonly queue: Queue;
  /** Messages of a queue that are visible now, in any order, each seen once. */
  receive(step: Message['step']): Promise<readonly unknown[]>;
}

const run = runId.parse('newsletter.20260105T060000Z');
const settle = (sequence: number): Message => ({ step: 'settle', run, version: 1, epoch: 0, sequence });

/** What every queue does with what is put. Each `open` gives queues without messages. */
export const describeQueue = (name: string, open: () => Promise<Opened>): void => {
  describe(`queue: ${name}`, () => {
    test('a message lies in the queue of its step, as it was put', async () => {
      const { queue, receive } = await open();
      const slice: Message = { step: 'read-slice', run, slice: 3, version: 1, epoch: 1, sequence: 2 };
      await queue.put({ message: slice, delaySeconds: 0 });
      await queue.put({ message: settle(1), delaySeconds: 0 });
      expect(await receive('settle')).toEqual([settle(1)]);
      const [received] = await receive('read-slice');
      expect(messages['read-slice'].parse(received)).toEqual(slice);
      expect(await receive('finish')).toEqual([]);
    });

    test('one put is one message: the same twice is two', async () => {
      const { queue, receive } = await open();
      await queue.put({ message: settle(1), delaySeconds: 0 });
      await queue.put({ message: settle(1), delaySeconds: 0 });
      expect(await receive('settle')).toEqual([settle(1), settle(1)]);
    });

    test.each([60, 604_800])('a message with a delay of %d s is not seen at once', async (delaySeconds) => {
      const { queue, receive } = await open();
      await queue.put({ message: settle(1), delaySeconds });
      await queue.put({ message: settle(2), delaySeconds: 0 });
      expect(await receive('settle')).toEqual([settle(2)]);
    });

    test.each([-1, 604_801, Number.NaN, Number.POSITIVE_INFINITY])(
      'a delay of %d s is refused',
      async (delaySeconds) => {
        const { queue, receive } = await open();
        await expect(queue.put({ message: settle(1), delaySeconds })).rejects.toThrow('cannot be delayed');
        expect(await receive('settle')).toEqual([]);
      },
    );

    test('a probe leaves nothing, and leaves alone what is there', async () => {
      const { queue, receive } = await open();
      await queue.put({ message: settle(1), delaySeconds: 0 });
      await queue.probe();
      for (const step of steps) expect(await receive(step)).toEqual(step === 'settle' ? [settle(1)] : []);
    });

    test('a message over 45 KB is refused without repeating it', async () => {
      const { queue, receive } = await open();
      // No schema allows such a message: only a mistake in one could make it.
      const message = { ...settle(1), extra: 'x'.repeat(45_000) };
      await expect(queue.put({ message, delaySeconds: 0 })).rejects.toThrow(
        /^A message for settle has \d+ bytes; at most 45000 can be put\.$/,
      );
      expect(await receive('settle')).toEqual([]);
    });
  });
};
