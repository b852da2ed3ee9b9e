import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { healthDetailsView } from '../functions/health.ts';
import { omnisendDestination } from '../shared/adapters/omnisend/destination.ts';
import { compose } from '../shared/compose.ts';
import { batchId, connectionId, exportId as exportIdOf } from '../shared/domain/ids.ts';
import { privacyStatement } from '../shared/domain/privacy-statement.ts';
import type { Run } from '../shared/domain/run.ts';
import { steps } from '../shared/domain/turn.ts';
import { at } from '../shared/steps/addresses.ts';
import { refusal, rows, serve } from './adapters/dataverse/environment.ts';
import { plain, upsertOf } from './adapters/omnisend/changes.ts';
import { againstContract } from './adapters/omnisend/contract.ts';
import { type Stub, type StubAnswer, startStub } from './adapters/stub-server.ts';
import { startApp } from './canary/app.ts';
import {
  accepted,
  canariesIn,
  customers,
  echoOf,
  inConflict,
  keysIn,
  refused,
  secrets,
} from './canary/canaries.ts';
import { type Ear, openEar, type Place } from './canary/ear.ts';
import { virtualClock } from './memory/clock.ts';
import { startKeyVault } from './sandbox/key-vault/key-vault.ts';
import { startOmnisend } from './sandbox/omnisend/omnisend.ts';
import { seedKeys } from './sandbox/omnisend/seeds.ts';
import type { createSimulation } from './sandbox/omnisend/simulation.ts';
import { startReceiver } from './sandbox/receiver/receiver.ts';

let ear: Ear;
let dataverse: Stub;
let omnisend: Awaited<ReturnType<typeof startOmnisend>>;
let vault: Awaited<ReturnType<typeof startKeyVault>>;
let app: Awaited<ReturnType<typeof startApp>>;

const everyWay: readonly Place[] = ['answer', 'log', 'outbound URL', 'queue message'];

beforeEach(async () => {
  dataverse = await startStub();
  omnisend = await startOmnisend({ speed: 1_000 });
  vault = await startKeyVault({ seed: { 'omnisend-brand-a': secrets.key } });
  ear = openEar();
  app = await startApp({ dataverse: dataverse.url, omnisend: omnisend.url, vault: vault.url }, ear);
  serveCustomers();
});
afterEach(async () => {
  ear.close();
  await Promise.all([dataverse.close(), omnisend.close(), vault.close()]);
  expect(omnisend.contract()?.violations ?? []).toEqual([]);
});

const prefixIn = (filter: string): string =>
  /startswith\(msdynci_customerid,'([^']*)'\)/.exec(filter)?.[1] ?? '';

/** The customers as Dataverse gives them; `instead` answers for the rows of profiles. */
function serveCustomers(instead?: () => StubAnswer): void {
  const among = <T extends { readonly msdynci_customerid: string }>(all: readonly T[], filter: string) =>
    rows(all.filter((row) => row.msdynci_customerid.startsWith(prefixIn(filter))));
  const members = customers.map(({ msdynci_customerid }) => ({
    msdynci_customerid,
    msdynci_segments: '{"Segments":["VIP"]}',
  }));
  serve(dataverse, {
    attributes: () => rows(Object.keys(customers[0]).map((LogicalName) => ({ LogicalName }))),
    metadata: () => rows([{ mscipriv_name: 'VIP' }]),
    memberships: ({ filter }) => among(members, filter),
    profiles: ({ filter }) => instead?.() ?? among(customers, filter),
  });
}

/** Faults of the Omnisend simulator. */
async function omnisendFaults(
  faults: NonNullable<Parameters<ReturnType<typeof createSimulation>['mergeFaults']>[0]>,
) {
  const response = await fetch(`${omnisend.url}/control/faults`, {
    method: 'POST',
    body: JSON.stringify(faults),
  });
  if (!response.ok) throw new Error(await response.text());
}

const aimedAt = (values: typeof accepted, status: number) => ({
  email: values.msdynci_email,
  field: 'identifiers.0.id',
  code: 'invalid_format',
  message: echoOf(values),
  status,
});

