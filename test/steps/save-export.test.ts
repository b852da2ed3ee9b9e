import { describe, expect, it, test } from 'vitest';
import { exportId } from '../../shared/domain/ids.ts';
import { at } from '../../shared/steps/addresses.ts';
import { changeRow } from '../../shared/steps/change-row.ts';
import { claimMarkers } from '../../shared/steps/claim-markers.ts';
import { duplicateExport } from '../../shared/steps/duplicate-export.ts';
import { noState } from '../../shared/steps/request-run.ts';
import { newsletter, nobody, peopleOf } from '../flow/people.ts';
import { brandA, flowWorld, hour, minute, type World } from '../flow/world.ts';
import {
  addShared,
  administrator,
  bodyOf,
  contributor,
  definitionOf,
  otherAdministrator,
  revisionsOf,
  save,
  second,
  sharedConnection,
  viewer,
} from './documents.ts';

const { population } = peopleOf(100);
const open = (): Promise<World> => flowWorld({ population });
const newsletterBody = { ...newsletter };

const fieldsOf = (answer: Awaited<ReturnType<typeof save>>): readonly string[] =>
  answer.kind === 'wrong' ? answer.faults.map(({ field }) => field) : [answer.kind];

describe('saving', () => {
  it('makes an export with its defaults, as revision 1, and runs nothing', async () => {
    const world = await open();
    const answer = await save(world);
    expect(answer).toMatchObject({
      kind: 'created',
      saved: { revision: 1, isDetached: false, definition: { id: 'second', onLeave: 'mark' } },
      warnings: [],
    });
    await world.pass(hour);
    expect(world.runs.size).toBe(0);
    expect(await revisionsOf(world)).toEqual(['1 created administrator-1']);
  });

  it('takes a connection that is being removed for none: its removal would not end', async () => {
    const world = await open();
    await addShared(world);
    await changeRow(world.ports.store.connections, at.connection(sharedConnection.definition.id), (stored) =>
      stored ? { ...stored, removing: stored.created } : undefined,
    );
    const body = bodyOf({ connection: sharedConnection.definition.id });
    expect(fieldsOf(await save(world, body))).toEqual(['connection']);
    expect(await definitionOf(world)).toBeUndefined();
  });

  it('edits, keeps every revision, and says who', async () => {
    const world = await open();
    await save(world);
    const edited = await save(world, bodyOf({ displayName: 'Another' }), {
      basis: 1,
      caller: otherAdministrator,
    });
    expect(edited).toMatchObject({
      kind: 'saved',
      saved: { revision: 2, created: { by: administrator.actor } },
    });
    expect(await definitionOf(world)).toMatchObject({ displayName: 'Another' });
    expect(await revisionsOf(world)).toEqual(['1 created administrator-1', '2 edited administrator-2']);
  });

  it('with a check only, nothing is stored', async () => {
    const world = await open();
    expect(await save(world, bodyOf(), { isCheckOnly: true })).toEqual({ kind: 'checked', warnings: [] });
    expect(fieldsOf(await save(world, bodyOf({ marker: 'label' }), { isCheckOnly: true }))).toEqual([
      'marker',
    ]);
    expect(await definitionOf(world)).toBeUndefined();
  });

  it('an edit ends a pause, and only that', async () => {
    const world = await open();
    const paused = { reason: 'The key is refused.', remedy: 'Rotate it.', at: 0 };
    await world.ports.store.states.insert(at.state(newsletter.id), { ...noState, brand: brandA, paused });
    await save(world, newsletterBody, { id: newsletter.id, basis: 1 });
    expect((await world.ports.store.states.get(at.state(newsletter.id)))?.value).toEqual({
      ...noState,
      brand: brandA,
    });
  });

  it('mends the history that a crash cut off', async () => {
    const world = await open();
    await save(world);
    await world.ports.store.revisions.remove(at.exportRevision(second, 1));
    await save(world, bodyOf({ displayName: 'Another' }), { basis: 1 });
    expect(await revisionsOf(world)).toEqual(['1 created administrator-1', '2 edited administrator-1']);
  });
});

