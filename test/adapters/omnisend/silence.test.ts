import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { omnisendDestination } from '../../../shared/adapters/omnisend/destination.ts';
import { maskField, maskText } from '../../../shared/adapters/omnisend/mask.ts';
import { batchId } from '../../../shared/domain/ids.ts';
import { virtualClock } from '../../memory/clock.ts';
import { type Stub, startStub } from '../stub-server.ts';
import { plain, upsertOf } from './changes.ts';
import { itHoldsToTheContract } from './contract.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const phones = fc.integer({ min: 1_000_000, max: 999_999_999 }).map((number) => `+44${number}`);

it('puts no address, telephone or key into a URL', async () => {
  const destination = omnisendDestination({ baseUrl: `${stub.url}/api`, clock: virtualClock() });
  const key = '5f00000000000000000000a1-exampleKey';
  stub.answer = () => ({ status: 500 });
  await fc.assert(
    fc.asyncProperty(fc.emailAddress(), phones, async (email, phone) => {
      const change = upsertOf({ email, phone, firstName: 'Ada' });
      const start = stub.requests.length;
      await destination.postBatch(key, { origin: 'run.1', changes: [change], options: plain });
      await destination.listBatches(key, { state: 'pending', from: '2026-11-20', offset: 0 });
      await destination.readBatch(key, batchId.parse('b1'));
      await destination.readItems(key, batchId.parse('b1'));
      await destination.brand(key);
      await destination.changeTags(key, { direction: 'add', tag: 'segment_VIP', emails: [email] });
      await destination.changeTags(key, { direction: 'remove', tag: 'segment_VIP', emails: [email] });
      const made = stub.requests.slice(start);
      expect(made.length).toBe(7);
      // The address does travel, in the body: else this would show nothing.
      for (const place of [0, 5, 6]) expect(made[place]?.body).toContain(JSON.stringify(email).slice(1, -1));
      for (const url of made.map((request) => decodeURIComponent(request.url))) {
        for (const secret of [email, '@', phone, phone.slice(1), key, 'Ada'])
          expect(url).not.toContain(secret);
      }
    }),
    { numRuns: 30 },
  );
});

const masked = [
  { text: 'Must be a valid email address', expected: 'Must be a valid email address' },
  {
    text: 'ada@example.com is taken by <grace@example.org>',
    expected: '[address] is taken by <[address]>',
  },
  { text: 'email=ada%40example.com', expected: '[address]' },
  { text: "o'hara+x@example.com is taken", expected: '[address] is taken' },
  { text: 'phone +44 20 7946 0958 is not free', expected: 'phone [number] is not free' },
  { text: 'at most 100 items of 2048 characters', expected: 'at most 100 items of 2048 characters' },
  { text: 'key 5f00000000000000000000a1-abcDEF is unknown', expected: 'key [key] is unknown' },
  { text: 'token eyJhbGciOiJIUzI1NiJ9x2', expected: 'token [key]' },
  { text: 'two\r\nlines', expected: 'two lines' },
  { text: 'born 1985-02-03', expected: 'born [number]' },
  {
    text: "Name 'Ada Lovelace' is too short",
    sent: ['Ada Lovelace'],
    expected: "Name '[value]' is too short",
  },
  { text: 'name ada is not Adamant', sent: ['Ada'], expected: 'name [value] is not Adamant' },
  { text: 'no (x) here', sent: ['(x)'], expected: 'no [value] here' },
  { text: 'not 1985-12-28, please', sent: ['1985-12-28'], expected: 'not [value], please' },
];

it.each(masked)('masks $text', ({ text, sent, expected }) => {
  expect(maskText(text, sent)).toBe(expected);
});

it('masks whatever was sent, and never fails over it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 2, unit: 'grapheme' }), (value) => {
      expect(() => maskText(`bad "${value}"`, [value])).not.toThrow();
    }),
  );
  const special = 'a-b/c.d*e+f?g(h)i[j]k{l}m|n^o$p';
  expect(maskText(`bad "${special}"`, [special])).toBe('bad "[value]"');
});

it('keeps the names of fields', () => {
  expect(maskField('items.0.customProperties.segment_Newsletter_subscribers_2')).toBe(
    'items.0.customProperties.segment_Newsletter_subscribers_2',
  );
  expect(maskField('customProperties.ada@example.com')).not.toContain('ada');
  expect(maskField('the value Ada Lovelace', ['Ada Lovelace'])).toBe('the value [value]');
});

it('never lets an address, a telephone or a value that we sent through, however it is wrapped', () => {
  const name = fc.stringMatching(/^[A-Z][a-zé]{3,12}$/);
  fc.assert(
    fc.property(
      fc.string(),
      fc.emailAddress(),
      phones,
      name,
      fc.string(),
      (before, email, phone, sent, after) => {
        const text = maskText(`${before} ${email} ${phone} ${sent} ${after}`, [sent]);
        expect(text).not.toContain(phone);
        expect(text).not.toMatch(new RegExp(`(?<![\\p{L}\\p{N}])${sent}(?![\\p{L}\\p{N}])`, 'u'));
        expect(text).not.toContain('@');
        expect(text.length).toBeLessThanOrEqual(200);
      },
    ),
  );
});

itHoldsToTheContract(() => stub.requests);