describe('a whole run tells nobody anything', () => {
  test('where Omnisend refuses rows in words that echo them', async () => {
    await omnisendFaults({ refuse: [aimedAt(refused, 400), aimedAt(inConflict, 409)] });
    const run = await app.run();
    const answers = await app.askAll(run.id);
    expect(run.state).toBe('partial');
    expect(run.tally).toMatchObject({ read: 7, invalid: 2, duplicate: 1 });
    // The words of the refusal are there, masked: else this would show nothing.
    expect(answers.join('\n')).toContain('Not possible for [value], [value]');
    expect(ear.places()).toEqual(everyWay);
    expect(ear.leaks()).toEqual([]);
  });

  test.each([
    ['the answers to posts are lost', { lostResponseShare: 1, endpoints: ['POST /batches'] }],
    ['Omnisend is down', { serverErrorShare: 1, endpoints: ['POST /batches'] }],
    ['a proxy answers with HTML', { htmlShare: 1, endpoints: ['POST /batches'] }],
    ['batches stop half way', { stoppedShare: 1 }],
    ['the key is blocked', { block403: true }],
    ['the key is unknown', { revokedKeys: [secrets.key] }],
    ['the version is retired', { retired: true }],
  ])('where %s', async (_what, faults) => {
    await omnisendFaults(faults);
    const run = await app.run();
    await app.askAll(run.id);
    expect(['failed', 'partial', 'succeeded']).toContain(run.state);
    expect(ear.places()).toEqual(expect.arrayContaining([...everyWay]));
    expect(ear.leaks()).toEqual([]);
  });

  const echo = `Bearer ${secrets.token}: ${echoOf(accepted)}`;
  test.each<[string, () => StubAnswer]>([
    ['refuses and echoes', () => refusal(403, echo)],
    ['refuses the token', () => refusal(401, echo)],
    ['knows no such rows', () => refusal(404, echo)],
    ['fails and echoes', () => ({ status: 500, body: echo })],
    ['resets the connection', () => 'reset'],
    ['breaks off', () => 'cut'],
    ['answers something else', () => ({ status: 200, body: echo })],
    ['gives rows without an id', () => rows([{ ...accepted }, echo, null])],
  ])('where Dataverse %s', async (_what, answer) => {
    serveCustomers(answer);
    const run = await app.run();
    await app.askAll(run.id);
    expect(ear.places()).toEqual(expect.arrayContaining([...everyWay]));
    expect(ear.leaks()).toEqual([]);
  });

  const spoiled = Buffer.from(`{"key":"${'0'.repeat(32)}","contact":${echoOf(accepted)}\n${secrets.hash}`);
  test.each([
    ['spool', 'planning', 'runs/spool/'],
    ['change list', 'sending', 'runs/pages/'],
    ['change list', 'settling', 'runs/pages/'],
  ])('where a %s is spoiled while %s', async (_what, state, prefix) => {
    const spoil = async ({ state: current }: Run) => {
      if (current !== state) return;
      for (const path of await app.ports.blobs.list(prefix)) await app.ports.blobs.put(path, spoiled);
    };
    const run = await app.run(spoil);
    await app.askAll(run.id);
    expect(run.state).toBe('failed');
    expect(ear.places()).toContain('error');
    expect(ear.leaks()).toEqual([]);
  });

  test('where the vault is closed', async () => {
    await fetch(`${vault.url}/control`, { method: 'POST', body: '{"forbidden":true}' });
    const run = await app.run();
    await app.askAll(run.id);
    expect(run).toMatchObject({ state: 'failed', reason: { code: 'vault-forbidden' } });
    expect(ear.leaks()).toEqual([]);
  });
});

