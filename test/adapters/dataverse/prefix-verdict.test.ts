import { afterAll, beforeAll, expect, it } from 'vitest';
import type { VerdictMemory } from '../../../shared/adapters/dataverse/prefix-verdict.ts';
import type { PrefixVerdict } from '../../../shared/domain/prefix-verdict.ts';
import { hastyClock } from '../../memory/clock.ts';
import { type Stub, type StubAnswer, startStub } from '../stub-server.ts';
import { type Asked, member, refusal, rows, serve, sourceOn } from './environment.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const question = { segments: ['VIP'], columns: ['EMail'] };
const start = Date.UTC(2026, 10, 21);
const day = 86_400_000;
const idOf = (place: number): string => `00${place.toString(16).padStart(30, '0')}`;
const hundred = Array.from({ length: 100 }, (_, place) => place);
const members = rows(hundred.map((place) => member(idOf(place), 'VIP')));
const profiles = (places: readonly number[]) =>
  rows(places.map((place) => ({ msdynci_customerid: idOf(place) })));

const kindOf = ({ filter }: Asked): 'plain' | 'prefix' | 'outside' => {
  if (filter.startsWith('not ')) return 'outside';
  return filter.startsWith('startswith') ? 'prefix' : 'plain';
};
const sound = { plain: profiles(hundred), prefix: profiles(hundred), outside: rows([]) };
type Answers = Record<'plain' | 'prefix' | 'outside', StubAnswer>;

const serveProfiles = (answers: Partial<Answers>): void =>
  serve(stub, {
    memberships: (asked) => (kindOf(asked) === 'outside' ? rows([]) : members),
    profiles: (asked) => ({ ...sound, ...answers })[kindOf(asked)],
  });

const memoryOf = (first?: PrefixVerdict): VerdictMemory & { held: PrefixVerdict | undefined } => ({
  held: first,
  async load() {
    return this.held;
  },
  async save(verdict) {
    this.held = verdict;
  },
});

const slicesOf = async (verdicts: VerdictMemory, clock = hastyClock({ start })): Promise<number | string> => {
  const answer = await sourceOn(stub, { verdicts, clock }).divide(question);
  return answer.kind === 'ok' ? answer.value.length : answer.kind;
};

const cases: readonly (readonly [
  string,
  Partial<Answers>,
  number | string,
  PrefixVerdict['reason'] | undefined,
])[] = [
  ['all is as it should be', {}, 16, 'complete'],
  ['the filter is refused', { prefix: refusal(400) }, 1, 'refused'],
  ['a row is missing behind its prefix', { prefix: profiles(hundred.slice(1)) }, 1, 'incomplete'],
  [
    'a row of another prefix comes',
    {
      prefix: rows([
        ...hundred.map((place) => ({ msdynci_customerid: idOf(place) })),
        { msdynci_customerid: 'f'.repeat(32) },
      ]),
    },
    1,
    'incomplete',
  ],
  ['a row begins with no hex digit', { outside: profiles([1]) }, 1, 'other-ids'],
  ['an id is of another shape', { plain: rows([{ msdynci_customerid: 'A-1' }]) }, 1, 'other-ids'],
  ['a row has no id', { plain: rows([{}]) }, 1, 'other-ids'],
  ['the look does not answer', { outside: refusal(503) }, 1, undefined],
  ['requests are throttled', { outside: { status: 429 } }, 'throttled', undefined],
];
it.each(cases)('where %s', async (_, answers, slices, reason) => {
  serveProfiles(answers);
  const memory = memoryOf();
  expect(await slicesOf(memory)).toBe(slices);
  expect(memory.held?.reason).toBe(reason);
  if (reason !== undefined) expect(memory.held?.checkedAt).toBe(start);
});

it('is slow where a prefix takes more than twice as long as a plain page', async () => {
  const clock = hastyClock({ start });
  let now = start;
  const ticking = { ...clock, now: () => now };
  serve(stub, {
    memberships: (asked) => (kindOf(asked) === 'outside' ? rows([]) : members),
    profiles: (asked) => {
      now += kindOf(asked) === 'prefix' ? 5_000 : 1_500;
      return sound[kindOf(asked)];
    },
  });
  const memory = memoryOf();
  expect(await slicesOf(memory, ticking)).toBe(1);
  expect(memory.held?.reason).toBe('slow');
});

it.each([
  ['younger than a week', 7 * day - 1, 1, 'refused'],
  ['a week old', 7 * day, 16, 'complete'],
])('a remembered verdict that is %s', async (_, age, slices, reason) => {
  serveProfiles({});
  const memory = memoryOf({ usable: false, reason: 'refused', checkedAt: start - age });
  expect(await slicesOf(memory)).toBe(slices);
  expect(memory.held?.reason).toBe(reason);
});
