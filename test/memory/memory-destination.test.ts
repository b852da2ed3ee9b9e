import { expect, it } from 'vitest';
import type { BatchId } from '../../shared/domain/ids.ts';
import { plain, upsertOf } from '../adapters/omnisend/changes.ts';
import { virtualClock } from './clock.ts';
import { type MemoryDestinationOptions, memoryDestination } from './memory-destination.ts';

const key = 'a1-full';

const open = (options: Partial<MemoryDestinationOptions> = {}) => {
  const clock = virtualClock();
  const destination = memoryDestination({ clock, ...options });
  const post = async (origin: string, names: readonly string[], city = origin): Promise<BatchId> => {
    const changes = names.map((name) => upsertOf({ email: `${name}@example.com`, city }));
    const answer = await destination.postBatch(key, { origin, changes, options: plain });
    if (answer.kind !== 'ok') throw new Error(answer.kind);
    return answer.value;
  };
  return { clock, destination, post };
};

it('counts the most arrivals in any minute, refused ones as well', async () => {
  const { clock, destination } = open({ requestsPerMinute: 3 });
  for (let request = 0; request < 5; request += 1) {
    await destination.brand(key);
    await clock.advance(1_000);
  }
  expect(destination.arrivals.map(({ answer }) => answer)).toEqual([
    'ok',
    'ok',
    'ok',
    'throttled',
    'throttled',
  ]);
  expect(destination.mostInAnyMinute('a1')).toBe(5);
  await clock.advance(55_500);
  await destination.brand(key);
  expect(destination.arrivals.at(-1)?.answer).toBe('ok');
  expect(destination.mostInAnyMinute('a1')).toBe(5);
  expect(destination.mostInAnyMinute('b2')).toBe(0);
});

it('lets a later batch overtake an earlier one, by the seed', async () => {
  const last = async (seed: number) => {
    const { clock, destination, post } = open({ seed });
    await post('first', ['ada']);
    await post('second', ['ada']);
    await clock.advance(5_000);
    return destination.contacts('a1').get('ada@example.com')?.fields.city;
  };
  const seeds = Array.from({ length: 20 }, (_, place) => place);
  const cities = await Promise.all(seeds.map(last));
  expect(new Set(cities)).toEqual(new Set(['first', 'second']));
  expect(await Promise.all(seeds.map(last))).toEqual(cities);
});

it('stops, sticks and loses batches where it is told to', async () => {
  const { clock, destination, post } = open({
    stopAfter: (origin) => (origin === 'stops' ? 1 : undefined),
    stuck: (origin) => origin === 'sticks',
  });
  const stops = await post('stops', ['ada', 'grace']);
  const sticks = await post('sticks', ['mary']);
  const gone = await post('goes', ['edith']);
  await clock.advance(1e9);
  destination.vanish(gone);
  expect(await destination.readBatch(key, stops)).toMatchObject({ value: { state: 'stopped', finished: 1 } });
  expect(await destination.readBatch(key, sticks)).toMatchObject({ value: { state: 'inProgress' } });
  expect(await destination.readBatch(key, gone)).toEqual({ kind: 'absent' });
  const items = await destination.readItems(key, stops);
  const kinds = items.kind === 'ok' ? items.value.map(({ result }) => result.kind) : items;
  expect(kinds).toEqual(['accepted', 'open']);
  expect([...destination.contacts('a1').keys()].sort()).toEqual(['ada@example.com', 'edith@example.com']);
});

it('remembers every post, with its id where it took effect', async () => {
  let lost = 0;
  const { destination } = open({
    before: ({ origin }) => (origin === 'one' ? { kind: 'ambiguous', message: 'lost' } : undefined),
    after: ({ origin }) => {
      if (origin !== 'two') return undefined;
      lost += 1;
      return { kind: 'ambiguous', message: 'lost' };
    },
  });
  const changes = [upsertOf({ email: 'ada@example.com' })];
  for (const origin of ['one', 'two', 'three']) {
    await destination.postBatch(key, { origin, changes, options: plain });
  }
  expect(destination.posts.map(({ origin, id }) => [origin, id !== undefined])).toEqual([
    ['one', false],
    ['two', true],
    ['three', true],
  ]);
  expect(lost).toBe(1);
});
