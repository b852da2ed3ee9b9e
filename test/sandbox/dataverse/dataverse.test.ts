import { ManagedIdentityCredential } from '@azure/identity';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPopulation } from '../generator/population.ts';
import { createTruth } from '../generator/truth.ts';
import { startDataverse } from './dataverse.ts';
import type { Running } from './http.ts';

const ROWS = 1_200;
const SEED = 3;
const NEWSLETTER = `contains(msdynci_segments,'\\"Newsletter_subscribers\\"')`;

type Body = {
  value: Record<string, string | number | null>[];
  '@odata.nextLink'?: string;
  '@odata.count'?: number;
  error?: { code: string; message: string };
};

let time: number;
let dataverse: Running;
let token: string;

beforeEach(async () => {
  time = Date.UTC(2026, 2, 1);
  dataverse = await startDataverse({ rows: ROWS, seed: SEED }, () => time);
  token = await newToken();
});
afterEach(() => dataverse.close());

async function newToken(resource = dataverse.url): Promise<string> {
  const address = `${dataverse.url}/msi/token?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`;
  const response = await fetch(address, { headers: { 'x-identity-header': 'sandbox' } });
  const { access_token }: { access_token: string } = JSON.parse(await response.text());
  return access_token;
}

async function get(path: string, headers: Record<string, string> = {}) {
  const address = path.startsWith('http') ? path : `${dataverse.url}/api/data/v9.2/${path}`;
  const response = await fetch(address, { headers: { authorization: `Bearer ${token}`, ...headers } });
  const text = await response.text();
  const body: Body = text === '' ? { value: [] } : JSON.parse(text);
  return { status: response.status, headers: response.headers, body };
}

async function control(body: object, path = ''): Promise<number> {
  return (await fetch(`${dataverse.url}/control${path}`, { method: 'POST', body: JSON.stringify(body) }))
    .status;
}

async function readAll(path: string, pageSize: number): Promise<Body['value']> {
  const rows: Body['value'] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const { status, body }: Awaited<ReturnType<typeof get>> = await get(next, {
      prefer: `odata.maxpagesize=${pageSize}`,
    });
    expect(status).toBe(200);
    expect(body.value.length).toBeLessThanOrEqual(pageSize);
    rows.push(...body.value);
    next = body['@odata.nextLink'];
  }
  return rows;
}

const filtered = (filter: string) => `msdynci_segmentmemberships?$filter=${encodeURIComponent(filter)}`;
const today = (day = 1) => createPopulation({ seed: SEED, rows: ROWS, day });

function rowsOf(day = 1) {
  const population = today(day);
  const order = population.order();
  const indexes = Array.from({ length: order.length }, (_, position) => order.at(position));
  return {
    profiles: indexes.flatMap((index) => population.profile(index) ?? []),
    memberships: indexes.flatMap((index) => population.memberships(index)),
  };
}

