import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseHostJson, parseTimeSpan } from './host-json.ts';
import { backOffMilliseconds } from './queue-listener.ts';
import { decodeMessage, encodeMessage, messageMetadata } from './queue-message.ts';
import { outputMessages } from './queue-output.ts';
import { poisonQueueName } from './queues.ts';
import { queueNameFault } from './registrations.ts';
import { resolveConnection, resolvePlaceholders } from './settings.ts';

test('what was encoded is decoded to the same text', () => {
  const encoding = fc.constantFrom('base64' as const, 'none' as const);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), encoding, (text, how) => {
      expect(decodeMessage(encodeMessage(text, how), how)).toEqual({ kind: 'text', text });
    }),
  );
});

test.each([
  ['{"a":1}', 'base64', { kind: 'undecodable' }],
  ['abc', 'base64', { kind: 'undecodable' }],
  ['true', 'base64', { kind: 'not-utf8' }],
  ['', 'base64', { kind: 'text', text: '' }],
  [' ', 'base64', { kind: 'text', text: '' }],
  ['77u/e30=', 'base64', { kind: 'text', text: '\ufeff{}' }],
  ['e30=', 'none', { kind: 'text', text: 'e30=' }],
] as const)('%s as %s', (raw, encoding, expected) => {
  expect(decodeMessage(raw, encoding)).toEqual(expected);
});

const moment = new Date('2026-11-22T02:17:04.900Z');
const facts = {
  id: 'an-id',
  popReceipt: 'receipt',
  dequeueCount: 2,
  insertedOn: moment,
  expiresOn: moment,
  nextVisibleOn: moment,
};

test('metadata of a plain text', () => {
  expect(messageMetadata('plain', facts)).toEqual({
    QueueTrigger: { string: 'plain' },
    DequeueCount: { int: 2 },
    Id: { string: 'an-id' },
    PopReceipt: { string: 'receipt' },
    InsertionTime: { string: '2026-11-22T02:17:04+00:00' },
    ExpirationTime: { string: '2026-11-22T02:17:04+00:00' },
    NextVisibleTime: { string: '2026-11-22T02:17:04+00:00' },
  });
});

test('properties of a message win over the metadata, whatever their case, the last one of a name over the others', () => {
  const text =
    '{"dequeueCount":"mine","DEQUEUECOUNT":9,"at":"2026-01-02T03:04:05Z","o":{"b":1},"l":[1],"n":null}';
  const metadata = messageMetadata(text, facts);
  expect(metadata).toMatchObject({
    DequeueCount: { json: '9' },
    at: { string: '01/02/2026 03:04:05' },
    o: { json: '{"b":1}' },
  });
  expect(metadata).not.toHaveProperty('l');
  expect(metadata).not.toHaveProperty('n');
});

test.each([
  ['nothing', undefined, []],
  ['null', null, []],
  ['text', { string: ' text ' }, [' text ']],
  ['empty text', { string: '' }, ['']],
  ['text of a scalar', { string: '007' }, ['007']],
  ['text of an object', { string: '{"a":1}' }, ['{\n  "a": 1\n}']],
  ['text of an array', { string: '[1,"a"]' }, ['1', 'a']],
  ['object', { json: '{"$type":"t","a":{"$id":1,"b":null}}' }, ['{\n  "a": {\n    "b": null\n  }\n}']],
  ['array', { json: '["a",null,[1]]' }, ['a', '', '[\n  1\n]']],
  ['empty array', { json: '[]' }, []],
  ['boolean', { json: 'true' }, ['True']],
  ['number', { int: 42 }, ['42']],
  ['bytes', { bytes: Buffer.from('bytes') }, ['bytes']],
] as const)('output of %s', (_name, data, expected) => {
  expect(outputMessages(data)).toEqual(expected);
});

