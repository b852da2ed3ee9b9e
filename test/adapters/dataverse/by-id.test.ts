import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addIds } from '../../../shared/adapters/dataverse/by-id.ts';
import { customerId } from '../../../shared/domain/ids.ts';
import type { Source, SourcePage } from '../../../shared/ports/source.ts';
import { type Stub, startStub } from '../stub-server.ts';
import { type Asked, askedOf, member, refusal, rows, serve, sourceOn } from './environment.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const question = { segments: ['VIP'], columns: ['EMail'] };
const idOf = (place: number): string => place.toString(16).padStart(32, '0');

const readWhole = async (source: Source, spec: string): Promise<readonly SourcePage[]> => {
  const pages: SourcePage[] = [];
  let cursor: string | null = null;
  do {
    const answer = await source.read(question, { label: 'x', spec }, cursor);
    if (answer.kind !== 'ok') throw new Error(answer.kind);
    pages.push(answer.value);
    cursor = answer.value.next;
  } while (cursor !== null);
  return pages;
};

const namedIn = (filter: string): readonly string[] =>
  [...filter.matchAll(/msdynci_customerid eq '([^']+)'/g)].map(([, id = '']) => id);
const profilesNamed = (asked: Asked) =>
  rows(namedIn(asked.filter).map((id) => ({ msdynci_customerid: id, msdynci_email: `${id}@example.com` })));

/** The filters by which profiles were asked for, and what came of it. */
const reading = async (members: number, spec: string, profiles = profilesNamed, idsOf = idOf) => {
  serve(stub, {
    memberships: () => rows(Array.from({ length: members }, (_, place) => member(idsOf(place), 'VIP'))),
    profiles,
  });
  const before = stub.requests.length;
  const pages = await readWhole(sourceOn(stub), spec);
  const filters = stub.requests
    .slice(before)
    .map(askedOf)
    .filter(({ resource }) => resource === 'profiles')
    .map(({ filter }) => filter);
  return {
    filters,
    profiles: pages.flatMap((page) => page.profiles.map(({ customerId: id }) => String(id))),
  };
};

describe('profiles of few members', () => {
  it.each([
    [1, [1]],
    [100, [100]],
    [101, [100, 1]],
    [250, [100, 100, 50]],
  ])('%i are asked for by their ids', async (members, groups) => {
    const { filters, profiles } = await reading(members, '');
    expect(filters.map((filter) => namedIn(filter).length)).toEqual(groups);
    expect(profiles).toEqual(Array.from({ length: members }, (_, place) => idOf(place)));
  });

  it('are asked for by ids as long as that takes no more requests than all profiles of the slice', async () => {
    expect((await reading(200, 'a:2')).filters.map((filter) => namedIn(filter).length)).toEqual([100, 100]);
    expect((await reading(201, 'a:2')).filters).toEqual(["startswith(msdynci_customerid,'a')"]);
    expect((await reading(2_001, '')).filters).toEqual(['']);
  });

  it('are all read where an id has a wildcard and would not find itself', async () => {
    expect((await reading(2, '', undefined, (place) => `a[b]_${place}`)).filters).toEqual(['']);
  });

  it('are all read where the long filter is refused', async () => {
    const all = rows([{ msdynci_customerid: idOf(0) }, { msdynci_customerid: idOf(1) }]);
    const { filters, profiles } = await reading(2, 'a:9', ({ filter }) =>
      filter.includes(' eq ') ? refusal(400) : all,
    );
    expect(filters.at(-1)).toBe("startswith(msdynci_customerid,'a')");
    expect(profiles).toEqual([idOf(0), idOf(1)]);
  });

  it('may come in several pages of a group', async () => {
    const link = `${stub.url}/api/data/v9.2/msdynci_customerprofiles?$skiptoken=x`;
    const { profiles } = await reading(150, '', ({ filter }) => {
      const named = namedIn(filter).map((id) => ({ msdynci_customerid: id }));
      if (filter === '') return rows([{ msdynci_customerid: 'from the link' }]);
      return named.length === 100 ? rows(named.slice(0, 99), link) : rows(named);
    });
    expect(profiles).toHaveLength(150);
    expect(profiles[99]).toBe('from the link');
    expect(new Set(profiles).size).toBe(150);
  });

  it('are gathered over all pages of memberships, each once', async () => {
    const link = `${stub.url}/api/data/v9.2/msdynci_segmentmemberships?$skiptoken=x`;
    const firstPage = rows([member(idOf(1), 'VIP'), member(idOf(2), 'VIP')], link);
    const lastPage = rows([member(idOf(2), 'VIP'), member(idOf(3), 'VIP')]);
    serve(stub, {
      memberships: ({ filter }) => (filter === '' ? lastPage : firstPage),
      profiles: profilesNamed,
    });
    const pages = await readWhole(sourceOn(stub), '');
    expect(pages.flatMap((page) => page.profiles).map(({ customerId: id }) => id)).toEqual(
      [1, 2, 3].map(idOf),
    );
  });
});

it('never grows beyond what a row can hold', () => {
  const memberships = Array.from({ length: 2_000 }, (_, place) => ({
    customerId: customerId.parse(String(place).padStart(100, 'a')),
    segments: [0],
  }));
  const ids = addIds([], memberships, { prefix: '', profilePages: undefined });
  expect(ids).toHaveLength(2_000);
  expect(JSON.stringify(ids).length).toBeLessThan(900_000 / 2);
});
