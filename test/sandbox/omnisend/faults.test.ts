import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contactOf, startForTest } from './caller.ts';
import { mergeFaults } from './faults.ts';

let omnisend: Awaited<ReturnType<typeof startForTest>>;
beforeAll(async () => {
  omnisend = await startForTest({ requestsPerMinute: 10_000 });
});
beforeEach(async () => {
  await omnisend.control('POST', '/reset');
});
afterAll(() => omnisend.close());

const faults = (knobs: object) => omnisend.control('POST', '/faults', knobs);
const hundred = Array.from({ length: 100 }, (_, index) => contactOf(`person${index}@example.com`));
const post = () => omnisend.call('POST', '/contacts', { body: contactOf('ada@example.com') });
const lastBatch = async () => {
  const { json } = await omnisend.call('GET', '/batches?endpoint=contacts&limit=1');
  return Object(json).batches[0];
};
const finish = async () => {
  await omnisend.postBatch(hundred);
  omnisend.clock.advance(3);
  return lastBatch();
};

describe('request faults', () => {
  it.each<[object, number, object, number]>([
    [{ throttleShare: 1, retryAfterSeconds: 7 }, 429, { retryAfter: 7 }, 0],
    [{ block403: true }, 403, { status: 403 }, 0],
    [{ retired: true }, 410, { status: 410 }, 0],
    [{ throttleShare: 1, endpoints: ['GET /contacts'] }, 201, { email: 'ada@example.com' }, 1],
  ])('%j answers %i', async (knobs, status, body, contacts) => {
    await faults(knobs);
    const reply = await post();
    expect([reply.status, reply.json]).toMatchObject([status, body]);
    expect(await omnisend.contacts()).toHaveLength(contacts);
  });

  it('leaves retryAfter out where told', async () => {
    await faults({ throttleShare: 1, retryAfterSeconds: null });
    expect((await post()).json).not.toHaveProperty('retryAfter');
  });

  it('answers 500 and 503 without an effect', async () => {
    await faults({ serverErrorShare: 1 });
    const seen = new Set<number>();
    for (let count = 0; count < 20; count++) seen.add((await post()).status);
    expect([...seen].sort()).toEqual([500, 503]);
    expect(await omnisend.contacts()).toHaveLength(0);
  });

  it('answers HTML of a proxy, 524 after the effect', async () => {
    await faults({ htmlShare: 1 });
    const seen = new Set<number>();
    for (let count = 0; count < 40; count++) {
      const reply = await post();
      seen.add(reply.status);
      expect(reply.headers.get('content-type')).toContain('text/html');
      expect(await omnisend.contacts()).toHaveLength(seen.has(524) ? 1 : 0);
    }
    expect([...seen].sort()).toEqual([502, 520, 524]);
  });

  it('resets the connection after the effect', async () => {
    await faults({ lostResponseShare: 1 });
    await expect(post()).rejects.toThrow('fetch failed');
    expect(await omnisend.contacts()).toHaveLength(1);
  });

  it('answers success without a body', async () => {
    await faults({ emptyBodyShare: 1 });
    const reply = await post();
    expect([reply.status, reply.text]).toEqual([201, '']);
  });

  it('answers late, after the effect', async () => {
    await faults({ slowShare: 1 });
    const reply = post();
    while ((await omnisend.contacts()).length === 0);
    omnisend.clock.advance(11);
    expect(await Promise.race([reply, omnisend.contacts()])).toBeInstanceOf(Array);
    omnisend.clock.advance(1);
    expect((await reply).status).toBe(201);
  });
});

describe('batch faults', () => {
  it('stops half way', async () => {
    await faults({ stoppedShare: 1 });
    const { status, finishedCount } = await finish();
    expect(status).toBe('stopped');
    expect(finishedCount).toBeLessThan(100);
    expect(await omnisend.contacts()).toHaveLength(finishedCount);
  });

  it('stays pending', async () => {
    await faults({ stuckPendingShare: 1 });
    await finish();
    omnisend.clock.advance(86_400);
    expect(await lastBatch()).toMatchObject({ status: 'pending', finishedCount: 0 });
  });

  it('takes hours', async () => {
    await faults({ processingSeconds: [7200, 7200] });
    await finish();
    omnisend.clock.advance(7000);
    expect(await lastBatch()).toMatchObject({ status: 'inProgress' });
    omnisend.clock.advance(200);
    expect(await lastBatch()).toMatchObject({ status: 'finished' });
  });
});

describe('item faults', () => {
  it('refuse the same addresses every time', async () => {
    await faults({
      itemRefusals: [
        { share: 0.2, status: 400 },
        { share: 0.1, status: 429 },
      ],
    });
    const first = await finish();
    expect(first.errorsCount).toBeGreaterThan(10);
    expect(first.errorsCount).toBeLessThan(50);
    expect((await finish()).errorsCount).toBe(first.errorsCount);
    const { json } = await omnisend.control('GET', '');
    const { 400: refused, 429: throttled } = Object(json).brands[0].itemsByCode;
    expect(refused + throttled).toBe(2 * first.errorsCount);
    expect(throttled).toBeGreaterThan(0);
  });

  it('fail once', async () => {
    await faults({ failOnce: { share: 1, status: 503 } });
    expect((await finish()).errorsCount).toBe(100);
    expect((await finish()).errorsCount).toBe(0);
  });

  it('are aimed at one address, in batches and alone', async () => {
    const aim = { field: 'phone', code: 'invalid_format', message: 'No such number' };
    await faults({ refuse: [{ email: 'person7@example.com', status: 400, ...aim }] });
    const { batchID, errorsCount } = await finish();
    expect(errorsCount).toBe(1);
    const { json } = await omnisend.call('GET', `/batches/${batchID}/items`);
    expect(json).toMatchObject({ errors: [{ request: hundred[7], response: { errors: [aim] } }] });
    const alone = await omnisend.call('POST', '/contacts', { body: contactOf('person7@example.com') });
    expect(alone.json).toMatchObject({ status: 400, errors: [aim] });
  });
});

describe('knobs', () => {
  it('are merged, and cleared', async () => {
    await faults({ block403: true });
    expect((await faults({ slowSeconds: 1 })).json).toEqual({ block403: true, slowSeconds: 1 });
    await omnisend.control('DELETE', '/faults');
    expect((await post()).status).toBe(201);
  });

  it('are refused with every fault at once', () => {
    const given = { throttleShare: 2, refuse: [{ email: 'x' }], colour: 'red' };
    const merged = mergeFaults({}, given);
    expect(merged.kind).toBe('refused');
    const paths = merged.kind === 'refused' ? merged.faults.map(({ path }) => path) : [];
    expect(new Set(paths)).toEqual(
      new Set([
        'throttleShare',
        'refuse.0.field',
        'refuse.0.code',
        'refuse.0.message',
        'refuse.0.status',
        '',
      ]),
    );
  });

  it('give the same failures for the same seed, others for another', async () => {
    const failures = async (seed: number) => {
      const other = await startForTest({ seed });
      await other.control('POST', '/faults', { serverErrorShare: 0.5 });
      const seen: boolean[] = [];
      for (let count = 0; count < 30; count++) {
        seen.push((await other.call('GET', '/contacts')).status === 200);
      }
      await other.close();
      return seen;
    };
    const first = await failures(1);
    expect(await failures(1)).toEqual(first);
    expect(await failures(2)).not.toEqual(first);
  });
});