describe('two administrators at once', () => {
  it('making: one is made, the other hears of it', async () => {
    const world = await open();
    const answers = await Promise.all([
      save(world),
      save(world, bodyOf({ displayName: 'Theirs' }), { caller: otherAdministrator }),
    ]);
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['changed', 'created']);
    expect(answers.find(({ kind }) => kind === 'changed')).toEqual({ kind: 'changed', revision: 1 });
    expect(await revisionsOf(world)).toHaveLength(1);
  });

  it('editing: one change is kept, and nobody undoes it unseen', async () => {
    const world = await open();
    await save(world);
    const [first, theirs] = await Promise.all([
      save(world, bodyOf({ displayName: 'Mine' }), { basis: 1 }),
      save(world, bodyOf({ onLeave: 'keep' }), { basis: 1, caller: otherAdministrator }),
    ]);
    const kinds = [first.kind, theirs.kind];
    expect(kinds.toSorted()).toEqual(['changed', 'saved']);
    const winner = first.kind === 'saved' ? { displayName: 'Mine', onLeave: 'mark' } : { onLeave: 'keep' };
    expect(await definitionOf(world)).toMatchObject(winner);
    expect(await revisionsOf(world)).toHaveLength(2);
  });

  test.each([
    ['of an older revision', 1, { kind: 'changed', revision: 2 }],
    ['of none', 'new', { kind: 'changed', revision: 2 }],
    ['of one that was never there', 9, { kind: 'changed', revision: 2 }],
  ] as const)('an edit %s is refused', async (_name, basis, answer) => {
    const world = await open();
    await save(world);
    await save(world, bodyOf({ displayName: 'Theirs' }), { basis: 1 });
    expect(await save(world, bodyOf(), { basis })).toEqual(answer);
    expect(await definitionOf(world)).toMatchObject({ displayName: 'Theirs' });
  });

  it('an edit of what is not there makes nothing', async () => {
    const world = await open();
    expect(await save(world, bodyOf(), { basis: 1 })).toEqual({ kind: 'changed', revision: null });
  });
});

describe('a wrong definition', () => {
  test.each<[string, unknown, readonly string[]]>([
    ['no object', [], ['body']],
    ['null', null, ['body']],
    ['nothing', {}, ['displayName', 'connection', 'segments', 'matching']],
    ['another id', bodyOf({ id: 'third' }), ['id']],
    ['a column that is none', bodyOf({ matching: { email: 'E-Mail' } }), ['matching.email']],
    ['no e-mail', bodyOf({ matching: { firstName: 'FirstName' } }), ['matching.email']],
    ['a field that is none', bodyOf({ matching: { email: 'Email', shoeSize: 'Shoe' } }), ['matching']],
    ['a member that is none', bodyOf({ segment: 'High_value' }), ['body']],
    ['a segment twice', bodyOf({ segments: ['High_value', 'High_value'] }), ['segments']],
    ['no name of a segment', bodyOf({ segments: ['High_value', 'a b'] }), ['segments[1]']],
    ['a connection that is not there', bodyOf({ connection: 'nobody' }), ['connection']],
    [
      'a schedule that never comes',
      bodyOf({ schedule: { cron: '0 0 30 2 *', timeZone: 'Etc/UTC' } }),
      ['schedule.cron'],
    ],
    [
      'no time zone',
      bodyOf({ schedule: { cron: '0 6 * * *', timeZone: 'Mars/Olympus' } }),
      ['schedule.timeZone'],
    ],
    ['a marker that is too long', bodyOf({ segments: ['a'.repeat(128)] }), ['segments[0]', 'segments[0]']],
    ['a column that is gone', bodyOf({ matching: { email: 'Mail' } }), ['matching.email']],
  ])('%s', async (_name, body, fields) => {
    const world = await open();
    const answer = await save(world, body);
    expect(fieldsOf(answer)).toEqual(fields);
    if (answer.kind !== 'wrong') return;
    for (const { message, remedy } of answer.faults)
      expect(Math.min(message.length, remedy.length)).toBeGreaterThan(8);
    expect(await definitionOf(world)).toBeUndefined();
  });

  it('every fault comes at once: those of its form beside those that only the app and the source know', async () => {
    const world = await open();
    const body = bodyOf({
      displayName: '',
      connection: 'nobody',
      segments: ['Gone'],
      matching: { email: 'Mail' },
      onLeave: 'remove',
      schedule: { cron: '0 25 * * *', timeZone: 'Etc/UTC' },
      guards: { maxLeaveShare: 7 },
    });
    expect(fieldsOf(await save(world, body)).toSorted()).toEqual(
      [
        'segments[0]',
        'matching.email',
        'connection',
        'displayName',
        'guards.maxLeaveShare',
        'onLeave',
        'schedule.cron',
      ].toSorted(),
    );
  });

  it('no answer repeats what was pasted into a name', async () => {
    const world = await open();
    const secret = 'k-5f00a1-planted';
    const body = bodyOf({ [secret]: 1, customProperties: { [`${secret}!`]: { from: 'Email' } } });
    expect(JSON.stringify(await save(world, body))).not.toContain(secret);
  });
});

