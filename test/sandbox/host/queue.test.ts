import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../azurite/azurite.ts';
import { eventually, queues, type Running, seenBy, startFixture } from './fixtures/start.ts';

let azurite: Azurite;
let host: Running;
beforeAll(async () => {
  azurite = await startAzurite();
  for (const name of ['work', 'other-poison']) await queues(azurite).createQueue(name);
  host = await startFixture(azurite, { args: ['--speed', '10'] });
});
afterAll(async () => {
  await host?.stop();
  await azurite?.close();
});

const base64 = (text: string) => Buffer.from(text).toString('base64');
const send = (text: string, queue = 'work') =>
  queues(azurite).getQueueClient(queue).sendMessage(base64(text));
const sendRaw = (text: string) => queues(azurite).getQueueClient('work').sendMessage(text);
const waiting = async (queue: string) =>
  (await queues(azurite).getQueueClient(queue).getProperties()).approximateMessagesCount;

/** The runs of those messages whose `mark` is the given one. */
async function runsOf(mark: string, functionName = 'work') {
  const all = await seenBy(host, functionName);
  return all.filter(({ input }) => JSON.stringify(input)?.includes(`"${mark}"`));
}
const ended = (mark: string, count: number) =>
  eventually(async () => {
    const runs = await runsOf(mark);
    return runs.filter(({ end }) => end !== undefined).length >= count ? runs : undefined;
  });
const poisoned = (raw: string) =>
  eventually(async () => {
    const queue = queues(azurite).getQueueClient('work-poison');
    if (!(await queue.exists())) return undefined;
    const { receivedMessageItems } = await queue.receiveMessages({
      numberOfMessages: 32,
      visibilityTimeout: 1,
    });
    return receivedMessageItems.find(({ messageText }) => messageText === raw);
  });

test('a message that succeeds runs once and is deleted', async () => {
  await send('{"mark":"good"}');
  const [run] = await ended('good', 1);
  expect(run?.input).toEqual({ mark: 'good' });
  expect(run?.metadata).toMatchObject({ dequeueCount: 1, queueTrigger: { mark: 'good' } });
  expect(run?.metadata?.insertionTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
  expect(await eventually(async () => ((await waiting('work')) === 0 ? 'empty' : undefined))).toBe('empty');
  expect(await runsOf('good')).toHaveLength(1);
});

test('one that fails is run again up to maxDequeueCount and then copied to poison byte for byte', async () => {
  const text = '{ "mark": "bad", "fail": true }';
  await send(text);
  await poisoned(base64(text));
  const runs = await runsOf('bad');
  expect(runs.map(({ metadata }) => metadata?.dequeueCount)).toEqual([1, 2, 3]);
  expect(await waiting('work')).toBe(0);
});

test('no base64 goes to poison at the first receive, without a run', async () => {
  const before = (await seenBy(host, 'work')).length;
  await sendRaw('{"mark":"raw"}');
  await poisoned('{"mark":"raw"}');
  expect((await seenBy(host, 'work')).length).toBe(before);
});

test('base64 of no UTF-8 goes to poison after maxDequeueCount, without a run', async () => {
  const before = (await seenBy(host, 'work')).length;
  await sendRaw('null');
  await poisoned('null');
  expect((await seenBy(host, 'work')).length).toBe(before);
  expect(host.lines.filter((line) => line.includes('no UTF-8')).length).toBe(3);
});

test('properties of the message hide the metadata of the trigger', async () => {
  await send('{"mark":"shadow","dequeueCount":"mine","iD":"z","flag":true,"none":null,"list":[1]}');
  const [run] = await ended('shadow', 1);
  expect(run?.metadata).toMatchObject({ dequeueCount: 'mine', id: 'z', flag: 'True', mark: 'shadow' });
  expect(run?.metadata).not.toHaveProperty('none');
  expect(run?.metadata).not.toHaveProperty('list');
});

test('never more in flight than batchSize + newBatchThreshold, and as many as that', async () => {
  const lengths = [150, 450, 250, 350];
  await Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      send(JSON.stringify({ mark: 'many', index, milliseconds: lengths[index % 4] })),
    ),
  );
  const runs = await ended('many', 24);
  const most = Math.max(
    ...runs.map(({ start }) => runs.filter((one) => one.start <= start && start < (one.end ?? start)).length),
  );
  expect(most).toBe(6);
  expect(runs).toHaveLength(24);
});

test('the failed message of a poison queue stays hidden and makes no poison of poison', async () => {
  await send('{"mark":"end","fail":true}', 'other-poison');
  await eventually(async () => ((await runsOf('end', 'poisoned')).length > 0 ? true : undefined));
  const queue = queues(azurite).getQueueClient('other-poison');
  await eventually(async () =>
    host.lines.some((line) => line.includes('Executed') && line.includes('Functions.poisoned'))
      ? true
      : undefined,
  );
  expect((await queue.receiveMessages()).receivedMessageItems).toEqual([]);
  expect((await queue.getProperties()).approximateMessagesCount).toBe(1);
  expect(await queues(azurite).getQueueClient('other-poison-poison').exists()).toBe(false);
});

test('a missing queue is not made; once it is there its messages are run', async () => {
  const queue = queues(azurite).getQueueClient('not-yet-there');
  expect(await queue.exists()).toBe(false);
  await queue.create();
  await queue.sendMessage(base64('{"mark":"late"}'));
  expect(await eventually(async () => (await runsOf('late', 'late'))[0]?.input)).toEqual({ mark: 'late' });
});