test('the back-off starts at 0.1 s, grows, and never passes its maximum', () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(chance, fc.nat(100), fc.integer({ min: 100, max: 60_000 }), (random, empty, max) => {
      const delay = backOffMilliseconds(empty, max, () => random);
      expect(delay).toBeLessThanOrEqual(max);
      expect(delay).toBeGreaterThanOrEqual(Math.min(max, 80));
      expect(backOffMilliseconds(empty + 1, max, () => random)).toBeGreaterThanOrEqual(delay);
    }),
  );
  expect(backOffMilliseconds(0, 60_000, () => 0.5)).toBe(100);
  expect(backOffMilliseconds(40, 2000, () => 0)).toBe(2000);
});

test('host.json: defaults, values and faults', () => {
  const options = (text: string) => {
    const parsed = parseHostJson(text, 2);
    return parsed.kind === 'options' ? parsed.options : parsed.fault;
  };
  expect(options('{"version":"2.0","unknown":1}')).toEqual({
    routePrefix: 'api',
    customHeaders: {},
    functionTimeoutSeconds: undefined,
    queues: {
      batchSize: 16,
      newBatchThreshold: 16,
      maxDequeueCount: 5,
      visibilityTimeoutSeconds: 0,
      maxPollingIntervalMilliseconds: 60_000,
      messageEncoding: 'base64',
    },
  });
  const text = `{"version":"2.0","functionTimeout":"00:10:00","extensions":{"http":{"routePrefix":""},
    "queues":{"batchSize":1,"newBatchThreshold":0,"maxPollingInterval":"00:00:02","messageEncoding":"none"}}}`;
  expect(options(text)).toMatchObject({
    routePrefix: '',
    functionTimeoutSeconds: 600,
    queues: {
      batchSize: 1,
      newBatchThreshold: 0,
      maxPollingIntervalMilliseconds: 2000,
      messageEncoding: 'none',
    },
  });
  for (const queues of [
    '{"batchSize":33}',
    '{"maxPollingInterval":"00:00:00.05"}',
    '{"visibilityTimeout":"soon"}',
  ]) {
    expect(options(`{"version":"2.0","extensions":{"queues":${queues}}}`)).toContain('host.json');
  }
  expect(options('{')).toContain('no JSON');
});

test.each([
  ['00:00:02', 2],
  ['1.02:03:04.5', 93_784.5],
  ['00:60:00', undefined],
  ['24:00:00', undefined],
  ['2', undefined],
])('time span %s', (text, seconds) => {
  expect(parseTimeSpan(text)).toBe(seconds);
});

test('names of queues and of their poison queues', () => {
  expect(
    ['abc', 'a-b-c', '123', 'a'.repeat(63)].filter((name) => queueNameFault(name) !== undefined),
  ).toEqual([]);
  expect(
    ['ab', 'A-b', 'a--b', '-ab', 'ab-', 'a_b', 'a'.repeat(64)].filter(
      (name) => queueNameFault(name) === undefined,
    ),
  ).toEqual([]);
  expect(poisonQueueName('work')).toBe('work-poison');
  expect(poisonQueueName('work-poison')).toBeUndefined();
  expect(poisonQueueName('a'.repeat(60))).toBeUndefined();
});

test('settings in bindings', () => {
  const settings = { A: '1', AzureWebJobsB: 'prefixed', B: 'plain', C__queueServiceUri: 'https://c' };
  expect(resolvePlaceholders('x-%A%', settings)).toEqual({ kind: 'value', value: 'x-1' });
  expect(resolvePlaceholders('%NONE%', settings)).toMatchObject({ kind: 'fault' });
  expect(resolveConnection('B', settings)).toEqual({ kind: 'value', value: 'prefixed' });
  expect(resolveConnection('', { AzureWebJobsStorage: 's' })).toEqual({ kind: 'value', value: 's' });
  expect(resolveConnection('C', settings)).toMatchObject({
    fault: expect.stringContaining('identity-based'),
  });
  expect(resolveConnection('D', settings)).toMatchObject({
    fault: expect.stringContaining("'D' does not exist"),
  });
});