describe('the check of a key tells nobody the key, and makes no contact', () => {
  const problem = (status: number, code: string) => ({ type: 'about:blank', status, code });
  const contacts = async (): Promise<string> => {
    const [brandID = ''] = secrets.key.split('-');
    return (await fetch(`${omnisend.url}/control/contacts?brand=${brandID}`)).text();
  };

  test.each<[keyof typeof seedKeys, object]>([
    ['full', { permissions: { read: 'granted', write: 'granted', brand: 'granted' }, advice: [] }],
    ['contactsOnly', { permissions: { read: 'granted', write: 'granted', brand: 'missing' } }],
    ['readOnly', { permissions: { read: 'granted', write: 'missing', brand: 'granted' } }],
    ['otherBrand', { brand: { name: 'Sandbox Brand B' } }],
    ['revoked', problem(422, 'key-refused')],
  ])('of the kind %s', async (name, expected) => {
    const secret = { name: 'omnisend-brand-a', value: seedKeys[name] };
    await fetch(`${vault.url}/control/secrets`, { method: 'POST', body: JSON.stringify(secret) });
    const before = await contacts();
    expect(JSON.parse(await app.askToConnect())).toMatchObject(expected);
    expect(await contacts()).toBe(before);
    expect(ear.places()).toEqual(expect.arrayContaining(['answer', 'outbound URL']));
    expect(ear.leaks()).toEqual([]);
  });

  test.each<[string, object, object]>([
    ['Omnisend blocks the key', { block403: true }, problem(422, 'permission-missing')],
    ['the version is retired', { retired: true }, problem(422, 'version-retired')],
    ['Omnisend is down', { serverErrorShare: 1 }, problem(503, 'unreachable')],
    ['a proxy answers with HTML', { htmlShare: 1 }, problem(503, 'unreachable')],
    ['answers are lost', { lostResponseShare: 1 }, problem(503, 'unreachable')],
    ['the budget is spent', { throttleShare: 1 }, problem(503, 'busy')],
  ])('where %s', async (_what, faults, expected) => {
    await omnisendFaults(faults);
    expect(JSON.parse(await app.askToConnect())).toMatchObject(expected);
    expect(ear.leaks()).toEqual([]);
  });

  test('where what is stored is no key', async () => {
    const secret = { name: 'omnisend-brand-a', value: secrets.token.replace('-', '') };
    await fetch(`${vault.url}/control/secrets`, { method: 'POST', body: JSON.stringify(secret) });
    expect(JSON.parse(await app.askToConnect())).toMatchObject(problem(422, 'key-refused'));
    expect(JSON.stringify(await app.ports.store.slots.list(secret.value))).toBe('[]');
    expect(ear.leaks()).toEqual([]);
  });
});

describe('the health of what is outside tells nobody anything', () => {
  const health = async (): Promise<Record<string, string>> => {
    const { checks } = healthDetailsView.parse(JSON.parse(await app.askForHealth()));
    return Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));
  };

  test('where all is in order', async () => {
    expect(await health()).toEqual({ storage: 'ok', vault: 'ok', source: 'ok', omnisend: 'ok' });
    expect(ear.places()).toEqual(['answer', 'log', 'outbound URL']);
    expect(ear.leaks()).toEqual([]);
  });

  test('where everybody refuses, and echoes', async () => {
    serveCustomers(() => refusal(403, `Bearer ${secrets.token}: ${echoOf(accepted)}`));
    await omnisendFaults({ revokedKeys: [secrets.key] });
    expect(await health()).toEqual({ storage: 'ok', vault: 'ok', source: 'failed', omnisend: 'failed' });
    expect(ear.leaks()).toEqual([]);
  });

  test('where the vault is closed', async () => {
    await fetch(`${vault.url}/control`, { method: 'POST', body: '{"forbidden":true}' });
    expect(await health()).toMatchObject({ vault: 'failed', omnisend: 'failed' });
    expect(ear.leaks()).toEqual([]);
  });
});

