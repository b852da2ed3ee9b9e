import { expect, it } from 'vitest';
import type { Claim } from '../../shared/domain/run.ts';
import { runForKey } from '../../shared/domain/run-ids.ts';
import { at as addressOf } from '../../shared/steps/addresses.ts';
import { changeRow } from '../../shared/steps/change-row.ts';
import { expectContacts, expectLaws, snapshotOf } from './laws.ts';
import { expectedContacts, newsletter, peopleOf } from './people.ts';
import { flowWorld } from './world.ts';

const people = peopleOf(2_000);
const { contacts } = people.truth.counts();

it('ends a run whose place a newer one took by hand, and lets the newer one plan when it knows what was posted', async () => {
  const world = await flowWorld({ population: people.population, requestsPerMinute: 20 });
  const asked = await world.ask();
  if (asked.kind !== 'accepted') throw new Error(asked.kind);
  await world.until(() => world.destination.posts.length >= 3);
  const active: Claim = {
    runId: runForKey(newsletter.id, 'newer'),
    exportId: newsletter.id,
    kind: 'changes',
    trigger: 'http',
    requestedAt: world.clock.now(),
  };
  await changeRow(world.ports.store.states, addressOf.state(newsletter.id), (state) =>
    state === undefined ? undefined : { ...state, active },
  );
  const posted = world.destination.posts.length;
  await world.until(() => world.runOf(asked.run).endedAt !== null);
  const older = world.runOf(asked.run);
  expect(older).toMatchObject({ state: 'failed', reason: { code: 'superseded' }, tally: { failed: 0 } });
  // One may have been on its way.
  expect(world.destination.posts.length).toBeLessThanOrEqual(posted + 1);
  expect(await snapshotOf(world, older)).toMatchObject({ current: older.id });
  await world.until(() => world.runs.get(active.runId)?.endedAt != null);
  const accepted = older.tally?.accepted ?? 0;
  expect(accepted).toBeGreaterThan(0);
  expect(world.runOf(active.runId)).toMatchObject({
    state: 'succeeded',
    tally: { unchanged: accepted, accepted: contacts - accepted },
  });
  expectContacts(world, expectedContacts([people.truth]));
  expectLaws(world);
});
