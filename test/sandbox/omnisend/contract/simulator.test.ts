import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contactOf, phoneOf, startForTest } from '../caller.ts';
import { contractDocument, ifSkipped } from './recorder.ts';

const ada = contactOf('ada@example.com');

describe.skipIf(contractDocument === undefined)(
  `the simulator answers as Omnisend's OpenAPI document declares${ifSkipped}`,
  () => {
    let omnisend: Awaited<ReturnType<typeof startForTest>>;
    let batchID = '';
    let contactID = '';
    beforeAll(async () => {
      omnisend = await startForTest();
      const channels = { email: { status: 'subscribed', statusChangedAt: '2026-01-01T00:00:00Z' } };
      const consent = { source: 'form', ip: '192.0.2.1' };
      const full = {
        identifiers: [
          { type: 'email', id: 'ada@example.com', channels, consent },
          phoneOf('+37060000001', { channels: { sms: { status: 'nonSubscribed' } } }),
        ],
        firstName: 'Ada',
        countryCode: 'GB',
        gender: 'f',
        birthdate: '1990-01-01',
        tags: ['a'],
        customProperties: { tier: 'gold' },
      };
      contactID = Object((await omnisend.call('POST', '/contacts', { body: full })).json).id;
      batchID = Object((await omnisend.postBatch([full, {}], { origin: 'run-1' })).json).batchID;
      omnisend.clock.advance(3);
    });
    afterAll(() => omnisend.close());

    it.each<[string, () => Parameters<typeof omnisend.call>, number]>([
      ['contact', () => ['GET', `/contacts/${contactID}`], 200],
      ['contact list', () => ['GET', '/contacts'], 200],
      ['changed contact', () => ['PATCH', `/contacts/${contactID}`, { body: { city: 'Leeds' } }], 200],
      ['tags', () => ['POST', '/contacts/tags', { body: { tags: ['b'], contactIDs: [contactID] } }], 202],
      [
        'new batch',
        () => ['POST', '/batches', { body: { method: 'POST', endpoint: 'contacts', items: [ada] } }],
        201,
      ],
      ['batch', () => ['GET', `/batches/${batchID}`], 200],
      ['batch items', () => ['GET', `/batches/${batchID}/items`], 200],
      ['batch list', () => ['GET', '/batches?endpoint=contacts&limit=1'], 200],
      ['brand', () => ['GET', '/brands/current'], 200],
      ['unauthorized', () => ['GET', '/contacts', { key: 'none' }], 401],
      ['not found', () => ['GET', '/contacts/none'], 404],
      ['validation', () => ['POST', '/contacts', { body: {} }], 400],
    ])('%s', async (_, request, status) => {
      const before = omnisend.contract();
      expect((await omnisend.call(...request())).status).toBe(status);
      expect(omnisend.contract()).toMatchObject({ responses: (before?.responses ?? 0) + 1, violations: [] });
    });

    it('tells under /control what was against it, and forgets nothing at a reset', async () => {
      const other = await startForTest();
      await other.call('GET', '/lists');
      await other.control('POST', '/reset');
      const violation = { of: 'request', operation: 'GET /lists', status: 404 };
      const { json } = await other.control('GET', '');
      expect(json).toMatchObject({ contract: { requests: 1, responses: 1, violations: [violation] } });
      await other.close();
    });
  },
);
