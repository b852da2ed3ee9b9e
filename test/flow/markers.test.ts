import { expect, it } from 'vitest';
import { exportDefinition } from '../../shared/domain/definition.ts';
import { exportId } from '../../shared/domain/ids.ts';
import { claimMarkers } from '../../shared/steps/claim-markers.ts';
import { savedExportOf } from '../sandbox/saved.ts';
import { newsletter, peopleOf } from './people.ts';
import { brandA, flowWorld } from './world.ts';

const { population } = peopleOf(600);
const other = { ...newsletter, id: exportId.parse('other') };

it('refuses a name that another export has, names the owner, and sends nothing', async () => {
  const world = await flowWorld({ population });
  expect(await claimMarkers(world.ports, other, brandA)).toEqual([]);
  const run = await world.run();
  expect(run).toMatchObject({ state: 'failed', reason: { code: 'definition-wrong' } });
  expect(run.reason?.message).toContain('belongs to segment Newsletter_subscribers of the export other');
  expect(run.reason?.message).toContain('markerPrefix');
  expect(world.destination.posts).toEqual([]);
});

it('gives each prefix, and each brand, its own names; a claim repeated is the same claim', async () => {
  const world = await flowWorld({ population });
  expect(await claimMarkers(world.ports, other, brandA)).toEqual([]);
  expect(await claimMarkers(world.ports, other, brandA)).toEqual([]);
  const prefixed = exportDefinition.parse({ ...newsletter, markerPrefix: 'second_' });
  expect(await claimMarkers(world.ports, prefixed, brandA)).toEqual([]);
  expect(await claimMarkers(world.ports, { ...other, marker: 'none' }, brandA)).toEqual([]);
  expect(await claimMarkers(world.ports, newsletter, brandA)).toHaveLength(newsletter.segments.length);
});

it('finds a definition that Omnisend would not take before anything is read', async () => {
  const definition = {
    ...newsletter,
    segments: ['S'.repeat(128)],
    schedule: { cron: '0 25 * * *', timeZone: 'Europe/Nowhere' },
  };
  const world = await flowWorld({ population, definition });
  const run = await world.run();
  expect(run).toMatchObject({ state: 'failed', reason: { code: 'definition-wrong' } });
  for (const field of ['segments[0]', 'schedule.cron', 'schedule.timeZone']) {
    expect(run.reason?.message).toContain(field);
  }
});

it('frees a name when the export makes it no more and a committed run has taken it back everywhere', async () => {
  const [kept = '', dropped = ''] = newsletter.segments;
  const world = await flowWorld({ population });
  const owners = async (): Promise<readonly string[]> =>
    (await world.ports.store.markers.list(brandA)).map(({ key }) => key);
  const define = async (changes: object): Promise<void> => {
    const row = await world.ports.store.exports.get({ partition: 'exports', key: newsletter.id });
    if (row === undefined) throw new Error('The export is not stored.');
    const guards = { ...newsletter.guards, maxLeaveShare: 1 };
    await world.ports.store.exports.replace(
      row,
      savedExportOf(exportDefinition.parse({ ...newsletter, guards, ...changes })),
    );
  };
  await world.run();
  expect(await owners()).toEqual([`segment_${dropped}`, `segment_${kept}`].sort());
  await define({ segments: [kept] });
  expect(await world.run('dry-run')).toMatchObject({ state: 'succeeded' });
  expect(await owners(), 'a dry run takes nothing back').toHaveLength(2);
  expect(await world.run()).toMatchObject({ state: 'succeeded' });
  expect(await owners()).toEqual([`segment_${kept}`]);
  expect(await claimMarkers(world.ports, { ...other, segments: [dropped] }, brandA)).toEqual([]);
});
