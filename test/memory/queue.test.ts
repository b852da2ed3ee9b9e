import { expect, test } from 'vitest';
import { runId } from '../../shared/domain/ids.ts';
import type { Message } from '../../shared/messages.ts';
import { virtualClock } from './clock.ts';
import { memoryQueue } from './queue.ts';

const run = runId.parse('newsletter.1');
const settle = (sequence: number): Message => ({ step: 'settle', run, version: 1, epoch: 0, sequence });
const opened = () => {
  const clock = virtualClock({ start: 0 });
  return { clock, queue: memoryQueue(clock) };
};

test('a delay is rounded up to whole seconds; the message is seen then and not before', async () => {
  const { clock, queue } = opened();
  await queue.put({ message: settle(1), delaySeconds: 1.2 });
  expect(queue.nextVisibleAt()).toBe(2_000);
  await clock.advance(1_999);
  expect(queue.receive()).toBeUndefined();
  await clock.advance(1);
  expect(queue.receive()?.message).toEqual(settle(1));
});

test('messages come in the order in which they become visible', async () => {
  const { clock, queue } = opened();
  await queue.put({ message: settle(1), delaySeconds: 5 });
  await queue.put({ message: settle(2), delaySeconds: 3 });
  await queue.put({ message: settle(3), delaySeconds: 3 });
  await clock.advance(5_000);
  const received = [queue.receive(), queue.receive(), queue.receive()];
  expect(received.map((one) => one?.message.sequence)).toEqual([2, 3, 1]);
  expect(queue.puts.map(({ message, delaySeconds }) => [message.sequence, delaySeconds])).toEqual([
    [1, 5],
    [2, 3],
    [3, 3],
  ]);
});

test('a locked message is hidden until its lock ends; who lost the lock can do nothing', async () => {
  const { clock, queue } = opened();
  await queue.put({ message: settle(1), delaySeconds: 0 });
  const first = queue.receive({ lockSeconds: 600 });
  if (!first) throw new Error('Nothing was received.');
  expect(queue.receive()).toBeUndefined();
  await clock.advance(600_000);
  const second = queue.receive();
  if (!second) throw new Error('Nothing was received.');
  expect(second.dequeueCount).toBe(2);
  expect(queue.delete(first)).toBe(false);
  expect(queue.release(first)).toBe(false);
  expect(queue.delete(second)).toBe(true);
  expect(queue.waiting()).toEqual([]);
});

test('a released message is seen again after its delay', async () => {
  const { clock, queue } = opened();
  await queue.put({ message: settle(1), delaySeconds: 0 });
  const received = queue.receive();
  if (!received) throw new Error('Nothing was received.');
  expect(queue.release(received, 30)).toBe(true);
  expect(queue.waiting()).toEqual([{ message: settle(1), visibleAt: 30_000 }]);
  await clock.advance(30_000);
  expect(queue.receive()?.dequeueCount).toBe(2);
});

test('a message that is changed after it was put stays as it was, and cannot be changed by who reads it', async () => {
  const { queue } = opened();
  const message = { ...settle(1) };
  await queue.put({ message, delaySeconds: 0 });
  message.sequence = 9;
  const received = queue.receive();
  expect(received?.message.sequence).toBe(1);
  expect(() => Object.assign(received?.message ?? {}, { sequence: 8 })).toThrow(TypeError);
});