describe('paging', () => {
  it.each([7, 100, 500, 5_000])('gives every row once with pages of %i', async (pageSize) => {
    const { profiles, memberships } = rowsOf();
    expect(await readAll('msdynci_customerprofiles', pageSize)).toMatchObject(profiles);
    const rows = await readAll('msdynci_segmentmemberships', pageSize);
    expect(rows).toMatchObject(memberships);
    expect(rows).toHaveLength(memberships.length);
  });

  it('gives the same rows by prefix as in one chain', async () => {
    const whole = await readAll(filtered(NEWSLETTER), 5_000);
    const parts: Body['value'] = [];
    for (const digit of '0123456789abcdef') {
      parts.push(
        ...(await readAll(filtered(`startswith(msdynci_customerid,'${digit}') and ${NEWSLETTER}`), 30)),
      );
    }
    expect(parts).toEqual(whole);
    expect(whole.length).toBeGreaterThan(ROWS * 0.6);
  });

  it('shows only what is selected, the key and partitionid', async () => {
    const { body, headers } = await get('msdynci_customerprofiles?$select=msdynci_email', {
      prefer: 'odata.maxpagesize=1',
    });
    expect(Object.keys(body.value[0] ?? {})).toEqual([
      '@odata.etag',
      'msdynci_email',
      'msdynci_customerprofileid',
      'partitionid',
    ]);
    expect(headers.get('preference-applied')).toBe('odata.maxpagesize=1');
    expect(headers.get('x-ms-dop-hint')).toBe('10');
    expect(new URL(body['@odata.nextLink'] ?? '').origin).toBe(dataverse.url);
  });

  it('counts to 500 and no further', async () => {
    expect((await get('msdynci_customerprofiles?$count=true&$top=1')).body['@odata.count']).toBe(500);
    const few = await get(`msdynci_customerprofiles?$count=true&$filter=startswith(msdynci_customerid,'a')`);
    expect(few.body['@odata.count']).toBe(few.body.value.length);
  });

  it('fetches a few by id', async () => {
    const [one, two] = rowsOf().profiles;
    const filter = [one, two]
      .map((row) => `msdynci_customerid eq '${row?.msdynci_customerid.toUpperCase()}'`)
      .join(' or ');
    const { body } = await get(`msdynci_customerprofiles?$filter=${encodeURIComponent(filter)}`);
    expect(body.value).toMatchObject([one, two]);
  });
});

describe('refusals', () => {
  const cases: [name: string, path: string, status: number, message: string][] = [
    ['$skip', 'msdynci_customerprofiles?$skip=5', 400, 'Skip'],
    ['$orderby', 'msdynci_customerprofiles?$orderby=msdynci_email', 400, '$orderby'],
    ['unknown column', 'msdynci_customerprofiles?$select=msdynci_shoesize', 400, 'msdynci_shoesize'],
    ['unknown column in the filter', filtered("msdynci_x eq '1'"), 400, 'msdynci_x'],
    ['broken filter', filtered('contains('), 400, ''],
    ['unknown set', 'msdynci_customermeasures', 404, 'msdynci_customermeasures'],
    ['unknown table', "EntityDefinitions(LogicalName='account')/Attributes", 404, 'account'],
    ['invented token', 'msdynci_customerprofiles?$skiptoken=abc.def', 400, 'next link'],
  ];
  it.each(cases)('%s', async (_, path, status, message) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.body.error?.message).toContain(message);
  });

  it.each([
    [
      'token',
      (link: string) =>
        link.replace(/skiptoken=./, (found) =>
          found.endsWith('W') ? `${found.slice(0, -1)}X` : `${found.slice(0, -1)}W`,
        ),
    ],
    ['columns', (link: string) => link.replace('msdynci_email', 'msdynci_city')],
    ['more options', (link: string) => `${link}&$count=true`],
  ])('edited next link: %s', async (_, edit) => {
    const { body } = await get('msdynci_customerprofiles?$select=msdynci_email', {
      prefer: 'odata.maxpagesize=5',
    });
    const link = body['@odata.nextLink'] ?? '';
    expect(edit(link)).not.toBe(link);
    expect((await get(edit(link))).status).toBe(400);
    expect((await get(link)).status).toBe(200);
  });
});

