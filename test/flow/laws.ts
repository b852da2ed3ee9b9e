import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { exportOf } from '../../shared/domain/ids.ts';
import type { Run } from '../../shared/domain/run.ts';
import { conserves } from '../../shared/domain/run-tally.ts';
import { at as addressOf } from '../../shared/steps/addresses.ts';
import type { MemoryContact } from '../memory/memory-brand.ts';
import { brandA, type World } from './world.ts';

/** Posts that took effect, by origin (run, page, batch, attempt). */
export const effectivePosts = ({ destination }: World): readonly string[] =>
  destination.posts.filter(({ id }) => id !== undefined).map(({ origin }) => origin);

const repeated = (names: readonly string[]): readonly string[] =>
  names.filter((name, place) => names.indexOf(name) !== place);

/** How often each address of a run was in a batch that Omnisend took. */
export const timesPosted = ({ destination }: World, { id }: Run): ReadonlyMap<string, number> => {
  const times = new Map<string, number>();
  for (const post of destination.posts) {
    if (post.id === undefined || !post.origin.startsWith(`${id}/`)) continue;
    for (const { contact } of post.changes) times.set(contact.email, (times.get(contact.email) ?? 0) + 1);
  }
  return times;
};

/**
 * What holds in every scenario, whatever went wrong. A batch may be posted again under the same origin only where
 * nothing of the first post arrived: a 429, a post that never left. So of one origin one post at most takes effect.
 */
export const expectLaws = (world: World): void => {
  const { destination, chains, logged, queue } = world;
  for (const run of world.runs.values()) {
    if (run.tally !== null) expect(conserves(run.tally), `law 1: ${JSON.stringify(run.tally)}`).toBe(true);
  }
  expect(chains.doubled, 'law 4: a name of a chain was taken twice').toEqual([]);
  expect(repeated(effectivePosts(world)), 'a batch was posted twice').toEqual([]);
  expect(destination.mostInAnyMinute(brandA), 'law 10').toBeLessThanOrEqual(world.requestsPerMinute);
  expect(JSON.stringify([logged, queue.puts]), 'law 11').not.toContain('@');
};

/** How to see this very world again. */
export const replayOf = (seed: number): string => `replay with FLOW_SEED=${seed} npx vitest run test/flow`;

/** The seeds of a test, or the one that is to be replayed. `FLOW_SEEDS=1000` takes more of them. */
export const seeds = (count: number): readonly number[] => {
  const { FLOW_SEED: one, FLOW_SEEDS: many = count } = process.env;
  return one === undefined ? Array.from({ length: Number(many) }, (_, place) => place + 1) : [Number(one)];
};

export const lasted = ({ requestedAt, endedAt }: Run): number =>
  (endedAt ?? Number.POSITIVE_INFINITY) - requestedAt;

export const snapshotOf = async ({ ports }: World, { id }: Run) =>
  (await ports.store.snapshots.get(addressOf.snapshot(exportOf(id), brandA)))?.value;

/** The brand holds these contacts and no others. */
export const expectContacts = (
  { destination }: World,
  expected: ReadonlyMap<string, MemoryContact>,
  hint?: string,
): void => {
  const contacts = destination.contacts(brandA);
  // The matcher shows differences, but takes long to find none among a thousand.
  if (!isDeepStrictEqual(contacts, expected)) expect(contacts, hint).toEqual(expected);
};
