import type { HttpHandler } from '@azure/functions';
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { z } from 'zod';
import { rescheduling, runningAll } from '../../functions/all-exports.ts';
import type { ApiHandler } from '../../functions/api.ts';
import { atTheEdge } from '../../functions/at-the-edge.ts';
import {
  checkedExportView,
  detachedExportView,
  endingView,
  exportsView,
  exportView,
  refreshView,
  removedExportView,
  rescheduledView,
  revisionsView,
  runAllView,
  savedExportView,
} from '../../functions/export-views.ts';
import { exportList, exportRevisions, oneExport } from '../../functions/exports.ts';
import { exportDetaching, exportRemoval } from '../../functions/remove-export.ts';
import { exportDuplication, exportSaving } from '../../functions/save-export.ts';
import { scheduleRead, scheduleRemoval, scheduleSaving } from '../../functions/schedule.ts';
import type { Caller } from '../../shared/domain/access.ts';
import { exportDefinition } from '../../shared/domain/definition.ts';
import { runForKey } from '../../shared/domain/run-ids.ts';
import { at } from '../../shared/steps/addresses.ts';
import { detachExport } from '../../shared/steps/detach-export.ts';
import { duplicateExport } from '../../shared/steps/duplicate-export.ts';
import { describeExport, listRevisions } from '../../shared/steps/export-view.ts';
import { listExports } from '../../shared/steps/list-exports.ts';
import { loadRefresh, removeRefresh, saveRefresh } from '../../shared/steps/refresh-schedule.ts';
import { removeExport } from '../../shared/steps/remove-export.ts';
import { noState } from '../../shared/steps/request-run.ts';
import { runAll } from '../../shared/steps/run-all.ts';
import { saveExport } from '../../shared/steps/save-export.ts';
import { scheduleExports } from '../../shared/steps/schedule-exports.ts';
import { newsletter, peopleOf } from '../flow/people.ts';
import { flowWorld, type World } from '../flow/world.ts';
import { addShared, administrator, bodyOf, contributor, second, viewer } from '../steps/documents.ts';
import { type Answer, call } from './call.ts';

const { population } = peopleOf(100);
let world: World;
beforeEach(async () => {
  world = await flowWorld({ population });
  await addShared(world);
});

/** The operations as `main.ts` puts them together, but for who calls. */
const handlers = ({ ports }: World) =>
  ({
    list: exportList((...asked) => listExports(ports, ...asked)),
    get: oneExport((...asked) => describeExport(ports, ...asked)),
    revisions: exportRevisions((...asked) => listRevisions(ports, ...asked)),
    save: exportSaving((...asked) => saveExport(ports, ...asked)),
    duplicate: exportDuplication((...asked) => duplicateExport(ports, ...asked)),
    detach: exportDetaching((...asked) => detachExport(ports, ...asked)),
    remove: exportRemoval((...asked) => removeExport(ports, ...asked)),
    reschedule: rescheduling((...asked) => scheduleExports(ports, ...asked)),
    runAll: runningAll((...asked) => runAll(ports, ...asked)),
    getSchedule: scheduleRead(() => loadRefresh(ports)),
    saveSchedule: scheduleSaving((...asked) => saveRefresh(ports, ...asked)),
    removeSchedule: scheduleRemoval((...asked) => removeRefresh(ports, ...asked)),
  }) satisfies Readonly<Record<string, ApiHandler>>;
type Operation = keyof ReturnType<typeof handlers>;

interface Asked {
  readonly id?: string;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly caller?: Caller;
}

const ask = async (operation: Operation, asked: Asked = {}): Promise<Answer> => {
  const { id = 'second', query = '', body, headers = {}, caller = administrator } = asked;
  const handler = handlers(world)[operation];
  const edge: HttpHandler = atTheEdge((http) => handler(http, caller));
  const path = `/exports/${encodeURIComponent(id)}${query}`;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await call(edge, {
    method: 'POST',
    path,
    params: { id },
    headers,
    ...(text !== undefined && { body: text }),
  });
  if ((answer.status ?? 200) >= 400) {
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.json).toMatchObject({ type: 'about:blank', status: answer.status });
  }
  return answer;
};

/** The answer, where it is of this form. */
const shown = <T>({ status, json, text }: Answer, schema: z.ZodType<T>): T => {
  if ((status ?? 200) >= 300) throw new Error(`${status} ${text}`);
  return schema.parse(json);
};

