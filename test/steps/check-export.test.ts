import { expect, it } from 'vitest';
import { exportId } from '../../shared/domain/ids.ts';
import { noNews } from '../../shared/domain/news.ts';
import { at } from '../../shared/steps/addresses.ts';
import { checkExport } from '../../shared/steps/check-export.ts';
import { claimMarkers } from '../../shared/steps/claim-markers.ts';
import { newsletter, nobody, peopleOf } from '../flow/people.ts';
import { brandA, flowWorld } from '../flow/world.ts';
import { populationOf } from '../memory/memory-population.ts';

const { population } = peopleOf(100);

it('finds nothing wrong with an export that a run could read', async () => {
  const world = await flowWorld({ population });
  expect(await checkExport(world.ports, newsletter.id)).toMatchObject({ kind: 'checked', faults: [] });
  expect(world.runs.size).toBe(0);
});

it('finds all faults at once: names that clash, a schedule that never comes, segments and columns that are gone', async () => {
  const definition = { ...newsletter, schedule: { cron: '0 25 * * *', timeZone: 'Europe/Nowhere' } };
  const world = await flowWorld({ population, definition });
  const other = { ...newsletter, id: exportId.parse('other') };
  expect(await claimMarkers(world.ports, other, brandA)).toEqual([]);
  await world.ports.store.states.insert(at.state(newsletter.id), {
    active: null,
    paused: null,
    brand: brandA,
    uncommitted: null,
    taggedAt: null,
    scheduledUntil: null,
    news: noNews,
  });
  world.source.refresh(populationOf({ members: [], profiles: [], segments: [], columns: ['Email'] }));
  const checked = await checkExport(world.ports, newsletter.id);
  if (checked.kind !== 'checked') throw new Error(checked.kind);
  const fields = checked.faults.map(({ field }) => field);
  for (const field of ['segments[0]', 'segments[1]', 'schedule.cron', 'matching.firstName'])
    expect(fields).toContain(field);
});

it('tells an export that does not exist from a source that does not answer', async () => {
  const silent = { kind: 'transient', message: '503' } as const;
  const world = await flowWorld({ population: nobody, source: { before: () => silent } });
  expect(await checkExport(world.ports, exportId.parse('nothing'))).toEqual({ kind: 'unknown-export' });
  expect(await checkExport(world.ports, newsletter.id)).toEqual(silent);
});
