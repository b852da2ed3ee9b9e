import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customerId } from '../../../shared/domain/ids.ts';
import type { SourceQuestion } from '../../../shared/ports/source.ts';
import { type Stub, startStub } from '../stub-server.ts';
import { askedOf, member, refusal, rows, serve, sourceOn } from './environment.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const question: SourceQuestion = { segments: ['VIP', 'News'], columns: ['EMail'] };
const id = customerId.parse('a1b2');
const find = (customer = 'a1b2') => sourceOn(stub).find(question, { customerId: customerId.parse(customer) });
const profile = { msdynci_customerid: 'a1b2', msdynci_email: 'ann@example.com' };

describe('one customer', () => {
  it('is asked for by its id alone, and put together from all of its rows', async () => {
    serve(stub, {
      memberships: () =>
        rows([member('a1b2', 'News', 'Other'), member('a1b2', 'VIP'), member('A1B2', 'VIP')]),
      profiles: () => rows([{ msdynci_customerid: 'A1B2' }, profile]),
    });
    const before = stub.requests.length;
    expect(await find()).toEqual({
      kind: 'ok',
      value: {
        segments: [0, 1],
        oddMemberships: 0,
        profile: { customerId: id, values: { EMail: 'ann@example.com' } },
      },
    });
    const asked = stub.requests.slice(before).map(askedOf);
    expect(asked.map(({ resource, filter }) => [resource, filter])).toEqual([
      ['memberships', "msdynci_customerid eq 'a1b2'"],
      ['attributes', ''],
      ['profiles', "msdynci_customerid eq 'a1b2'"],
    ]);
  });

  it('is found in pages', async () => {
    const link = (set: string) => `${stub.url}/api/data/v9.2/${set}?$skiptoken=x`;
    serve(stub, {
      memberships: ({ filter }) =>
        filter === ''
          ? rows([member('a1b2', 'News')])
          : rows([member('a1b2', 'VIP')], link('msdynci_segmentmemberships')),
      profiles: ({ filter }) =>
        filter === '' ? rows([profile]) : rows([], link('msdynci_customerprofiles')),
    });
    expect(await find()).toMatchObject({
      kind: 'ok',
      value: { segments: [0, 1], profile: { customerId: id } },
    });
  });

  it('may have no rows, other segments only, or a membership that cannot be read', async () => {
    serve(stub, {});
    expect(await find()).toEqual({ kind: 'ok', value: { segments: [], oddMemberships: 0, profile: null } });
    serve(stub, { memberships: () => rows([member('a1b2', 'Other')]) });
    expect(await find()).toMatchObject({ value: { segments: [], oddMemberships: 0 } });
    serve(stub, { memberships: () => rows([{ msdynci_customerid: 'a1b2', msdynci_segments: '{"VIP' }]) });
    expect(await find()).toMatchObject({ value: { segments: [], oddMemberships: 1 } });
  });

  it.each(['ann@example.com', "a' or 'a' eq 'a", 'a%', 'a_b'])(
    'is not asked for by %s, which may be more than an id',
    async (text) => {
      const before = stub.requests.length;
      expect(await find(text)).toMatchObject({ kind: 'not-supported' });
      expect(stub.requests.length).toBe(before);
    },
  );

  it.each([
    [{ memberships: () => refusal(403) }, 'configuration'],
    [{ profiles: () => refusal(403) }, 'configuration'],
    [{ profiles: () => refusal(400, "no 'msdynci_email'") }, 'configuration'],
    [{ memberships: () => refusal(500) }, 'transient'],
    [{ profiles: () => refusal(429) }, 'throttled'],
  ] as const)('gives on what the environment refuses: %#', async (answers, kind) => {
    serve(stub, answers);
    expect((await find()).kind).toBe(kind);
  });
});
