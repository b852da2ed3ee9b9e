import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Source, SourcePage, SourceQuestion } from '../../../shared/ports/source.ts';
import { type Stub, startStub } from '../stub-server.ts';
import { askedOf, attributes, member, refusal, rows, serve, sourceOn } from './environment.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const question: SourceQuestion = { segments: ['VIP', 'VIP_2'], columns: ['EMail'] };
const id = (first: string) => first.padEnd(32, '0');

/** `spec`: `a:9` is a prefix of nine pages of profiles. */
const readWhole = async (source: Source, spec = ''): Promise<readonly SourcePage[]> => {
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

const filters = async (act: () => Promise<unknown>): Promise<readonly string[]> => {
  const before = stub.requests.length;
  await act();
  return stub.requests
    .slice(before)
    .map(askedOf)
    .filter(({ resource }) => resource === 'memberships')
    .map(({ filter }) => filter);
};

describe('the segment filter', () => {
  const escaped = String.raw`(contains(msdynci_segments,'\"VIP\"') or contains(msdynci_segments,'\"VIP_2\"'))`;
  const plain = `(contains(msdynci_segments,'"VIP"') or contains(msdynci_segments,'"VIP_2"'))`;
  const bare = `(contains(msdynci_segments,'VIP') or contains(msdynci_segments,'VIP_2'))`;
  const prefixed = (filter: string) => `startswith(msdynci_customerid,'a') and ${filter}`;

  it('is tried in the documented form, then with plain quotes, then without any', async () => {
    serve(stub, {});
    expect(await filters(() => readWhole(sourceOn(stub), 'a'))).toEqual([
      prefixed(escaped),
      prefixed(plain),
      prefixed(bare),
    ]);
  });

  it('stays in the form that found somebody, also for the slices after', async () => {
    serve(stub, {
      memberships: ({ filter }) => (filter.includes(plain) ? rows([member(id('a'), 'VIP')]) : rows([])),
    });
    const source = sourceOn(stub);
    expect(await filters(() => readWhole(source, 'a'))).toEqual([prefixed(escaped), prefixed(plain)]);
    expect(await filters(() => readWhole(source, 'b'))).toHaveLength(1);
  });

  it('does not stay in a form that found others by a wildcard', async () => {
    serve(stub, {
      memberships: ({ filter }) =>
        rows([filter.includes(plain) ? member(id('a'), 'VIP_2') : member(id('b'), 'VIPX2')]),
    });
    const pages = await readWhole(sourceOn(stub));
    expect(pages.flatMap(({ memberships }) => memberships)).toEqual([{ customerId: id('a'), segments: [1] }]);
  });

  it('is tried in the next form where a chain of pages gave nobody', async () => {
    const link = `${stub.url}/api/data/v9.2/msdynci_segmentmemberships?$skiptoken=x`;
    serve(stub, {
      memberships: ({ filter }) => {
        if (filter === plain) return rows([member(id('a'), 'VIP')]);
        return filter === '' ? rows([]) : rows([], link);
      },
    });
    const pages = await readWhole(sourceOn(stub));
    expect(pages.flatMap(({ memberships }) => memberships)).toHaveLength(1);
  });

  it('is dropped where every form is refused', async () => {
    serve(stub, {
      memberships: ({ filter }) =>
        filter.includes('contains') ? refusal(501) : rows([member(id('a'), 'VIP')]),
    });
    expect((await filters(() => readWhole(sourceOn(stub), 'a'))).at(-1)).toBe(
      "startswith(msdynci_customerid,'a')",
    );
  });
});

describe('rows', () => {
  it('are joined under the names of the definition, and come in two phases', async () => {
    serve(stub, {
      memberships: () =>
        rows([member(id('a'), 'VIP_2', 'VIP', 'VIP'), member(id('a'), 'VIP'), member(id('b'), 'vip')]),
      profiles: ({ select, filter }) => {
        expect(select).toBe('msdynci_customerid,msdynci_email,msdynci_modifiedon');
        expect(filter).toBe("startswith(msdynci_customerid,'a')");
        return rows([
          {
            '@odata.etag': 'W/"1"',
            msdynci_customerid: id('a'),
            msdynci_email: 'ada@example.com',
            msdynci_modifiedon: '2026-11-21T12:00:00Z',
            partitionid: 'x',
          },
          { msdynci_customerid: id('b'), msdynci_email: null, msdynci_modifiedon: 'never' },
          { msdynci_customerid: '', msdynci_email: 'x' },
          null,
        ]);
      },
    });
    expect(await readWhole(sourceOn(stub), 'a:0')).toEqual([
      {
        memberships: [
          { customerId: id('a'), segments: [0, 1] },
          { customerId: id('a'), segments: [0] },
        ],
        profiles: [],
        oddMemberships: 0,
        next: expect.any(String),
      },
      {
        memberships: [],
        profiles: [
          {
            customerId: id('a'),
            values: { EMail: 'ada@example.com' },
            changedAt: Date.UTC(2026, 10, 21, 12),
          },
          { customerId: id('b'), values: { EMail: null } },
        ],
        oddMemberships: 0,
        next: null,
      },
    ]);
  });

  const texts: readonly [string, unknown, number, number][] = [
    ['JSON', '{"Segments":["VIP"]}', 1, 0],
    ['escaped JSON', String.raw`{\"Segments\":[\"VIP\"]}`, 1, 0],
    ['JSON in JSON', JSON.stringify('{"Segments":["VIP"]}'), 1, 0],
    ['another segment', '{"Segments":["VIP_3"]}', 0, 0],
    ['another case', '{"Segments":["vip"]}', 0, 0],
    ['no segments', '{"Segments":[]}', 0, 0],
    ['null', null, 0, 0],
    ['text that cannot be read', 'VIP;', 0, 1],
    ['text of another kind', '[]', 0, 0],
    ['a number', 7, 0, 1],
  ];
  it.each(texts)('with %s for their segments', async (_, text, members, oddMemberships) => {
    const row = { msdynci_customerid: id('a'), msdynci_segments: text };
    serve(stub, { memberships: ({ filter }) => rows(filter.includes('\\') ? [row] : []) });
    const [first] = await readWhole(sourceOn(stub));
    expect(first).toMatchObject({ oddMemberships });
    expect(first?.memberships.length).toBe(members);
  });

  it('of profiles are not asked for where there is no member', async () => {
    serve(stub, { profiles: () => refusal(500) });
    const pages = await readWhole(sourceOn(stub));
    expect(pages.at(-1)?.next).toBe(null);
  });

  it('are asked for by 5,000, with nothing of the modified column where there is none', async () => {
    serve(stub, {
      attributes: () => rows([{ LogicalName: 'msdynci_email' }]),
      memberships: () => rows([member(id('a'), 'VIP')]),
    });
    await readWhole(sourceOn(stub));
    const { request, select } = askedOf(
      stub.requests.at(-1) ?? { method: '', url: '/', headers: {}, body: '' },
    );
    expect(request.headers.prefer).toBe('odata.maxpagesize=5000');
    expect(select).toBe('msdynci_customerid,msdynci_email');
  });
});

describe('dividing', () => {
  const labels = async () => {
    const answer = await sourceOn(stub).divide(question);
    return answer.kind === 'ok' ? answer.value.map(({ label }) => label) : answer;
  };
  const members = (length: number) => Array.from({ length }, (_, place) => member(id(`00${place}`), 'VIP'));
  const outside = (filter: string) => filter.startsWith('not ');

  const cases: readonly [string, number, string | undefined, number][] = [
    ['few members', 2, undefined, 1],
    ['many members', 100, undefined, 16],
    ['very many members', 3_000, undefined, 256],
    ['members without end', 1_000, 'goes on', 256],
  ];
  it.each(cases)('%s', async (_, length, more, slices) => {
    const link = more && `${stub.url}/api/data/v9.2/msdynci_segmentmemberships?$skiptoken=x`;
    serve(stub, {
      memberships: ({ filter }) => {
        if (outside(filter)) return rows([]);
        return rows(members(length), filter.includes('contains') ? link : undefined);
      },
    });
    expect(await labels()).toHaveLength(slices);
  });

  it('gives one slice where prefixes are refused', async () => {
    serve(stub, {
      memberships: ({ filter }) => (filter.includes('startswith') ? refusal(400) : rows(members(100))),
    });
    expect(await labels()).toEqual(['all']);
  });

  it.each([
    ['a member has an id of another shape', rows([member('X1', 'VIP')])],
    ['the check is refused', refusal(400)],
    ['the check fails', refusal(503)],
  ])('gives one slice where %s', async (_, answer) => {
    serve(stub, { memberships: ({ filter }) => (outside(filter) ? answer : rows(members(100))) });
    expect(await labels()).toEqual(['all']);
  });

  it('lists every missing column and segment at once', async () => {
    const asked: SourceQuestion = { segments: ['VIP', 'Gone', 'Lost'], columns: ['EMail', 'Citi', 'Zip'] };
    serve(stub, {
      metadata: () => rows([{ mscipriv_name: 'VIP', mscipriv_number: 7 }]),
      memberships: ({ filter }) => (filter.includes('Lost') ? rows([member(id('a'), 'Lost')]) : rows([])),
    });
    const answer = await sourceOn(stub).divide(asked);
    expect(answer).toMatchObject({ kind: 'configuration' });
    const faults = answer.kind === 'configuration' ? answer.faults : [];
    expect(faults.map(({ field }) => field)).toEqual(['Citi', 'Zip', 'Gone']);
    expect(faults.every(({ message, remedy }) => message !== '' && remedy !== '')).toBe(true);
  });

  it.each([
    ['cannot be read', refusal(403)],
    ['is not there', refusal(404)],
    ['is empty', rows([])],
    ['fails', refusal(500)],
  ])('takes an empty segment for what it is where the metadata %s', async (_, answer) => {
    serve(stub, { metadata: () => answer });
    expect(await labels()).toEqual(['all']);
  });

  it('takes an empty segment for what it is where the metadata knows it', async () => {
    serve(stub, { metadata: () => rows([{ a: 'VIP' }, { b: 'VIP_2' }]) });
    expect(await labels()).toEqual(['all']);
  });

  it('asks for the columns once, and anew for one that it does not know', async () => {
    let asked = 0;
    serve(stub, {
      attributes: () => {
        asked += 1;
        return attributes;
      },
    });
    const source = sourceOn(stub);
    await source.divide(question);
    await source.divide(question);
    expect(asked).toBe(1);
    await source.divide({ ...question, columns: ['New'] });
    expect(asked).toBe(2);
  });

  it.each([
    ['EMail', 'msdynci_email'],
    ['msdynci_email', 'msdynci_email'],
    ['MSDYNCI_EMail', 'msdynci_email'],
  ])('knows %s as %s', async (column, logical) => {
    serve(stub, { attributes: () => rows([{ LogicalName: logical }]) });
    expect(await sourceOn(stub).divide({ segments: ['VIP'], columns: [column] })).toMatchObject({
      kind: 'ok',
    });
  });
});