const ifMatch = (tag: string) => ({ 'if-match': tag });
const make = (more: Readonly<Record<string, unknown>> = {}, id = 'second'): Promise<Answer> =>
  ask('save', { id, body: bodyOf(more) });

describe('PUT exports/{id}', () => {
  it('201 with address and ETag for a new one, 200 for an edit; both show what was saved', async () => {
    const made = await make();
    expect(made.status).toBe(201);
    expect(made.headers.get('etag')).toBe('"1"');
    expect(made.headers.get('location')).toBe('https://app.example.com/api/exports/second');
    expect(shown(made, savedExportView)).toMatchObject({ id: 'second', revision: 1, warnings: [] });
    const edited = await ask('save', { body: bodyOf({ displayName: 'New' }), headers: ifMatch('"1"') });
    expect(edited.status).toBe(200);
    expect(edited.headers.get('etag')).toBe('"2"');
    expect(shown(edited, savedExportView).definition.displayName).toBe('New');
  });

  test.each([
    [{}, 428, { revision: 1 }],
    [{ 'if-none-match': '*' }, 412, { revision: 1 }],
    [ifMatch('"2"'), 412, { revision: 1 }],
    [ifMatch('W/"1"'), 412, { revision: 1 }],
    [ifMatch('1'), 412, { revision: 1 }],
    [ifMatch('*'), 412, { revision: 1 }],
    [ifMatch('"0"'), 412, { revision: 1 }],
    [ifMatch('"1"'), 200, { revision: 2 }],
    [ifMatch(' "1" '), 200, { revision: 2 }],
  ])('of one that is there, with %j: %i', async (headers, status, json) => {
    await make();
    const answer = await ask('save', { body: bodyOf({ displayName: 'New' }), headers });
    expect(answer).toMatchObject({ status, json });
  });

  test.each([
    [{}, 201],
    [{ 'if-none-match': '*' }, 201],
    [ifMatch('"1"'), 412],
  ])('of one that is not there, with %j: %i', async (headers, status) => {
    expect((await ask('save', { body: bodyOf(), headers })).status).toBe(status);
  });

  test.each<[string, Asked, number, object]>([
    ['no JSON', { body: '{"displayName":' }, 400, { title: 'The body is wrong' }],
    [
      'no body',
      {},
      422,
      {
        faults: [
          { field: 'displayName' },
          { field: 'connection' },
          { field: 'segments' },
          { field: 'matching' },
        ],
      },
    ],
    ['too much', { body: JSON.stringify({ displayName: 'a'.repeat(257 * 1024) }) }, 413, {}],
    ['no id', { id: 'Second', body: bodyOf() }, 422, { faults: [{ field: 'id' }] }],
    ['an id of another', { body: bodyOf({ id: 'third' }) }, 422, { faults: [{ field: 'id' }] }],
    ['wrong parts', { body: bodyOf({ marker: 'x', connection: 'y' }) }, 422, { faults: [{}, {}] }],
    ['a wrong query', { body: bodyOf(), query: '?check=perhaps' }, 400, { errors: [{ field: 'check' }] }],
    ['a viewer', { body: bodyOf(), caller: viewer }, 403, { title: 'Not allowed' }],
    ['a contributor', { body: bodyOf(), caller: contributor }, 403, { title: 'Not allowed' }],
  ])('%s', async (_name, asked, status, json) => {
    expect(await ask('save', asked)).toMatchObject({ status, json });
    expect(await world.ports.store.exports.list('exports')).toHaveLength(1);
  });

  it('?check=true finds the same faults, needs no If-Match, and saves nothing', async () => {
    const fine = await ask('save', { body: bodyOf(), query: '?check=true' });
    expect(shown(fine, checkedExportView)).toEqual({ id: 'second', ok: true, warnings: [] });
    const own = await ask('save', { id: newsletter.id, body: newsletter, query: '?check=true' });
    expect(shown(own, checkedExportView).ok).toBe(true);
    const wrong = await ask('save', { body: bodyOf({ connection: 'y' }), query: '?check=true' });
    expect(wrong).toMatchObject({ status: 422, json: { faults: [{ field: 'connection' }] } });
    expect(await world.ports.store.exports.list('exports')).toHaveLength(1);
  });
});