describe('switches', () => {
  it('throttles next requests as told', async () => {
    await control({ throttleNext: { count: 1, kind: 'execution-time', retryAfterSeconds: 7 } });
    const refused = await get('msdynci_customerprofiles');
    expect([refused.status, refused.headers.get('retry-after'), refused.body.error?.code]).toEqual([
      429,
      '7',
      '0x80072321',
    ]);
    expect((await get('msdynci_customerprofiles')).status).toBe(200);
  });

  it('keeps the limit of requests in a sliding window', async () => {
    await control({ limits: { requests: 2, windowSeconds: 10 } });
    const ask = async () => {
      const { status, headers } = await get('msdynci_customerprofiles?$top=1');
      return [status, headers.get('retry-after')];
    };
    expect(await ask()).toEqual([200, null]);
    time += 4_000;
    expect(await ask()).toEqual([200, null]);
    expect(await ask()).toEqual([429, '6']);
    time += 10_000;
    expect(await ask()).toEqual([200, null]);
  });

  it('keeps the limit of concurrent requests', async () => {
    await control({ limits: { concurrent: 1 }, pageDelayMs: 50 });
    const statuses = await Promise.all(
      [1, 2, 3].map(async () => (await get('msdynci_customerprofiles?$top=1')).status),
    );
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
  });

  it('fails, forbids, drops a column, hides the metadata, refuses prefixes', async () => {
    expect((await get('mscipriv_segmentmetadata')).status).toBe(200);
    await control({ failNext: { count: 1 } });
    expect((await get('msdynci_customerprofiles')).status).toBe(503);
    await control({
      forbidden: ['msdynci_customerprofiles'],
      prefixFilter: 'unsupported',
      segmentMetadata: 'absent',
      droppedColumns: ['msdynci_segmentprovider'],
    });
    expect((await get('msdynci_customerprofiles')).status).toBe(403);
    expect((await get('mscipriv_segmentmetadata')).status).toBe(404);
    expect((await get(filtered("startswith(msdynci_customerid,'a')"))).status).toBe(400);
    expect((await get('msdynci_segmentmemberships?$select=msdynci_segmentprovider')).status).toBe(400);
    expect(await control({ nonsense: true })).toBe(400);
  });

  it('breaks an answer off in the middle', async () => {
    await control({ cutNext: { count: 1 } });
    await expect(get('msdynci_customerprofiles')).rejects.toThrow();
    expect((await get('msdynci_customerprofiles')).status).toBe(200);
  });

  it('meets requests with faults of all kinds in turn', async () => {
    await control({ faultEvery: 2 });
    const seen: (number | string)[] = [];
    for (let request = 0; request < 12; request++) {
      const status = await get('msdynci_customerprofiles?$top=1').then(
        (answer) => answer.body.error?.code ?? answer.status,
        () => 'cut',
      );
      if (status !== 200) seen.push(status);
    }
    expect(seen.toSorted()).toEqual(
      ['0x80040216', '0x80040216', '0x80072321', '0x80072322', '0x80072326', 'cut'].toSorted(),
    );
  });

  it('lets tokens die every so many requests', async () => {
    await control({ expireTokensEvery: 2 });
    expect((await get('msdynci_customerprofiles?$top=1')).status).toBe(200);
    expect((await get('msdynci_customerprofiles?$top=1')).status).toBe(401);
  });

  it('repeats the last row of a page on the next one', async () => {
    await control({ repeatRows: true });
    const rows = await readAll('msdynci_customerprofiles', 100);
    const { profiles } = rowsOf();
    expect(rows.length).toBeGreaterThan(profiles.length);
    const once = [...new Map(rows.map((row) => [row.msdynci_customerid, row])).values()];
    expect(once).toMatchObject(profiles);
  });

  it('gives smaller pages from now on', async () => {
    await control({ pageSize: 50 });
    expect((await get('msdynci_customerprofiles')).body.value).toHaveLength(50);
  });

  it('loses rows behind a prefix, and takes its time for it', async () => {
    const path = filtered("startswith(msdynci_customerid,'a')");
    const whole = (await get(path)).body.value.length;
    await control({ prefixFilter: 'incomplete' });
    const some = (await get(path)).body.value.length;
    expect(some).toBeLessThan(whole);
    expect(some).toBeGreaterThan(whole / 2);
    await control({ prefixFilter: 'slow', prefixDelayMs: 60 });
    const from = performance.now();
    expect((await get(path)).body.value).toHaveLength(whole);
    expect(performance.now() - from).toBeGreaterThan(50);
  });

  it('finds no id outside of the hex digits', async () => {
    const prefixes = [...'0123456789abcdef'].map((digit) => `startswith(msdynci_customerid,'${digit}')`);
    expect((await get(filtered(`not (${prefixes.join(' or ')})`))).body.value).toEqual([]);
    const some = (await get(filtered(`not (${prefixes.slice(1).join(' or ')})`))).body.value;
    expect(some).toEqual((await get(filtered(prefixes[0] ?? ''))).body.value);
    expect(some.length).toBeGreaterThan(0);
  });

  it('tells of segments how many are in them, and which are off or gone', async () => {
    await control({ vanishedSegments: ['VIP'], inactiveSegments: ['VIP_2'] });
    const { body } = await get('mscipriv_segmentmetadata');
    const named = (name: string) => body.value.find((row) => row.mscipriv_name === name);
    expect(named('VIP')).toBeUndefined();
    expect(named('VIP_2')?.mscipriv_state).toBe('Inactive');
    const population = today();
    const bit = 1;
    const members = Array.from({ length: population.size }, (_, index) => population.segmentMask(index));
    expect(named('Newsletter_subscribers')?.mscipriv_membercount).toBe(
      members.filter((mask) => (mask & bit) !== 0).length,
    );
    const texts = (await readAll('msdynci_segmentmemberships', 5_000)).map((row) =>
      String(row.msdynci_segments),
    );
    expect(texts.some((text) => text.includes('"VIP_2"'))).toBe(true);
    expect(texts.some((text) => text.includes('"VIP"'))).toBe(false);
    await control({ metadataCounts: 'absent' });
    expect((await get('mscipriv_segmentmetadata')).body.value[0]).not.toHaveProperty('mscipriv_membercount');
  });

  it('gives a row another version where it changed', async () => {
    const versions = async () =>
      new Map(
        (await readAll('msdynci_customerprofiles', 5_000)).map((row) => [
          row.msdynci_customerid,
          [row['@odata.etag'], row.msdynci_modifiedon],
        ]),
      );
    const before = await versions();
    await control({ day: 2 }, '/day');
    let changed = 0;
    for (const [id, [etag, modifiedOn]] of await versions()) {
      const old = before.get(id);
      if (old === undefined) continue;
      expect(etag === old[0]).toBe(modifiedOn === old[1]);
      if (etag !== old[0]) changed++;
    }
    expect(changed).toBeGreaterThan(0);
  });

  it('finds quotes in the segments column in one form only', async () => {
    const plain = filtered(`contains(msdynci_segments,'"VIP"')`);
    const escaped = filtered(`contains(msdynci_segments,'\\"VIP\\"')`);
    expect((await get(escaped)).body.value.length).toBeGreaterThan(0);
    expect((await get(plain)).body.value).toEqual([]);
    await control({ segmentFilterForm: 'plain' });
    expect((await get(plain)).body.value.length).toBeGreaterThan(0);
    expect((await get(escaped)).body.value).toEqual([]);
  });

  it('finds other segments too where a name has a wildcard, or another case', async () => {
    const { body } = await get(filtered(`contains(msdynci_segments,'\\"vip_2\\"')`));
    const texts = body.value.map((row) => String(row.msdynci_segments));
    expect(texts.some((text) => text.includes('"VIP12"') && !text.includes('"VIP_2"'))).toBe(true);
    expect(texts.some((text) => text.includes('"VIP_2"'))).toBe(true);
  });

  it('tears a refresh: memberships first, then profiles', async () => {
    const ids = async (set: string) =>
      (await readAll(`${set}?$select=msdynci_customerid`, 5_000)).map((row) => row.msdynci_customerid);
    const idsOf = (rows: readonly { msdynci_customerid: string }[]) =>
      rows.map((row) => row.msdynci_customerid);
    await control({ tornRefresh: { membershipsAfterPages: 1, profilesAfterPages: 3 } });
    expect(await ids('msdynci_customerprofiles')).toEqual(idsOf(rowsOf(1).profiles));
    expect(await ids('msdynci_segmentmemberships')).toEqual(idsOf(rowsOf(2).memberships));
    expect(await ids('msdynci_customerprofiles')).toEqual(idsOf(rowsOf(1).profiles));
    expect(await ids('msdynci_customerprofiles')).toEqual(idsOf(rowsOf(2).profiles));
  });

  it('goes on to another day and tells the truth about it', async () => {
    const read = async (path: string) =>
      (await fetch(`${dataverse.url}/control/truth${path}?segments=VIP,High_value`)).text();
    const truth = createTruth(today(2), ['VIP', 'High_value']);
    await control({ day: 2 }, '/day');
    const lines = (await read('')).trimEnd().split('\n');
    expect(lines).toEqual([...truth.contacts()].map((one) => JSON.stringify(one)));
    expect(JSON.parse(await read('/counts'))).toEqual(truth.counts());
    expect(JSON.parse(await read('/changes'))).toEqual(truth.changes(1));
    expect(await readAll('msdynci_customerprofiles', 5_000)).toMatchObject(rowsOf(2).profiles);
  });

  it('keeps figures', async () => {
    await get('msdynci_customerprofiles');
    const figures: unknown = await (await fetch(`${dataverse.url}/control`)).json();
    expect(figures).toMatchObject({
      day: 1,
      requests: 1,
      'pages-msdynci_customerprofiles': 1,
      inFlightMax: 1,
    });
  });
});