describe('markers', () => {
  const clashing = bodyOf({ markerPrefix: newsletter.markerPrefix });

  it('of another export of the same connection are refused before either has run', async () => {
    const world = await open();
    expect(await save(world, clashing)).toMatchObject({
      kind: 'wrong',
      faults: [{ field: 'segments[0]', message: expect.stringContaining('the export newsletter') }],
    });
  });

  it('that are claimed in the brand are refused, once, whoever has the definition by now', async () => {
    const world = await open();
    await world.ports.store.states.insert(at.state(newsletter.id), { ...noState, brand: brandA });
    await claimMarkers(world.ports, newsletter, brandA);
    expect(fieldsOf(await save(world, clashing))).toEqual(['segments[0]']);
    const other = exportId.parse('gone');
    await changeRow(world.ports.store.markers, at.marker(brandA, 'second_High_value'), () => ({
      export: other,
      segment: 'High_value',
    }));
    expect(await save(world)).toMatchObject({
      faults: [{ message: expect.stringContaining('the export gone') }],
    });
  });

  it("an export's own are no clash", async () => {
    const world = await open();
    await world.ports.store.states.insert(at.state(newsletter.id), { ...noState, brand: brandA });
    await claimMarkers(world.ports, newsletter, brandA);
    expect(await save(world, newsletterBody, { id: newsletter.id, basis: 1 })).toMatchObject({
      kind: 'saved',
    });
  });
});