describe('GET exports', () => {
  const names = async (query: string, caller = administrator): Promise<readonly string[]> =>
    shown(await ask('list', { query, caller }), exportsView).exports.map(({ id }) => id);

  beforeEach(async () => {
    await make({ displayName: 'alpha' }, 'second');
    await make({ displayName: 'Beta', connection: 'brand-shared', markerPrefix: 'x_' }, 'beta');
  });

  test.each([
    ['', ['second', 'beta', 'newsletter']],
    ['?sort=name', ['second', 'beta', 'newsletter']],
    ['?search=BETA', ['beta']],
    ['?search=brand%20a', ['second', 'newsletter']],
    ['?search=nothing', []],
    ['?segment=Newsletter_subscribers', ['newsletter']],
    ['?segment=High', []],
    ['?connection=brand-shared', ['beta']],
    ['?connection=brand-a&search=alpha', ['second']],
  ])('%s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('comes in parts that miss nothing when something is made or removed in between', async () => {
    const first = shown(await ask('list', { query: '?limit=1' }), exportsView);
    expect(first.exports.map(({ id }) => id)).toEqual(['second']);
    await make({ displayName: 'Aardvark', markerPrefix: 'y_' }, 'aardvark');
    await ask('remove', { id: 'second', headers: ifMatch('"1"') });
    const rest = shown(await ask('list', { query: `?after=${first.next}` }), exportsView);
    expect(rest.exports.map(({ id }) => id)).toEqual(['beta', 'newsletter']);
    expect(rest.next).toBeNull();
  });

  it('goes on behind the longest of names', async () => {
    for (const id of ['gamma', 'delta'])
      await make({ displayName: '名'.repeat(100), markerPrefix: `${id}_` }, id);
    const first = shown(await ask('list', { query: '?limit=4' }), exportsView);
    expect(first.exports.at(-1)?.id).toBe('delta');
    const rest = shown(await ask('list', { query: `?after=${first.next}` }), exportsView);
    expect(rest.exports.map(({ id }) => id)).toEqual(['gamma']);
  });

  test.each(['?limit=0', '?limit=501', '?sort=date', '?search=', '?connection=A'])(
    '400 for %s',
    async (query) => {
      expect(await ask('list', { query })).toMatchObject({
        status: 400,
        json: { title: 'The query is wrong' },
      });
    },
  );

  it('tells state, last and next run, and what the caller may do', async () => {
    await make(
      { displayName: 'Gamma', schedule: { cron: '0 6 * * *', timeZone: 'Etc/UTC' }, markerPrefix: 'g_' },
      'gamma',
    );
    const run = await world.run();
    await ask('detach', { id: 'second', headers: ifMatch('"1"') });
    const paused = { reason: 'So.', remedy: 'Mend it.', at: 0 };
    const state = at.state(exportDefinition.shape.id.parse('beta'));
    const row = await world.ports.store.states.get(state);
    if (row === undefined) throw new Error('It has no state.');
    await world.ports.store.states.replace(row, { ...noState, paused });
    const { exports } = shown(await ask('list', { caller: contributor }), exportsView);
    expect(exports).toMatchObject([
      { id: 'second', state: 'detached', revision: 2, nextOccurrence: null, permissions: ['view'] },
      { id: 'beta', state: 'paused', permissions: ['view', 'edit', 'run'] },
      { id: 'gamma', state: 'active', nextOccurrence: '2026-01-05T06:00:00.000Z' },
      {
        id: 'newsletter',
        connection: { id: 'brand-a', displayName: 'Brand A' },
        lastRun: { id: run.id, state: 'succeeded', endedAt: new Date(run.endedAt ?? 0).toISOString() },
        schedule: 'off',
        nextOccurrence: null,
        permissions: ['view'],
      },
    ]);
    const one = await ask('get', { id: 'beta', caller: viewer });
    expect(shown(one, exportView)).toMatchObject({
      permissions: ['view'],
      paused: { reason: 'So.', remedy: 'Mend it.' },
    });
  });

  it('an active run is the last one', async () => {
    const asked = await world.ask();
    if (asked.kind !== 'accepted') throw new Error(asked.kind);
    const { exports } = shown(await ask('list', { query: '?search=newsletter' }), exportsView);
    expect(exports).toMatchObject([{ lastRun: { id: asked.run, state: 'queued', endedAt: null } }]);
  });
});