describe('a key that is given through the API lies in the vault and nowhere else', () => {
  const params = { id: 'brand-n' };
  const consent = { displayName: 'Brand N', agree: true, wording: privacyStatement.wording };
  const put = (body: object, revision?: number) => ({
    method: 'PUT' as const,
    body: JSON.stringify(body),
    ...(revision !== undefined && { headers: { 'if-match': `"${revision}"` } }),
  });
  const vaultFaults = async (body: object) => {
    await fetch(`${vault.url}/control`, { method: 'POST', body: JSON.stringify(body) });
  };
  const keyOf = async (id: string): Promise<unknown> => {
    const saved = await app.ports.store.connections.get(at.connection(connectionId.parse(id)));
    return saved && app.ports.secrets.get(saved.value.secretName, { fresh: true });
  };
  const nothingLeaked = () => {
    expect(ear.leaks()).toEqual([]);
    expect(app.kept.length).toBeGreaterThan(0);
    expect(app.kept.flatMap(keysIn)).toEqual([]);
  };

  test('made, connected, used by a run, rotated, looked at and removed', async () => {
    const made = await app.api('save-connection', {
      ...put({ ...consent, apiKey: seedKeys.otherBrand }),
      params,
    });
    expect(JSON.parse(made)).toMatchObject({ id: 'brand-n', isOwnSecret: true });
    expect(await keyOf('brand-n')).toEqual({ kind: 'ok', value: seedKeys.otherBrand });
    const rotated = await app.api('rotate-key', put({ apiKey: seedKeys.second }, 1));
    expect(JSON.parse(rotated)).toMatchObject({ connection: { revision: 2, isOwnSecret: true } });
    expect(await keyOf('brand-a')).toEqual({ kind: 'ok', value: seedKeys.second });
    expect(JSON.parse(await app.askToConnect())).toMatchObject({ permissions: { write: 'granted' } });
    const run = await app.run();
    expect(run).toMatchObject({ state: 'succeeded', tally: { read: 7, invalid: 2, accepted: 4 } });
    await app.askAll(run.id);

    await app.api('rotate-key', put({ apiKey: seedKeys.full }, 2));
    await app.api('save-connection', put({ displayName: 'Another name' }, 3));
    for (const look of ['list-connections', 'get-connection', 'connection-revisions'] as const) {
      expect(await app.api(look)).toContain('Another name');
    }
    const removal = { method: 'DELETE', path: '?exports=detach', headers: { 'if-match': '"4"' } } as const;
    expect(JSON.parse(await app.api('remove-connection', removal))).toMatchObject({ secret: 'removed' });
    expect(ear.places()).toEqual(expect.arrayContaining([...everyWay]));
    nothingLeaked();
    const figures = z
      .object({ secrets: z.number() })
      .parse(await (await fetch(`${vault.url}/control`)).json());
    // What was there before, the hash secret of the export, and the key of brand-n.
    expect(figures).toEqual({ secrets: 3 });
  });

  test.each<[string, object]>([
    ['refuses the app', { forbidden: true }],
    ['does not answer', { failNext: { count: 100, status: 503 } }],
    ['refuses to write', { failNext: { count: 1, status: 400 } }],
    ['says that there is such a secret', { failNext: { count: 1, status: 409 } }],
  ])('where the vault %s', async (_what, fault) => {
    await vaultFaults(fault);
    await app.api('save-connection', { ...put({ ...consent, apiKey: seedKeys.second }), params });
    await vaultFaults(fault);
    await app.api('rotate-key', put({ apiKey: seedKeys.second }, 1));
    expect(ear.places()).toContain('answer');
    nothingLeaked();
  });

  test('where it is sent in a wrong place, or to somebody who has not seen the document', async () => {
    const key = seedKeys.second;
    for (const body of [
      { ...consent, wording: key, apiKey: key },
      { ...consent, apiKey: { key } },
      { ...consent, apiKey: key, secretName: key },
      { ...consent, apiKey: key, [key]: key },
      { apiKey: key, displayName: '', agree: key, sharedWith: key, id: key },
      { exports: { [key]: key } },
      [key],
    ]) {
      await app.api('save-connection', { ...put(body), params });
      await app.api('rotate-key', put(body, 1));
      await app.api('remove-connection', { method: 'DELETE', body: JSON.stringify(body) });
    }
    await app.api('save-connection', { ...put({ ...consent, apiKey: key }), params: { id: key } });
    await app.api('rotate-key', put({ apiKey: key }, 7));
    await app.api('rotate-key', { ...put({ apiKey: key }), headers: { 'if-match': key } });
    await app.api('list-connections', { path: `?after=${key}&limit=${key}` });
    await app.api('remove-connection', { method: 'DELETE', path: `?exports=${key}` });
    expect(ear.places()).toContain('answer');
    nothingLeaked();
  });
});

test('the values of rows go to who asks for them, and nowhere else', async () => {
  await omnisendFaults({ refuse: [aimedAt(refused, 400)] });
  const run = await app.run();
  const values = await app.askForValues(run.id);
  for (const shown of [refused.msdynci_email, 'finchling.malformed at example.com', 'finchling telephone'])
    expect(values).toContain(shown);
  expect(ear.places()).toContain('log');
  expect(ear.leaks()).toEqual([]);
});

