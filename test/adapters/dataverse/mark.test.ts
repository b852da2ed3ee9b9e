import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stub, type StubAnswer, startStub } from '../stub-server.ts';
import { type Asked, type Resource, refusal, rows, serve, sourceOn } from './environment.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const question = { segments: ['VIP', 'VIP_2'], columns: ['EMail'] };
type Answers = Partial<Record<Resource, (asked: Asked) => StubAnswer>>;

const isSorted = ({ request }: Asked): boolean => request.url.includes('orderby');
const row = (id: string, version: number) => ({
  '@odata.etag': `W/"${version}"`,
  msdynci_customerid: id,
  msdynci_modifiedon: version,
});
const metadata = (count: number) =>
  rows([
    { name: 'VIP', membercount: count },
    { name: 'Other', membercount: 1 },
  ]);
const base: Answers = {
  metadata: () => metadata(17),
  memberships: (asked) => (isSorted(asked) ? refusal(400) : rows([row('a', 1), row('b', 2)])),
  profiles: (asked) => (isSorted(asked) ? rows([row('b', 3)]) : rows([row('a', 1), row('b', 3)])),
};

const markOn = async (answers: Answers) => {
  serve(stub, answers);
  const answer = await sourceOn(stub).mark(question);
  if (answer.kind !== 'ok') throw new Error(answer.kind);
  return answer.value;
};

it('gives the counts that the metadata has', async () => {
  expect((await markOn(base)).members).toEqual({ VIP: 17 });
});

describe('the version is another one where', () => {
  const cases: readonly (readonly [string, Answers])[] = [
    ['a segment has another count', { metadata: () => metadata(18) }],
    ['a membership was written anew', { memberships: () => rows([row('a', 1), row('b', 9)]) }],
    ['a membership came', { memberships: () => rows([row('a', 1), row('b', 2), row('c', 1)]) }],
    [
      'a profile was written anew',
      { profiles: (asked) => (isSorted(asked) ? rows([row('b', 3)]) : rows([])) },
    ],
    [
      'the newest profile is another one',
      { profiles: (asked) => rows(isSorted(asked) ? [row('z', 9)] : [row('a', 1), row('b', 3)]) },
    ],
  ];
  it.each(cases)('%s', async (_, changed) => {
    expect((await markOn({ ...base, ...changed })).version).not.toBe((await markOn(base)).version);
  });
});

describe('the version is the same where', () => {
  const cases: readonly (readonly [string, Answers])[] = [
    ['nothing changed', {}],
    [
      'rows come in another order',
      {
        memberships: (asked) => (isSorted(asked) ? refusal(400) : rows([row('b', 2), row('a', 1)])),
      },
    ],
    [
      'of several newest profiles another one comes first',
      { profiles: (asked) => rows(isSorted(asked) ? [row('a', 3)] : [row('a', 1), row('b', 3)]) },
    ],
    [
      'only a segment of others changed',
      {
        metadata: () =>
          rows([
            { name: 'VIP', membercount: 17 },
            { name: 'Other', membercount: 2 },
          ]),
      },
    ],
  ];
  it.each(cases)('%s', async (_, changed) => {
    expect((await markOn({ ...base, ...changed })).version).toBe((await markOn(base)).version);
  });

  it('all is refused, twice', async () => {
    const nothing = () => refusal(403);
    const answers: Answers = { metadata: nothing, memberships: nothing, profiles: nothing };
    const mark = await markOn(answers);
    expect(mark.members).toEqual({});
    expect(await markOn(answers)).toEqual(mark);
  });
});

it.each(['metadata', 'memberships', 'profiles'] as const)(
  'is asked for again where %s fails, for a mark with less in it would look like a change',
  async (resource) => {
    serve(stub, { ...base, [resource]: () => refusal(503) });
    expect(await sourceOn(stub).mark(question)).toEqual({ kind: 'transient', message: '503' });
  },
);