describe('GET exports/{id}', () => {
  it('has the definition, its ETag, the next five times and warnings', async () => {
    await make({ schedule: { cron: '0 6 * * *', timeZone: 'Europe/Vilnius' }, guards: { maxMembers: 1 } });
    const answer = await ask('get');
    expect(answer.headers.get('etag')).toBe('"1"');
    const view = shown(answer, exportView);
    expect(view.definition).toMatchObject({ id: 'second', markerPrefix: 'second_' });
    expect(view.nextOccurrences).toHaveLength(5);
    expect(view.nextOccurrences[0]).toBe('2026-01-05T04:00:00.000Z');
    expect(view.warnings).toMatchObject([
      { field: 'segments', message: expect.stringContaining('more than 1') },
    ]);
    expect(shown(await ask('get', { query: '?warnings=false' }), exportView).warnings).toBeNull();
  });

  test.each<[Operation, string]>([
    ['get', 'nobody'],
    ['get', 'No id'],
    ['revisions', 'nobody'],
    ['revisions', '..'],
    ['duplicate', '..'],
    ['detach', 'nobody'],
    ['remove', 'nobody'],
  ])('404 for %s of %j', async (operation, id) => {
    const asked = { id, headers: ifMatch('"1"'), ...(operation === 'duplicate' && { body: { id: 'x' } }) };
    expect(await ask(operation, asked)).toMatchObject({ status: 404, json: { title: 'Unknown export' } });
  });

  it('its history, the newest first, in parts; it outlives the export', async () => {
    await make();
    for (const tag of ['"1"', '"2"'])
      await ask('save', { body: bodyOf({ displayName: `After ${tag}` }), headers: ifMatch(tag) });
    const first = shown(await ask('revisions', { query: '?limit=2' }), revisionsView);
    expect(first.revisions.map(({ revision, what }) => `${revision} ${what}`)).toEqual([
      '3 edited',
      '2 edited',
    ]);
    const rest = shown(await ask('revisions', { query: `?after=${first.next}` }), revisionsView);
    expect(rest).toMatchObject({
      revisions: [
        {
          revision: 1,
          what: 'created',
          by: { id: 'administrator-1' },
          definition: { displayName: 'Second' },
        },
      ],
      next: null,
    });
    await ask('remove', { headers: ifMatch('"3"') });
    expect((await ask('get')).status).toBe(404);
    expect(shown(await ask('revisions'), revisionsView).revisions[0]).toMatchObject({ what: 'removed' });
  });
});

describe('duplicate, detach, remove', () => {
  it('201 for a copy, 409 for an id that is taken, 400 for a body that is wrong', async () => {
    const copied = await ask('duplicate', { id: newsletter.id, body: { id: 'copy', displayName: 'Copy' } });
    expect(copied.status).toBe(201);
    expect(copied.headers.get('location')).toBe('https://app.example.com/api/exports/copy');
    expect(shown(copied, savedExportView).definition).toMatchObject({
      schedule: 'off',
      markerPrefix: 'copy_',
    });
    const again = await ask('duplicate', { id: newsletter.id, body: { id: 'copy' } });
    expect(again).toMatchObject({ status: 409, json: { title: 'The id is taken' } });
    expect((await ask('duplicate', { id: newsletter.id, body: { id: 'No id' } })).status).toBe(400);
  });

  it('428 without If-Match, 412 with another, 200 with the right one', async () => {
    await make();
    for (const operation of ['detach', 'remove'] as const) {
      expect((await ask(operation)).status).toBe(428);
      expect(await ask(operation, { headers: ifMatch('"7"') })).toMatchObject({
        status: 412,
        json: { revision: operation === 'detach' ? 1 : 2 },
      });
      expect((await ask(operation, { headers: ifMatch('"1"'), caller: viewer })).status).toBe(403);
      const tag = operation === 'detach' ? '"1"' : '"2"';
      const done = await ask(operation, { headers: ifMatch(tag) });
      if (operation === 'detach') expect(shown(done, detachedExportView).state).toBe('detached');
      else expect(shown(done, removedExportView)).toMatchObject({ state: 'removed', markers: [] });
    }
  });

  it.each([
    ['does not answer', 'silence', 503, '15'],
    ['refuses the app', 'forbid', 422, null],
  ] as const)(
    'while the vault %s, removing is to be asked for again',
    async (_what, trouble, status, pause) => {
      world.secrets[trouble](true);
      const removal = () => ask('remove', { id: newsletter.id, headers: ifMatch('"1"') });
      const answer = await removal();
      expect(answer.status).toBe(status);
      expect(answer.headers.get('retry-after')).toBe(pause);
      world.secrets[trouble](false);
      expect(shown(await removal(), removedExportView)).toMatchObject({ state: 'removed' });
    },
  );

  it('202 with the address of a run that must end first', async () => {
    const slow = await flowWorld({ population: peopleOf(600).population, requestsPerMinute: 12 });
    world = slow;
    const asked = await slow.ask();
    if (asked.kind !== 'accepted') throw new Error(asked.kind);
    await slow.until(() => slow.destination.posts.length > 0);
    const answer = await ask('remove', { id: newsletter.id, headers: ifMatch('"1"') });
    expect(answer.status).toBe(202);
    expect(shown(answer, endingView)).toMatchObject({
      run: asked.run,
      url: `https://app.example.com/api/runs/${asked.run}`,
    });
    const edit = await ask('save', { id: newsletter.id, body: newsletter, headers: ifMatch('"1"') });
    expect(edit).toMatchObject({ status: 409, json: { title: 'The export is being removed' } });
  });
});