test('who is told of a run is told ids and counts, and where they are told is nowhere but in the vault', async () => {
  const receiver = await startReceiver();
  const putBody = (body: object) => ({ method: 'PUT', body: JSON.stringify(body) }) as const;
  const url = `${receiver.url}/finchling-hook?sig=finchling-sig`;
  const secret = 'finchling-signing-secret';
  await app.api(
    'save-notifications',
    putBody({ url: `https://finchling.example.com/`, secret, format: 'webhook' }),
  );
  await app.api('save-notifications', putBody({ url, secret: `${secret} and a space`, format: 'webhook' }));
  await app.api('save-notifications', putBody({ url, secret, format: 'webhook' }));
  await app.api('get-notifications');
  await omnisendFaults({ refuse: [aimedAt(refused, 400)] });
  expect((await app.run()).state).toBe('partial');
  await app.tellOfRuns();
  receiver.behave({ kind: 'reset' });
  await app.api('test-notifications', { method: 'POST' });
  receiver.behave({ kind: 'answer', status: 500 });
  await app.api('test-notifications', { method: 'POST' });
  await receiver.close();
  await app.api('test-notifications', { method: 'POST' });
  expect(receiver.received.map(({ body }) => JSON.parse(body).event)).toEqual(['partial', 'test', 'test']);
  for (const { body } of receiver.received) expect(canariesIn(body)).toEqual([]);
  const { store } = app.ports;
  for (const [table, partition] of [
    [store.notifications, 'notifications'],
    [store.revisions, 'notifications'],
    [store.states, 'exports'],
  ] as const) {
    const rows = await table.list(partition);
    expect(rows).not.toEqual([]);
    expect(canariesIn(JSON.stringify(rows))).toEqual([]);
  }
  // The request itself must name it; nothing else does.
  const isRequest = (leak: string): boolean => /^outbound URL: .* in [^ ]*\/finchling-hook\?/.test(leak);
  expect(ear.leaks().filter(isRequest)).not.toEqual([]);
  expect(ear.leaks().filter((leak) => !isRequest(leak))).toEqual([]);
});

test('a message, or a poisoned one, that holds what it must not is not repeated', async () => {
  const { msdynci_email: email } = accepted;
  const message = { version: 1, run: 'newsletter.1', brand: 'b', lane: 0, slice: 0, epoch: 0, sequence: 0 };
  for (const step of steps) {
    for (const wrong of [
      email,
      { ...message, step, run: email },
      { ...message, step, epoch: secrets.token },
    ]) {
      expect(await app.receive(step, wrong)).toBe(false);
      expect(await app.receivePoison(step, wrong)).toBe(true);
    }
  }
  expect(ear.places()).toEqual(expect.arrayContaining(['error', 'log']));
  expect(ear.leaks()).toEqual([]);
});

test('what a caller of the API sends by mistake is not echoed', async () => {
  await app.askForRun({ body: JSON.stringify({ kind: accepted.msdynci_email }) });
  await app.askForRun({ body: `{"kind": ${accepted.msdynci_email}` });
  await app.askForRun({ headers: { 'idempotency-key': accepted.msdynci_email } });
  await app.askToConnect({ body: JSON.stringify({ confirmBrand: secrets.key }) });
  await app.askToConnect({ body: JSON.stringify({ [secrets.token]: accepted.msdynci_email }) });
  expect(ear.places()).toEqual(expect.arrayContaining(['answer', 'queue message']));
  expect(ear.leaks()).toEqual([]);
});

test('wrong settings are named and not quoted', () => {
  const environment = {
    AzureWebJobsStorage: `AccountKey=${secrets.token}`,
    DATAVERSE_URL: `https://user:${secrets.token}@contoso.crm.dynamics.com`,
    KEY_VAULT_URL: `http://${secrets.token}`,
    OMNISEND_URL: `https://api.omnisend.com/?key=${secrets.key}`,
    AZURE_CLIENT_ID: secrets.token,
    START_RATE: secrets.token,
  };
  try {
    compose(environment, new AbortController().signal);
  } catch (error) {
    ear.hear('error', error);
  }
  expect(ear.places()).toEqual(['error']);
  expect(ear.leaks()).toEqual([]);
});