describe('warnings', () => {
  const warned = async (world: World, body: unknown) => {
    const answer = await save(world, body);
    return 'warnings' in answer ? answer.warnings : [];
  };

  it('a source that does not answer keeps nobody from saving', async () => {
    const silent = { kind: 'transient', message: '503' } as const;
    const world = await flowWorld({ population, source: { before: () => silent } });
    expect(await warned(world, bodyOf())).toMatchObject([
      { message: expect.stringContaining('not checked') },
    ]);
    expect(await definitionOf(world)).toBeDefined();
  });

  test.each([
    [999_999, {}, 0],
    [1_000_001, {}, 1],
    [1_000_001, { maxMembers: 2_000_000 }, 1],
    [501, { maxMembers: 500 }, 1],
  ])('segments of %i members with the guards %j: %i', async (members, guards, count) => {
    const world = await flowWorld({ population, source: { counts: { High_value: members } } });
    expect(await warned(world, bodyOf({ guards }))).toHaveLength(count);
  });

  it('two exports of one brand that fill a field from different columns', async () => {
    const world = await open();
    const body = bodyOf({
      matching: { email: 'Email', firstName: 'LastName', lastName: 'LastName' },
      customProperties: { loyalty_tier: { from: 'City' } },
    });
    expect((await warned(world, body)).map(({ field }) => field)).toEqual([
      'matching.firstName',
      'customProperties.loyalty_tier',
    ]);
  });

  it('a refresh that is not set', async () => {
    const world = await open();
    expect(await warned(world, bodyOf({ schedule: 'refresh' }))).toMatchObject([{ field: 'schedule' }]);
  });

  it('a segment of which the source itself warns', async () => {
    const world = await open();
    const segments = async () => ({
      kind: 'ok' as const,
      value: [
        {
          name: 'High_value',
          friendlyName: 'High value',
          members: 5,
          state: 'active' as const,
          evaluatedAt: null,
          warning: 'It is switched off soon.',
        },
      ],
    });
    const source = { ...world.source, divide: world.source.divide, segments };
    const ports = { ...world.ports, source };
    expect(await warned({ ...world, ports }, bodyOf())).toMatchObject([
      { field: 'segments[0]', message: expect.stringContaining('switched off soon') },
    ]);
  });
});

describe('who may save', () => {
  const shared = bodyOf({ connection: 'brand-shared' });

  test.each([
    ['a viewer', viewer, shared, 'forbidden'],
    ['a contributor on a shared connection', contributor, shared, 'created'],
    ['a contributor on another one', contributor, bodyOf(), 'forbidden'],
    ['a contributor on one that is not there', contributor, bodyOf({ connection: 'nobody' }), 'wrong'],
    ['an administrator', administrator, bodyOf(), 'created'],
  ])('%s', async (_name, caller, body, kind) => {
    const world = await open();
    await addShared(world);
    expect(await save(world, body, { caller })).toMatchObject({ kind });
  });

  it('a contributor moves no export onto, or off, a connection that is not shared', async () => {
    const world = await open();
    await addShared(world);
    await save(world, shared, { caller: contributor });
    expect(await save(world, bodyOf(), { caller: contributor, basis: 1 })).toEqual({ kind: 'forbidden' });
    const own = { ...newsletterBody, connection: 'brand-shared' };
    expect(await save(world, own, { id: newsletter.id, caller: contributor, basis: 1 })).toEqual({
      kind: 'forbidden',
    });
    expect(await save(world, bodyOf(), { basis: 1 })).toMatchObject({ kind: 'saved' });
  });
});

describe('a duplicate', () => {
  const third = exportId.parse('third');

  it('has the definition, but starts nothing and clashes with nothing', async () => {
    const definition = { ...newsletter, schedule: { cron: '* * * * *', timeZone: 'Etc/UTC' } };
    const world = await flowWorld({ population: nobody, definition });
    const answer = await duplicateExport(world.ports, newsletter.id, { id: third }, administrator);
    expect(answer).toMatchObject({ kind: 'created', saved: { revision: 1 } });
    expect(await definitionOf(world, third)).toEqual({
      ...newsletter,
      id: 'third',
      displayName: 'Newsletter (copy)',
      schedule: 'off',
      markerPrefix: 'third_',
    });
    const runs = () => [...world.runs.keys()].filter((id) => id.startsWith('third.'));
    await world.pass(5 * minute);
    expect(runs()).toEqual([]);
  });

  it('is refused under an id that is taken, of what is not there, and to who may not', async () => {
    const world = await open();
    await save(world);
    const copy = (from = newsletter.id, caller = administrator) =>
      duplicateExport(world.ports, from, { id: second, displayName: 'Copy' }, caller);
    expect(await copy()).toEqual({ kind: 'changed', revision: 1 });
    expect(await copy(third)).toEqual({ kind: 'unknown-export' });
    expect(await copy(newsletter.id, contributor)).toEqual({ kind: 'forbidden' });
    expect(await copy(newsletter.id, viewer)).toEqual({ kind: 'forbidden' });
  });
});