describe('POST exports/schedule', () => {
  const daily = { cron: '0 6 * * *', timeZone: 'Etc/UTC' };

  it('changes the schedule of each, and says what it did; all else stays, whoever edits at the same time', async () => {
    await make();
    const [bulk, edit] = await Promise.all([
      ask('reschedule', { body: { exports: ['newsletter', 'second', 'nobody', 'second'], schedule: daily } }),
      ask('save', { body: bodyOf({ displayName: 'Edited' }), headers: ifMatch('"1"') }),
    ]);
    const { exports } = shown(bulk, rescheduledView);
    expect(exports.map(({ export: id, result }) => `${id} ${result}`)).toEqual([
      'newsletter scheduled',
      'second scheduled',
      'nobody unknown-export',
    ]);
    expect(exports[0]).toMatchObject({ revision: 2, nextOccurrence: '2026-01-05T06:00:00.000Z' });
    const view = shown(await ask('get', { query: '?warnings=false' }), exportView);
    expect(view.schedule).toEqual(daily);
    expect(view.displayName).toBe(edit.status === 200 ? 'Edited' : 'Second');
    const again = await ask('reschedule', { body: { exports: ['second'], schedule: daily } });
    expect(shown(again, rescheduledView).exports).toMatchObject([{ result: 'unchanged' }]);
  });

  it('"all" means those that the caller may change; others that are named are refused one by one', async () => {
    await make({ connection: 'brand-shared' });
    const all = await ask('reschedule', { body: { exports: 'all', schedule: 'off' }, caller: contributor });
    expect(shown(all, rescheduledView).exports).toMatchObject([{ export: 'second', result: 'unchanged' }]);
    const named = await ask('reschedule', {
      body: { exports: ['newsletter', 'second'], schedule: daily },
      caller: contributor,
    });
    expect(shown(named, rescheduledView).exports).toMatchObject([
      { result: 'forbidden' },
      { result: 'scheduled' },
    ]);
    const stored = await world.ports.store.exports.get(at.export(newsletter.id));
    expect(stored?.value.definition.schedule).toBe('off');
  });

  test.each([
    [{ exports: 'all', schedule: { cron: '0 25 * * *', timeZone: 'Etc/UTC' } }, 422],
    [{ exports: 'all', schedule: 'sometimes' }, 400],
    [{ exports: [], schedule: 'off' }, 400],
    [{ exports: 'all' }, 400],
    [{}, 400],
  ])('%j → %i', async (body, status) => {
    expect((await ask('reschedule', { body })).status).toBe(status);
  });
});

