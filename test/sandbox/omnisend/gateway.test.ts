import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contactOf, startForTest } from './caller.ts';
import { seedKeys } from './omnisend.ts';

let omnisend: Awaited<ReturnType<typeof startForTest>>;
beforeAll(async () => {
  omnisend = await startForTest({ requestsPerMinute: 5, tagRequestsPerMinute: 2 });
});
beforeEach(async () => {
  await omnisend.control('POST', '/reset');
});
afterAll(() => omnisend.close());

const unauthorized =
  '{"type":"https://problems.omnisend.com/unauthorized","title":"Unauthorized","status":401}';

describe('key', () => {
  it.each([
    ['no key', {}],
    ['unknown key', { Authorization: 'Omnisend-API-Key 5f00000000000000000000a1-nobody' }],
    ['revoked key', { Authorization: `Omnisend-API-Key ${seedKeys.revoked}` }],
    ['wrong scheme', { Authorization: `Bearer ${seedKeys.full}` }],
    ['version 3 header', { 'X-API-KEY': seedKeys.full }],
    ['no key and a retired version', { 'Omnisend-Version': '2019-01-01' }],
  ])('answers the exact 401 to %s', async (_, headers) => {
    const { status, text } = await omnisend.send('GET', '/api/contacts', headers, undefined);
    expect([status, text]).toEqual([401, unauthorized]);
  });

  it('can be revoked while in use', async () => {
    await omnisend.control('POST', '/faults', { revokedKeys: [seedKeys.full] });
    expect((await omnisend.call('GET', '/contacts')).text).toBe(unauthorized);
    expect((await omnisend.call('GET', '/contacts', { key: seedKeys.second })).status).toBe(200);
  });
});

describe('version', () => {
  it.each([
    ['', {}, 400],
    ['yesterday', {}, 400],
    ['2020-01-01', {}, 400],
    ['2026-preview', {}, 200],
    ['', { missingVersion: 'accept' }, 200],
    ['2026-03-15', { retiredVersions: ['2026-03-15'] }, 410],
  ])('%j under %j is answered %i', async (version, switches, status) => {
    await omnisend.control('POST', '/switches', switches);
    const reply = await omnisend.call('GET', '/contacts', { headers: { 'Omnisend-Version': version } });
    expect(reply.status).toBe(status);
  });
});

describe('scope', () => {
  it.each([
    ['contactsOnly', 'GET', '/brands/current', 403],
    ['contactsOnly', 'GET', '/contacts', 200],
    ['readOnly', 'GET', '/brands/current', 200],
    ['readOnly', 'POST', '/contacts', 403],
    ['readOnly', 'POST', '/batches', 403],
    ['readOnly', 'DELETE', '/contacts/tags', 403],
    ['readOnly', 'GET', '/batches?endpoint=contacts', 200],
  ] as const)('%s: %s %s is answered %i', async (name, method, path, status) => {
    const reply = await omnisend.call(method, path, { key: seedKeys[name] });
    expect(reply.status).toBe(status);
    expect(reply.text).not.toContain('contacts.write');
  });
});

describe('rate', () => {
  const statuses = async (count: number, path = '/contacts', key: string = seedKeys.full) => {
    const found: number[] = [];
    for (let index = 0; index < count; index++)
      found.push((await omnisend.call('GET', path, { key })).status);
    return found;
  };
  const tag = () =>
    omnisend.call('POST', '/contacts/tags', { body: { tags: ['t'], emails: ['ada@example.com'] } });

  it('slides: room comes back one request at a time', async () => {
    expect(await statuses(3)).toEqual([200, 200, 200]);
    omnisend.clock.advance(40);
    expect(await statuses(3)).toEqual([200, 200, 429]);
    omnisend.clock.advance(19.9);
    const refused = await omnisend.call('GET', '/contacts');
    expect(refused.json).toEqual({
      type: 'https://problems.omnisend.com/rate-limit-exceeded',
      title: 'Rate limit exceeded',
      status: 429,
      retryAfter: 1,
    });
    omnisend.clock.advance(0.1);
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
  });

  it('is counted per brand, whichever key asks', async () => {
    await statuses(3);
    expect(await statuses(3, '/contacts', seedKeys.second)).toEqual([200, 200, 429]);
    expect(await statuses(1, '/contacts', seedKeys.otherBrand)).toEqual([200]);
  });

  it.each([
    [{}, 5, 429],
    [{ rateBudget: 'perEndpoint' }, 5, 200],
  ])('%j: another endpoint after %i requests is answered %i', async (switches, count, status) => {
    await omnisend.control('POST', '/switches', switches);
    await statuses(count);
    expect(await statuses(1, '/brands/current')).toEqual([status]);
  });

  it.each([
    [{}, 200],
    [{ tagsCountInDefaultBudget: true }, 429],
  ])('%j: the fifth other request after a tag call is answered %i', async (switches, status) => {
    await omnisend.control('POST', '/switches', switches);
    expect((await tag()).status).toBe(202);
    expect((await statuses(5)).at(-1)).toBe(status);
  });

  it('gives tags a limit of their own', async () => {
    expect([(await tag()).status, (await tag()).status, (await tag()).status]).toEqual([202, 202, 429]);
  });

  it.each([
    [{}, 200],
    [{ refusedCallsCount: true }, 429],
  ])('%j: after refusals at 50 s a request at 61 s is answered %i', async (switches, status) => {
    await omnisend.control('POST', '/switches', switches);
    await statuses(5);
    omnisend.clock.advance(50);
    await statuses(5);
    omnisend.clock.advance(11);
    expect(await statuses(1)).toEqual([status]);
  });

  it('leaves retryAfter out and sends headers as switched', async () => {
    await omnisend.control('POST', '/switches', { retryAfterInBody: false, rateHeaders: 'v3' });
    await statuses(5);
    const refused = await omnisend.call('GET', '/contacts');
    expect(refused.json).not.toHaveProperty('retryAfter');
    expect(refused.headers.get('x-rate-limit-remaining')).toBe('0');
    expect(refused.headers.get('retry-after')).toBeNull();
  });

  it('shares the window with another integration', async () => {
    await omnisend.control('POST', '/faults', { otherIntegrationPerMinute: 3 });
    expect(await statuses(1)).toEqual([200]);
    omnisend.clock.advance(59);
    // In the window: one of ours, and theirs at 0, 20 and 40 s.
    expect(await statuses(2)).toEqual([200, 429]);
  });

  it('reports the most requests that arrived in any window, refused ones too', async () => {
    await statuses(7);
    omnisend.clock.advance(61);
    await statuses(2);
    const { json } = await omnisend.control('GET', '');
    expect(json).toMatchObject({
      brands: [{ maxInWindow: { all: 7, tags: 0 }, tooManyRequests: { fromWindow: 2, fromFaults: 0 } }, {}],
    });
  });
});

it('answers 404 to paths and methods that do not exist', async () => {
  await omnisend.call('POST', '/contacts', { body: contactOf('ada@example.com') });
  for (const [method, path] of [
    ['DELETE', '/contacts/c00000a10000000000000000'],
    ['GET', '/lists'],
  ] as const) {
    expect((await omnisend.call(method, path)).status).toBe(404);
  }
});
