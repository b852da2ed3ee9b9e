import { beforeEach, expect, it, onTestFinished } from 'vitest';
import {
  httpNotifier,
  type Lookup,
  type NotifierOptions,
} from '../../../shared/adapters/notifications/notifier.ts';
import { letterOf, testNotice } from '../../../shared/domain/notification.ts';
import { isGenuine, startReceiver } from '../../sandbox/receiver/receiver.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeEach(async () => {
  receiver = await startReceiver();
  onTestFinished(() => receiver.close());
});

const now = Date.UTC(2026, 0, 5);
const secret = 'a secret of this test';
const letter = letterOf(testNotice(now), 'webhook', secret, now);
const own = (over: Partial<NotifierOptions> = {}) =>
  httpNotifier({ hosts: ['127.0.0.1', 'localhost'], sandbox: true, ...over });

/** A name server that gives these addresses, another set each time; asked in either way. */
const resolving = (...answers: readonly (readonly string[])[]) => {
  let asked = 0;
  const lookup: Lookup = (_name, _options, callback) => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    callback(
      null,
      answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { lookup, asked: () => asked };
};

it('what arrives is genuine, and what was changed on its way is not', async () => {
  expect(await own().send(`${receiver.url}/hook`, letter)).toEqual({ kind: 'delivered' });
  const [one] = receiver.received;
  if (one === undefined) throw new Error('Nothing arrived.');
  expect(one.path).toBe('/hook');
  expect(isGenuine(one, secret, now)).toBe(true);
  expect(isGenuine(one, 'another secret', now)).toBe(false);
  expect(isGenuine({ ...one, body: `${one.body} ` }, secret, now)).toBe(false);
  expect(isGenuine(one, secret, now + 301_000)).toBe(false);
  const later = { ...one.headers, 'x-export-timestamp': String(now / 1000 + 300) };
  expect(isGenuine({ ...one, headers: later }, secret, now + 301_000)).toBe(false);
});

it.each([301, 302, 303, 307, 308])('a redirect (%i) is not followed', async (status) => {
  const elsewhere = await startReceiver();
  onTestFinished(() => elsewhere.close());
  receiver.behave({ kind: 'answer', status, headers: { location: `${elsewhere.url}/` } });
  expect(await own().send(receiver.url, letter)).toEqual({ kind: 'failed', code: 'redirect' });
  expect(elsewhere.received).toEqual([]);
});

it('a receiver that does not answer is waited for ten seconds, or as long as is said', async () => {
  receiver.behave({ kind: 'silence' });
  expect(await own({ timeoutMs: 50 }).send(receiver.url, letter)).toEqual({
    kind: 'failed',
    code: 'time-out',
  });
});

it('a name that is never found is given up as well', async () => {
  const lookup: Lookup = () => undefined;
  const url = `http://localhost:${receiver.port}/`;
  expect(await own({ timeoutMs: 50, lookup }).send(url, letter)).toEqual({
    kind: 'failed',
    code: 'time-out',
  });
});

it('an answer is not read beyond its head', async () => {
  receiver.behave({ kind: 'drip' });
  expect(await own().send(receiver.url, letter)).toEqual({ kind: 'delivered' });
});

it('a broken connection is a failure with the code of the system', async () => {
  receiver.behave({ kind: 'reset' });
  expect(await own().send(receiver.url, letter)).toEqual({ kind: 'failed', code: 'ECONNRESET' });
});

it('this machine is reached in the sandbox alone', async () => {
  const url = `https://127.0.0.1:${receiver.port}/`;
  const hosts = ['127.0.0.1', 'hooks.example.com'];
  const strict = httpNotifier({ hosts, sandbox: false });
  expect(strict.check(receiver.url)).toMatchObject({ kind: 'refused' });
  expect(strict.check(url)).toMatchObject({ kind: 'refused', reason: 'It names a port.' });
  // Allowed by name, and refused by what it is.
  expect(await strict.send('https://127.0.0.1/', letter)).toEqual({
    kind: 'failed',
    code: 'address-not-public',
  });
});

it.each([
  ['this machine', ['127.0.0.1']],
  ['this machine, as IPv6', ['::1']],
  ['a private network', ['10.0.0.4']],
  ['the metadata of the machine', ['169.254.169.254']],
  ['a public and a private address', ['20.50.2.1', '10.0.0.4']],
  ['nothing', []],
])('a name that stands for %s is not connected to', async (_what, addresses) => {
  const { lookup, asked } = resolving(addresses);
  const strict = httpNotifier({ hosts: ['hooks.example.com'], sandbox: false, lookup });
  expect(strict.check('https://hooks.example.com/')).toEqual({ kind: 'ok', host: 'hooks.example.com' });
  expect(await strict.send('https://hooks.example.com/', letter)).toEqual({
    kind: 'failed',
    code: 'address-not-public',
  });
  expect(asked()).toBe(1);
});

it('a name is looked up once, by the socket itself: a second answer gains nothing', async () => {
  const { lookup, asked } = resolving(['127.0.0.1'], ['10.0.0.4']);
  const url = `http://localhost:${receiver.port}/`;
  expect(await own({ lookup }).send(url, letter)).toEqual({ kind: 'delivered' });
  expect(asked()).toBe(1);
  // The second answer is looked at as the first was.
  expect(await own({ lookup }).send(url, letter)).toEqual({ kind: 'failed', code: 'address-not-public' });
  expect(receiver.received).toHaveLength(1);
});

it.each([
  ['a user name', 'https://user@hooks.example.com/'],
  ['a password', 'https://user:word@hooks.example.com/'],
  ['a fragment', 'https://hooks.example.com/#part'],
  ['a port', 'https://hooks.example.com:8443/'],
  ['a host that only ends alike', 'https://nothooks.example.com/'],
  ['a host that only begins alike', 'https://hooks.example.com.example.org/'],
  ['a host with a dot behind', 'https://hooks.example.com./'],
])('an address with %s is refused', (_what, url) => {
  expect(httpNotifier({ hosts: ['hooks.example.com'], sandbox: true }).check(url)).toMatchObject({
    kind: 'refused',
  });
});