describe('POST exports/run', () => {
  const daily = { cron: '0 6 * * *', timeZone: 'Etc/UTC' };

  it('runs those with an active schedule that the caller may run; the same key gives the same runs', async () => {
    await make({ schedule: daily });
    await make({ schedule: 'refresh', markerPrefix: 'r_' }, 'unset');
    await make({ schedule: daily, connection: 'brand-shared', markerPrefix: 's_' }, 'shared');
    await make({ schedule: daily, markerPrefix: 'd_' }, 'detached');
    await ask('detach', { id: 'detached', headers: ifMatch('"1"') });
    const headers = { 'idempotency-key': 'monday' };
    const answer = await ask('runAll', { headers, body: { kind: 'full' } });
    expect(answer.status).toBe(202);
    const { runs } = shown(answer, runAllView);
    const expected = runForKey(second, 'monday');
    expect(runs).toMatchObject([
      {
        export: 'second',
        result: 'accepted',
        run: expected,
        url: `https://app.example.com/api/runs/${expected}`,
      },
      { export: 'shared', result: 'accepted' },
    ]);
    const again = shown(await ask('runAll', { headers }), runAllView).runs;
    expect(again.map(({ result, run }) => `${result} ${run}`)).toEqual(runs.map(({ run }) => `known ${run}`));
    // Another key, while those are active: each says which run.
    const other = shown(await ask('runAll', { headers: { 'idempotency-key': 'tuesday' } }), runAllView).runs;
    expect(other).toMatchObject([
      { result: 'active', run: expected, url: expect.stringContaining(expected) },
      { result: 'active' },
    ]);
    expect(shown(await ask('runAll', { caller: contributor }), runAllView).runs).toMatchObject([
      { export: 'shared' },
    ]);
    expect(shown(await ask('runAll', { caller: viewer }), runAllView).runs).toEqual([]);
    expect(world.runOf(expected).kind).toBe('full');
    expect(world.runs.size).toBe(2);
  });

  test.each<[Asked]>([
    [{ headers: { 'idempotency-key': '' } }],
    [{ headers: { 'idempotency-key': 'a'.repeat(201) } }],
    [{ body: { kind: 'everything' } }],
    [{ body: { exports: [] } }],
  ])('400 for %j', async (asked) => {
    expect((await ask('runAll', asked)).status).toBe(400);
  });
});

describe('schedule', () => {
  const body = { timeZone: 'Europe/Vilnius', times: ['06:00', '18:30'] };

  it('is set, shown with its next times, changed by who has seen it, and removed', async () => {
    expect((await ask('getSchedule')).status).toBe(404);
    expect((await ask('removeSchedule', { headers: ifMatch('"1"') })).status).toBe(404);
    const made = await ask('saveSchedule', { body });
    expect(made.status).toBe(201);
    expect(made.headers.get('etag')).toBe('"1"');
    expect(shown(made, refreshView).nextOccurrences).toEqual([
      '2026-01-05T04:00:00.000Z',
      '2026-01-05T16:30:00.000Z',
      '2026-01-06T04:00:00.000Z',
      '2026-01-06T16:30:00.000Z',
      '2026-01-07T04:00:00.000Z',
    ]);
    const daily = { ...body, times: ['06:00'] };
    expect((await ask('saveSchedule', { body: daily })).status).toBe(428);
    const stale = await ask('saveSchedule', { body: daily, headers: { 'if-none-match': '*' } });
    expect(stale).toMatchObject({ status: 412, json: { revision: 1 } });
    expect((await ask('saveSchedule', { body: daily, headers: ifMatch('"1"') })).status).toBe(200);
    const read = await ask('getSchedule');
    expect(read.headers.get('etag')).toBe('"2"');
    expect(shown(read, refreshView)).toMatchObject({
      definition: daily,
      updated: { by: administrator.actor },
    });
    expect((await ask('removeSchedule')).status).toBe(428);
    expect((await ask('removeSchedule', { headers: ifMatch('"1"') })).status).toBe(412);
    expect((await ask('removeSchedule', { headers: ifMatch('"2"') })).status).toBe(204);
    expect((await ask('getSchedule')).status).toBe(404);
    const anew = await ask('saveSchedule', { body });
    expect(anew.headers.get('etag')).toBe('"4"');
    const history = await world.ports.store.revisions.list('schedule');
    expect(history.map(({ value }) => value.what)).toEqual(['created', 'edited', 'removed', 'created']);
  });

  it('of two who change it at once, one is told', async () => {
    await ask('saveSchedule', { body });
    const answers = await Promise.all(
      ['05:00', '07:00'].map((time) =>
        ask('saveSchedule', { body: { ...body, times: [time] }, headers: ifMatch('"1"') }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    const both = await Promise.all([
      ask('removeSchedule', { headers: ifMatch('"2"') }),
      ask('saveSchedule', { body, headers: ifMatch('"2"') }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([
      expect.toSatisfy((one) => one === 200 || one === 204),
      412,
    ]);
  });

  test.each([
    [{ ...body, timeZone: 'Mars/Olympus' }, 422],
    [{ ...body, times: [] }, 400],
    [{ ...body, times: ['6:00'] }, 400],
    [{ ...body, weekdays: [7] }, 400],
    [{ timeZone: 'Etc/UTC' }, 400],
    [{}, 400],
  ])('%j → %i', async (wrong, status) => {
    expect((await ask('saveSchedule', { body: wrong })).status).toBe(status);
    expect((await ask('getSchedule')).status).toBe(404);
  });
});
