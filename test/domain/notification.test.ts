import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { runId } from '../../shared/domain/ids.ts';
import {
  letterOf,
  type Notice,
  parseAddressee,
  signatureOf,
  testNotice,
} from '../../shared/domain/notification.ts';

const notice: Notice = {
  id: 'newsletter.1/failed',
  event: 'failed',
  export: 'newsletter',
  run: runId.parse('newsletter.1'),
  kind: 'changes',
  reason: 'key-refused',
  at: '2026-01-05T06:00:00.000Z',
  counts: { read: 7, accepted: 5 },
};
const now = Date.UTC(2026, 0, 5, 6, 0, 1, 900);
const secret = 'a secret of sixteen and more';

it('a webhook is the notice as JSON, signed over its time and body', () => {
  const { body, headers } = letterOf(notice, 'webhook', secret, now);
  expect(JSON.parse(body)).toEqual(notice);
  const timestamp = headers['x-export-timestamp'];
  expect(timestamp).toBe('1767592801');
  // As a receiver would check it.
  const expected = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  expect(headers['x-export-signature']).toBe(`sha256=${expected}`);
  expect(JSON.stringify({ body, headers })).not.toContain(secret);
});

it.each([
  ['another secret', `${secret}.`, '1', 'body'],
  ['another time', secret, '2', 'body'],
  ['another body', secret, '1', 'bodY'],
])('%s has another signature', (_what, ...given) => {
  expect(signatureOf(...given)).not.toBe(signatureOf(secret, '1', 'body'));
});

it('a card names what the notice does, in the envelope of a Teams workflow', () => {
  const { body, headers } = letterOf(notice, 'teams', secret, now);
  expect(headers).toEqual({});
  const card = JSON.parse(body);
  expect(card).toMatchObject({
    type: 'message',
    attachments: [
      { contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard' } },
    ],
  });
  const [title, { facts }] = card.attachments[0].content.body;
  expect(title.text).toBe('A run failed');
  expect(facts).toEqual([
    { title: 'export', value: 'newsletter' },
    { title: 'run', value: 'newsletter.1' },
    { title: 'reason', value: 'key-refused' },
    { title: 'at', value: '2026-01-05T06:00:00.000Z' },
    { title: 'read', value: '7' },
    { title: 'accepted', value: '5' },
  ]);
});

it('a test says that it is one', () => {
  expect(letterOf(testNotice(now), 'teams', null, now).body).toContain('A test');
  const { body, headers } = letterOf(testNotice(now), 'webhook', null, now);
  expect(JSON.parse(body)).toMatchObject({ event: 'test', run: null, counts: {} });
  expect(Object.keys(headers)).toEqual(['x-export-timestamp']);
});

it.each([
  [
    '{"url":"https://hooks.example.com/x","secret":null}',
    { url: 'https://hooks.example.com/x', secret: null },
  ],
  ['{"url":1}', null],
  ['https://hooks.example.com/x', null],
])('what the vault has, %s, is read as %j', (text, expected) => {
  expect(parseAddressee(text)).toEqual(expected);
});