test.each<[string, StubAnswer]>([
  [
    '400',
    {
      status: 400,
      body: {
        title: echoOf(accepted),
        detail: echoOf(accepted),
        errors: [{ field: 'identifiers.0.id', code: 'x', message: echoOf(accepted) }],
      },
    },
  ],
  ['401', { status: 401, body: { detail: `The key ${secrets.key} is unknown.` } }],
  ['409', { status: 409, body: { detail: echoOf(accepted) } }],
  ['500', { status: 500, body: `<html>${secrets.key} ${echoOf(accepted)}</html>` }],
  ['200 and no JSON', { status: 200, body: `{"batchID": ${echoOf(accepted)}` }],
  ['200 and something else', { status: 200, body: { email: accepted.msdynci_email } }],
  ['a reset', 'reset'],
  ['half an answer', 'cut'],
])('Omnisend answers every call with %s, echoing what was sent', async (_what, answer) => {
  const stub = await startStub();
  stub.answer = () => answer;
  const { postBatch, brand, listBatches, readBatch, readItems } = omnisendDestination({
    baseUrl: `${stub.url}/api`,
    clock: virtualClock(),
  });
  const change = upsertOf({
    email: accepted.msdynci_email,
    phone: accepted.msdynci_telephone,
    firstName: accepted.msdynci_firstname,
    lastName: accepted.msdynci_lastname,
    address: accepted.msdynci_streetaddress,
    city: accepted.msdynci_city,
    state: accepted.msdynci_state,
    postalCode: accepted.msdynci_postcode,
    country: accepted.msdynci_country,
    birthdate: accepted.msdynci_dateofbirth,
    properties: { nickname: accepted.msdynci_nickname },
  });
  ear.hear('error', await postBatch(secrets.key, { origin: 'run.1', changes: [change], options: plain }));
  expect(stub.requests[0]?.body).toContain(accepted.msdynci_email);
  // What a read echoes was not sent by it: such words are for no log, and have no place in an answer but masked.
  if (typeof answer !== 'object' || answer.status >= 400) {
    for (const read of [
      brand(secrets.key),
      listBatches(secrets.key, { offset: 0 }),
      readBatch(secrets.key, batchId.parse('b1')),
      readItems(secrets.key, batchId.parse('b1')),
    ]) {
      const given = await read;
      if (given.kind === 'ambiguous' || given.kind === 'unauthorised') ear.hear('error', given);
    }
  }
  await stub.close();
  expect(againstContract(stub.requests)).toEqual([]);
  expect(ear.leaks()).toEqual([]);
});

describe('a canary would be found', () => {
  test.each(['info', 'warn', 'error'] as const)('in a row that is logged (%s)', (level) => {
    app.ports.log[level]('slice-read', { value: accepted.msdynci_telephone });
    expect(ear.leaks()).toHaveLength(1);
  });

  test('in a row that a step prints while it runs', async () => {
    const { read } = app.ports.source;
    const spied: typeof read = async (...question) => {
      const answer = await read(...question);
      console.log(answer);
      return answer;
    };
    Object.assign(app.ports.source, { read: spied });
    await app.run();
    expect(ear.leaks().length).toBeGreaterThan(0);
  });

  test('in an outbound URL, however it is written', async () => {
    await fetch(
      `${dataverse.url}/?email=${encodeURIComponent('finchling@example.com')}&phone=%2B447700900101`,
    );
    expect(ear.leaks()).toHaveLength(2);
  });

  test('in an error', () => {
    ear.hear('error', new Error('a', { cause: new Error(`born ${accepted.msdynci_dateofbirth}`) }));
    expect(ear.leaks().length).toBeGreaterThan(0);
  });

  test('a key in a table or a blob', async () => {
    await app.ports.blobs.put('runs/a', Buffer.from(secrets.key));
    const exportId = exportIdOf.parse('newsletter');
    const reason = { code: 'active', message: secrets.key };
    await app.ports.store.skipped.insert(at.skipped(exportId, 0), { exportId, at: 0, reason });
    expect(app.kept.flatMap(keysIn)).toHaveLength(2);
  });

  test.each(Object.values(secrets))('%s', (secret) => {
    ear.hear('queue message', secret);
    expect(ear.leaks().length).toBeGreaterThan(0);
  });
});
