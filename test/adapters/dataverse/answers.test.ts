import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCursor } from '../../../shared/adapters/dataverse/cursor.ts';
import type { SourceAnswer } from '../../../shared/ports/source.ts';
import { type Stub, type StubAnswer, startStub } from '../stub-server.ts';
import { type Resource, refusal, rows, serve, sourceOn } from './environment.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const question = { segments: ['VIP'], columns: ['EMail', 'City'] };
const slice = { label: 'all', spec: '' };
const link = () => `${stub.url}/api/data/v9.2/msdynci_customerprofiles?$skiptoken=x`;
const atLink = () => writeCursor({ phase: 'scan', link: link() });
const atProfiles = writeCursor({ phase: 'scan', link: null });

type Expected = Extract<SourceAnswer<unknown>, { kind: string }>['kind'];

interface Case {
  readonly id: string;
  readonly given: StubAnswer;
  readonly expected: { readonly kind: Expected } & Readonly<Record<string, unknown>>;
}

const always: readonly Case[] = [
  { id: '429', given: { status: 429 }, expected: { kind: 'throttled', retryAfterSeconds: 5 } },
  {
    id: '429 with seconds',
    given: { status: 429, headers: { 'Retry-After': '17' } },
    expected: { kind: 'throttled', retryAfterSeconds: 17 },
  },
  {
    id: '429 with a date',
    given: { status: 429, headers: { 'Retry-After': 'Sat, 21 Nov 2026 12:00:30 GMT' } },
    expected: { kind: 'throttled', retryAfterSeconds: 30 },
  },
  ...['0', '-3', 'Sat, 21 Nov 2026 11:59:00 GMT'].map((told) => ({
    id: `429 with no time left (${told})`,
    given: { status: 429, headers: { 'Retry-After': told } },
    expected: { kind: 'throttled' as const, retryAfterSeconds: 1 },
  })),
  {
    id: '429 with nonsense',
    given: { status: 429, headers: { 'Retry-After': 'soon' } },
    expected: { kind: 'throttled', retryAfterSeconds: 5 },
  },
  { id: '500', given: refusal(500), expected: { kind: 'transient', message: '500' } },
  { id: '503', given: refusal(503), expected: { kind: 'transient', message: '503' } },
  { id: '408', given: refusal(408), expected: { kind: 'transient', message: '408' } },
  { id: 'a reset connection', given: 'reset', expected: { kind: 'transient' } },
  { id: 'a cut answer', given: 'cut', expected: { kind: 'transient' } },
  {
    id: 'a redirect',
    given: { status: 302, headers: { Location: '/elsewhere' } },
    expected: { kind: 'transient' },
  },
  { id: '200 with HTML', given: { status: 200, body: '<html>' }, expected: { kind: 'transient' } },
  { id: '200 without rows', given: { status: 200, body: {} }, expected: { kind: 'transient' } },
  {
    id: '200 with rows of null',
    given: { status: 200, body: { value: null } },
    expected: { kind: 'transient' },
  },
  { id: '204', given: { status: 204 }, expected: { kind: 'transient' } },
];

const table = (field: string) => ({
  kind: 'configuration' as const,
  faults: [expect.objectContaining({ field })],
});

const onFirst: readonly Case[] = [
  ...always,
  { id: '401 twice', given: refusal(401), expected: table('identity') },
  { id: '403', given: refusal(403), expected: table('msdynci_customerprofile') },
  { id: '404', given: refusal(404), expected: table('msdynci_customerprofile') },
  { id: '400', given: refusal(400), expected: table('msdynci_customerprofile') },
  {
    id: '400 naming a column',
    given: refusal(400, "Could not find a property named 'msdynci_city' on type 'x'."),
    expected: table('City'),
  },
  {
    id: '400 naming another column that begins alike',
    given: refusal(400, "Could not find a property named 'msdynci_city_2'."),
    expected: table('msdynci_customerprofile'),
  },
];

const onLink: readonly Case[] = [
  ...always,
  { id: '401 twice', given: refusal(401), expected: table('identity') },
  { id: '403', given: refusal(403), expected: table('msdynci_customerprofile') },
  ...[400, 404, 410].map((status) => ({
    id: String(status),
    given: refusal(status),
    expected: { kind: 'link-dead' as const },
  })),
];

