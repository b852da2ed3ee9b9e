import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Bundle, buildBundle } from '../bundle.ts';
import { Outside } from './demo/outside.ts';
import { sandboxKeys } from './host/keys.ts';
import { seedBrands, seedKeys } from './omnisend/seeds.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';

/** What an administrator does on the two pages of the export that Microsoft ships, here over HTTP. */

/** A build and six processes, of which a busy machine starts one after the other. */
const startTimeout = 180_000;

let bundle: Bundle;
let sandbox: Sandbox;
beforeAll(async () => {
  bundle = await buildBundle();
  const { entry } = bundle;
  sandbox = await startSandbox({ rows: 400, seed: 1, requestsPerMinute: 4_000, port: 0, entry });
}, startTimeout);
afterAll(async () => {
  await sandbox?.stop();
  await bundle?.remove();
});

interface Asked {
  readonly body?: unknown;
  readonly ifMatch?: string;
}

const ask = async (method: string, path: string, { body, ifMatch }: Asked = {}) => {
  const response = await fetch(`${sandbox.url}/api${path}`, {
    method,
    headers: {
      'x-functions-key': sandboxKeys.function,
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const answer: unknown = isJson ? JSON.parse(text) : text;
  return { status: response.status, etag: response.headers.get('etag') ?? '', answer };
};

/** Asks the same until it is over. */
const askUntil = async (
  isOver: (asked: Awaited<ReturnType<typeof ask>>) => boolean,
  ...call: Parameters<typeof ask>
) => {
  for (let tries = 0; tries < 100; tries += 1) {
    const answered = await ask(...call);
    if (isOver(answered)) return answered;
    await new Promise((wake) => setTimeout(wake, 300));
  }
  throw new Error(`${call[0]} ${call[1]} came to no end.`);
};

const endedRun = z.object({ endedAt: z.string() });
const columnList = z.object({
  columns: z.array(z.object({ name: z.string(), guess: z.string().nullable() })),
});
const segmentList = z.object({
  segments: z.array(z.object({ name: z.string(), members: z.number(), state: z.string() })),
});
const startedRun = z.object({ run: z.string() });
const [brand] = seedBrands;
const segments = ['Newsletter_subscribers', 'High_value'];

test('from a connection that is added to one that is removed', async () => {
  const outside = new Outside(sandbox.addresses, segments);

  // Add a connection: not without agreeing to what is to be read.
  const { answer: statement } = await ask('GET', '/privacy-statement');
  const { text, wording } = z.object({ text: z.string(), wording: z.string() }).parse(statement);
  expect(text).toContain('Who is responsible');
  const connection = { displayName: 'Brand EU', sharedWith: 'contributors', apiKey: seedKeys.full };
  expect(await ask('PUT', '/connections/brand-eu', { body: connection })).toMatchObject({
    status: 422,
    answer: { faults: [{ field: 'agree' }] },
  });
  const agreed = await ask('PUT', '/connections/brand-eu', { body: { ...connection, agree: true, wording } });
  expect(agreed).toMatchObject({
    status: 201,
    etag: '"1"',
    answer: { isOwnSecret: true, consent: { wording, by: { id: 'key' } } },
  });
  const { secretName } = z.object({ secretName: z.string() }).parse(agreed.answer);
  expect(JSON.stringify(agreed.answer)).not.toContain(seedKeys.full);
  expect(await keyIn(secretName)).toBe(seedKeys.full);

  // Connect: the brand is shown, and the export user is checked.
  expect(await ask('POST', '/connections/brand-eu/connect')).toMatchObject({
    status: 200,
    answer: {
      brand: { id: brand.brandID, name: brand.name },
      permissions: { read: 'granted', write: 'granted', brand: 'granted' },
      exportUser: { ok: true, identity: { clientId: expect.any(String) } },
    },
  });
  const list = await ask('GET', '/connections');
  expect(list.answer).toMatchObject({ connections: [{ id: 'brand-eu' }, { id: 'sandbox-brand' }] });

  // Add an export: segments with their members, columns as suggested; checked whole, and saved.
  const offered = segmentList.parse((await ask('GET', '/source/segments')).answer).segments;
  for (const name of segments) {
    expect(offered.find((one) => one.name === name)).toMatchObject({ state: 'active' });
    expect(offered.find((one) => one.name === name)?.members).toBeGreaterThan(0);
  }
  const { columns } = columnList.parse((await ask('GET', '/source/columns')).answer);
  const matching = Object.fromEntries(columns.flatMap(({ name, guess }) => (guess ? [[guess, name]] : [])));
  expect(Object.keys(matching)).toEqual(
    expect.arrayContaining(['email', 'firstName', 'lastName', 'country']),
  );
  const weekly = {
    displayName: 'Weekly news',
    connection: 'brand-eu',
    segments,
    matching,
    customProperties: { loyalty_tier: { from: 'Loyalty_Tier', type: 'string' } },
    schedule: { cron: '0 6 1 1 *', timeZone: 'Europe/Vilnius' },
  };
  const faulty = { ...weekly, segments: ['High_values'], marker: 'label', connection: 'brand-xy' };
  const wrong = await ask('PUT', '/exports/weekly', { body: faulty });
  expect(wrong.status).toBe(422);
  const { faults } = z.object({ faults: z.array(z.object({ field: z.string() })) }).parse(wrong.answer);
  expect(faults.map(({ field }) => field).sort()).toEqual(['connection', 'marker', 'segments[0]']);
  const saved = await ask('PUT', '/exports/weekly', { body: weekly });
  expect(saved).toMatchObject({ status: 201, etag: '"1"' });

  // Nothing ran, and nothing was written to Omnisend.
  expect((await ask('GET', '/runs')).answer).toEqual({ runs: [], next: null });
  const before = await outside.figures();
  expect(before.contacts).toBe(0);
  expect(before.requests.byEndpoint['POST /batches']).toBeUndefined();
  const listed = await ask('GET', '/exports?connection=brand-eu');
  expect(listed.answer).toMatchObject({
    exports: [
      { id: 'weekly', state: 'active', lastRun: null, nextOccurrence: expect.stringMatching(/-01T04:00/) },
    ],
  });

  // Two editors who have read the same: the second one learns of the first, and nothing is lost.
  const { etag } = await ask('GET', '/exports/weekly');
  const edit = (displayName: string) =>
    ask('PUT', '/exports/weekly', { body: { ...weekly, displayName }, ifMatch: etag });
  expect((await edit('Weekly letter')).status).toBe(200);
  expect(await edit('Letter of the week')).toMatchObject({ status: 412, answer: { revision: 2 } });
  expect((await ask('PUT', '/exports/weekly', { body: weekly })).status).toBe(428);
  expect((await ask('GET', '/exports/weekly')).answer).toMatchObject({ displayName: 'Weekly letter' });

  // Run it, and see it succeed.
  const first = await ask('POST', '/exports/weekly/run');
  expect(first.status).toBe(202);
  const { run } = startedRun.parse(first.answer);
  const ended = await askUntil(({ answer }) => endedRun.safeParse(answer).success, 'GET', `/runs/${run}`);
  const wanted = await outside.expectedCounts();
  expect(ended.answer).toMatchObject({
    state: 'succeeded',
    brand: brand.name,
    tally: { read: wanted.customers, accepted: wanted.contacts, duplicate: wanted.duplicates, refused: 0 },
  });
  expect((await outside.figures()).contacts).toBe(wanted.contacts);
  expect((await ask('GET', `/runs/${run}/rows?outcome=invalid`)).answer).toMatchObject({
    rows: [{ outcome: 'invalid', field: 'email', reason: 'email-missing' }],
  });
  const values = await ask('GET', `/runs/${run}/rows/values?outcome=invalid&format=csv`);
  expect(values.answer).toMatch(
    /^customerId,outcome,field,reason,message,value of email,.*\r?\n.+,email-missing,/,
  );
  expect((await ask('GET', '/exports/weekly')).answer).toMatchObject({
    lastRun: { id: run, state: 'succeeded' },
  });

  // Remove the connection while a run is on: it waits for a word on each export, and for the run to settle.
  const copied = await ask('POST', '/exports/weekly/duplicate', { body: { id: 'monthly' } });
  expect(copied).toMatchObject({ status: 201, answer: { definition: { schedule: 'off' } } });
  const second = startedRun.parse(
    (await ask('POST', '/exports/weekly/run', { body: { kind: 'full' } })).answer,
  );
  const address = '/connections/brand-eu';
  const ifMatch = (await ask('GET', address)).etag;
  expect(await ask('DELETE', address, { ifMatch })).toMatchObject({
    status: 409,
    answer: { exports: [{ id: 'monthly' }, { id: 'weekly' }] },
  });
  const fates = { exports: { weekly: 'detach', monthly: 'remove' } };
  const removed = await askUntil(({ status }) => status !== 202, 'DELETE', address, { ifMatch, body: fates });
  expect(removed).toMatchObject({ status: 200, answer: { state: 'removed', secret: 'removed' } });
  expect((await ask('GET', `/runs/${second.run}`)).answer).toMatchObject({ state: 'cancelled' });

  // What is left: the detached export, the history, and the contacts.
  expect((await ask('GET', address)).status).toBe(404);
  expect((await ask('GET', `${address}/revisions`)).answer).toMatchObject({
    revisions: [{ what: 'removed' }, { what: 'created' }],
  });
  expect(await keyIn(secretName)).toBeUndefined();
  expect((await ask('GET', '/exports/monthly')).status).toBe(404);
  expect((await ask('GET', '/exports/weekly')).answer).toMatchObject({ state: 'detached' });
  expect(await ask('POST', '/exports/weekly/run')).toMatchObject({ status: 409 });
  expect((await outside.figures()).contacts).toBe(wanted.contacts);
}, 180_000);

/** What the vault holds under that name; undefined: nothing, any more. */
const keyIn = async (name: string): Promise<string | undefined> => {
  const response = await fetch(`${sandbox.addresses.vault}/secrets/${name}?api-version=7.5`, {
    headers: { authorization: 'Bearer sandbox' },
  });
  return response.ok ? z.object({ value: z.string() }).parse(await response.json()).value : undefined;
};