describe('columns', () => {
  it('are told with their types', async () => {
    const { body } = await get(
      "EntityDefinitions(LogicalName='msdynci_customerprofile')/Attributes?$select=LogicalName,AttributeType",
    );
    expect(body.value).toContainEqual({ LogicalName: 'msdynci_email', AttributeType: 'String' });
    expect(body.value).toContainEqual({ LogicalName: 'msdynci_rewardpoints', AttributeType: 'Integer' });
  });
});

describe('tokens', () => {
  const ask = async () => (await get('msdynci_customerprofiles?$top=1')).status;

  it('are needed, end by time or on demand, and are for one audience', async () => {
    expect(await ask()).toBe(200);
    token = 'invented';
    expect(await ask()).toBe(401);
    token = await newToken('https://vault.azure.net');
    expect(await ask()).toBe(401);
    token = await newToken('https://org.crm.dynamics.com');
    expect(await ask()).toBe(200);
    await control({ expireTokens: true, tokenLifetimeSeconds: 60 });
    expect(await ask()).toBe(401);
    token = await newToken();
    time += 59_000;
    expect(await ask()).toBe(200);
    time += 1_000;
    expect(await ask()).toBe(401);
  });

  it.each([
    ['no header', {}, '?api-version=2019-08-01&resource=https://x.example', 400],
    [
      'wrong header',
      { 'x-identity-header': 'guess' },
      '?api-version=2019-08-01&resource=https://x.example',
      401,
    ],
    ['no resource', { 'x-identity-header': 'sandbox' }, '?api-version=2019-08-01', 400],
    [
      'other version',
      { 'x-identity-header': 'sandbox' },
      '?api-version=2017-09-01&resource=https://x.example',
      400,
    ],
  ])('are refused: %s', async (_, headers, query, status) => {
    expect((await fetch(`${dataverse.url}/msi/token${query}`, { headers })).status).toBe(status);
  });

  it('are given to the Azure client for a managed identity', async () => {
    const before = { ...process.env };
    process.env.IDENTITY_ENDPOINT = `${dataverse.url}/msi/token`;
    process.env.IDENTITY_HEADER = 'sandbox';
    // That client caches tokens by this machine's clock.
    time = Date.now();
    try {
      const credential = new ManagedIdentityCredential();
      token = (await credential.getToken(`${dataverse.url}/.default`)).token;
      expect(await ask()).toBe(200);
    } finally {
      process.env = before;
    }
  });
});