describe('the first page of profiles', () => {
  it.each(onFirst)('$id', async ({ given, expected }) => {
    serve(stub, { profiles: () => given });
    expect(await sourceOn(stub).read(question, slice, atProfiles)).toMatchObject(expected);
  });
});

describe('a further page', () => {
  it.each(onLink)('$id', async ({ given, expected }) => {
    serve(stub, { profiles: () => given });
    expect(await sourceOn(stub).read(question, slice, atLink())).toMatchObject(expected);
  });
});

const dividing: readonly [Resource, string][] = [
  ['attributes', 'msdynci_customerprofile'],
  ['profiles', 'msdynci_customerprofile'],
  ['memberships', 'msdynci_segmentmembership'],
];

describe.each(dividing)('dividing, %s', (resource, name) => {
  it.each(always)('$id', async ({ given, expected }) => {
    serve(stub, { [resource]: () => given });
    expect(await sourceOn(stub).divide(question)).toMatchObject(expected);
  });

  it.each([403, 404])('%i names the table', async (status) => {
    serve(stub, { [resource]: () => refusal(status) });
    expect(await sourceOn(stub).divide(question)).toMatchObject(table(name));
  });

  it('401 names the identity', async () => {
    serve(stub, { [resource]: () => refusal(401) });
    expect(await sourceOn(stub).divide(question)).toMatchObject(table('identity'));
  });
});

describe('a token', () => {
  it('that was refused is asked for anew, once, for the same link', async () => {
    const asked: (boolean | undefined)[] = [];
    const tokens = {
      get: async (scope: string, options?: { readonly fresh?: boolean }) => {
        expect(scope).toBe(`${stub.url}/.default`);
        asked.push(options?.fresh);
        return { kind: 'ok' as const, token: options?.fresh === true ? 'new' : 'old' };
      },
    };
    serve(stub, {
      profiles: ({ request }) => (request.headers.authorization === 'Bearer new' ? rows([]) : refusal(401)),
    });
    const before = stub.requests.length;
    expect(await sourceOn(stub, { tokens }).read(question, slice, atLink())).toMatchObject({ kind: 'ok' });
    expect(asked).toEqual([false, true]);
    expect(new Set(stub.requests.slice(before).map(({ url }) => url)).size).toBe(1);
  });

  it('that is not to be had is a matter of waiting', async () => {
    const tokens = { get: async () => ({ kind: 'unavailable' as const, message: 'TimeoutError' }) };
    expect(await sourceOn(stub, { tokens }).read(question, slice, atLink())).toEqual({
      kind: 'transient',
      message: 'no access token: TimeoutError',
    });
  });

  it('that never comes is a fault for a person', async () => {
    const fault = { field: 'identity', message: 'It has expired.', remedy: 'Make a new one.' };
    const tokens = { get: async () => ({ kind: 'refused' as const, fault }) };
    const refused = { kind: 'configuration', faults: [fault] };
    const source = sourceOn(stub, { tokens });
    expect(await source.read(question, slice, atLink())).toEqual(refused);
    expect(await source.divide(question)).toEqual(refused);
    expect(await source.mark(question)).toEqual(refused);
    expect(await source.segments()).toEqual(refused);
    expect(await source.columns()).toEqual(refused);
    expect(await source.check()).toMatchObject([{ name: 'token', ok: false, remedy: 'Make a new one.' }]);
  });

  it.each(['http://other.example.com/api/data/v9.2/x', '//other.example.com/x', 'http://'])(
    'is not shown to another host: %s',
    async (foreign) => {
      const before = stub.requests.length;
      const cursor = writeCursor({ phase: 'scan', link: foreign });
      expect(await sourceOn(stub).read(question, slice, cursor)).toMatchObject({ kind: 'configuration' });
      expect(stub.requests.length).toBe(before);
    },
  );
});

it('waits no longer than it was told', async () => {
  serve(stub, { profiles: () => 'silence' });
  const answer = await sourceOn(stub, { timeoutMs: 20 }).read(question, slice, atLink());
  expect(answer).toEqual({ kind: 'transient', message: 'TimeoutError' });
});

it.each(['', 'x', '{}', '{"phase":"profiles"}'])(
  'begins anew at a cursor that it did not write: %j',
  async (cursor) => {
    expect(await sourceOn(stub).read(question, slice, cursor)).toEqual({ kind: 'link-dead' });
  },
);
