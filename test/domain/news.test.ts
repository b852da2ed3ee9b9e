import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runId } from '../../shared/domain/ids.ts';
import { isLastTry, type News, noNews, noted, settledNews, taken } from '../../shared/domain/news.ts';
import type { RunState } from '../../shared/domain/states.ts';

/** `state`, `state code`, or `dry-run state`. */
const seen = (text: string, number: number) => {
  const [, dry, state = '', code] = /^(dry-run )?(\S+)(?: (\S+))?$/.exec(text) ?? [];
  return {
    id: runId.parse(`newsletter.${number}`),
    kind: dry === undefined ? 'changes' : 'dry-run',
    state: state as RunState,
    reason: code === undefined ? null : { code },
  };
};

const told = (...runs: readonly string[]): readonly string[] =>
  runs
    .reduce<News>((news, text, number) => noted(news, seen(text, number)), noNews)
    .due.map(({ run, event }) => `${run.split('.')[1]} ${event}`);

it.each<[string, readonly string[], readonly string[]]>([
  ['a good run is no news', ['succeeded', 'succeeded'], []],
  [
    'a bad one is, and so is the next good one',
    ['failed a', 'succeeded', 'succeeded'],
    ['0 failed', '1 recovered'],
  ],
  ['the same again is none', ['partial a', 'partial a', 'partial a'], ['0 partial']],
  ['another reason is', ['failed a', 'failed b'], ['0 failed', '1 failed']],
  ['another state is', ['partial a', 'failed a', 'partial a'], ['0 partial', '1 failed', '2 partial']],
  ['every held run is, as each waits for a person', ['held a', 'cancelled', 'held a'], ['0 held', '2 held']],
  ['a held run that is sent has not recovered from anything', ['held a', 'succeeded'], ['0 held']],
  [
    'a held run between a bad and a good one changes neither',
    ['failed a', 'held a', 'succeeded'],
    ['0 failed', '1 held', '2 recovered'],
  ],
  ['a cancelled run says nothing', ['failed a', 'cancelled', 'failed a'], ['0 failed']],
  [
    'nor does a dry run',
    ['failed a', 'dry-run succeeded', 'dry-run failed b', 'succeeded'],
    ['0 failed', '3 recovered'],
  ],
  ['nor one that is under way', ['reading', 'sending', 'settling', 'cancelling'], []],
])('%s', (_what, runs, expected) => {
  expect(told(...runs)).toEqual(expected);
});

it('seeing the same run again changes nothing', () => {
  const states = fc.constantFrom('succeeded', 'failed a', 'failed b', 'partial a', 'held a', 'cancelled');
  fc.assert(
    fc.property(fc.array(states, { minLength: 1, maxLength: 9 }), (all) => {
      const after = all.reduce<News>((news, text, number) => noted(news, seen(text, number)), noNews);
      expect(noted(after, seen(all.at(-1) ?? '', all.length - 1))).toBe(after);
    }),
  );
});

it('keeps the newest ten that nobody could be told of', () => {
  const all = Array.from({ length: 25 }, (_, number) => `failed ${number}`);
  expect(told(...all)).toEqual(Array.from({ length: 10 }, (_, index) => `${index + 15} failed`));
});

it('one of two that look at once has it; after a pause anybody has it again, five times in all', () => {
  let news = noted(noNews, seen('failed a', 1));
  let now = 1_000;
  const pauses: number[] = [];
  for (let tries = 0; tries < 5; tries += 1) {
    const [one] = news.due;
    if (one === undefined) throw new Error('It is gone.');
    expect(isLastTry(one)).toBe(tries === 4);
    const first = taken(news, one, now);
    if (first === null) throw new Error('Nobody has it.');
    expect(taken(first, one, now)).toBeNull();
    const again = first.due[0]?.notBefore ?? 0;
    expect(first.due[0] && taken(first, first.due[0], again - 1)).toBeNull();
    pauses.push((again - now) / 60_000);
    now = again;
    news = first;
  }
  expect(pauses).toEqual([1, 2, 4, 8, 16]);
  const [one] = news.due;
  expect(one && settledNews(news, one)).toEqual({ ...news, due: [] });
  expect(one && taken(settledNews(news, one), one, now)).toBeNull();
});
