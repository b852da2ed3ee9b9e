import { expect, test } from 'vitest';
import { z } from 'zod';
import { approve } from '../../functions/approve.ts';
import { connectBrand } from '../../functions/connect.ts';
import { health } from '../../functions/health.ts';
import { poisoned, queueStep } from '../../functions/queue-step.ts';
import { runExport } from '../../functions/run-export.ts';
import { oneRun, rows, runs } from '../../functions/runs.ts';
import { timer } from '../../functions/timer.ts';
import { messages } from '../../shared/messages.ts';
import { call, callApi, loggingContext } from './call.ts';

const broken = async () => {
  throw new Error('the account is closed');
};
const withRun = { params: { run: 'newsletter.1' } };

test.each([
  ['run-export', runExport(() => 0, broken), { method: 'POST', params: { id: 'newsletter' } }],
  ['runs', runs(broken), {}],
  ['run', oneRun(broken), withRun],
  ['rows', rows(broken), withRun],
  ['approve', approve(broken), { method: 'POST', ...withRun }],
  ['connect', connectBrand(() => 0, broken), { method: 'POST', params: { id: 'brand-eu' } }],
] as const)(
  '%s: an unhandled error is a problem document, and its text is in the log alone',
  async (_name, handler, options) => {
    const { status, headers, json, text, errors } = await callApi(handler, options);
    expect({ status, json }).toMatchObject({
      status: 500,
      json: {
        type: 'about:blank',
        title: 'Internal error',
        status: 500,
        detail: expect.stringContaining('invocation-1'),
      },
    });
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(text).not.toContain('closed');
    expect(errors.join('\n')).toContain('the account is closed');
  },
);

test('health says that the app is up, and its version', async () => {
  expect(await call(health('1.2.3'))).toMatchObject({ json: { status: 'up', version: '1.2.3' } });
});

const message = { version: 1, step: 'settle', run: 'newsletter.1', epoch: 0, sequence: 3 } as const;
const wrongMessages = [
  'text',
  null,
  {},
  { ...message, step: 'send' },
  { ...message, version: 2 },
  { ...message, run: 'x' },
  { ...message, extra: 'address' },
];

test('a step gets the parsed message, and its error goes to the queue', async () => {
  const got: unknown[] = [];
  const { context } = loggingContext();
  await queueStep(messages.settle, async (given) => void got.push(given))(message, context);
  expect(got).toEqual([message]);
  await expect(queueStep(messages.settle, broken)(message, context)).rejects.toThrow('closed');
});

test.each(wrongMessages)('a message that is none throws, and no step is called (%j)', async (wrong) => {
  const step = async () => expect.unreachable();
  await expect(queueStep(messages.settle, step)(wrong, loggingContext().context)).rejects.toThrow(z.ZodError);
});

test.each(wrongMessages)(
  'a poison function tells of a message that is none, and no step is called (%j)',
  async (wrong) => {
    const told: unknown[] = [];
    const step = async () => expect.unreachable();
    const { context, lines } = loggingContext();
    await poisoned(messages.settle, step, (trouble) => told.push(trouble))(wrong, context);
    expect({ told, lines }).toEqual({ told: [{ kind: 'unreadable' }], lines: [] });
  },
);

test('a poison function never throws: it tells the error', async () => {
  const told: unknown[] = [];
  await poisoned(messages.settle, broken, (trouble) => told.push(trouble))(message, loggingContext().context);
  expect(told).toEqual([{ kind: 'failed', error: new Error('the account is closed') }]);
});

test('a poison function hands the message on, and says nothing when that went well', async () => {
  const got: unknown[] = [];
  const { context, lines } = loggingContext();
  const poison = async (given: unknown) => void got.push(given);
  await poisoned(messages.settle, poison, (trouble) => expect.unreachable(trouble.kind))(message, context);
  expect({ got, lines }).toEqual({ got: [message], lines: [] });
});

test('a timer calls its step, and lets its error be seen by the host', async () => {
  const { context } = loggingContext();
  const due = {
    isPastDue: false,
    schedule: { adjustForDST: true },
    scheduleStatus: { last: '', next: '', lastUpdated: '' },
  };
  const calls: string[] = [];
  await timer(async () => void calls.push('called'))(due, context);
  expect(calls).toEqual(['called']);
  await expect(timer(broken)(due, context)).rejects.toThrow('closed');
});
