import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../../../shared/adapters/dataverse/cell.ts';
import { segmentOf } from '../../../shared/adapters/dataverse/metadata.ts';
import { type Stub, startStub } from '../stub-server.ts';
import { attributes, member, refusal, rows, serve, sourceOn } from './environment.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const now = Date.UTC(2026, 10, 21);
const id = 'a'.repeat(32);

describe('a row of segment metadata tells', () => {
  const cases: readonly (readonly [string, Row, object | undefined])[] = [
    [
      'all there is',
      {
        '@odata.etag': 'W/"1"',
        mscipriv_name: 'VIP_2',
        mscipriv_friendlyname: 'Our VIPs',
        mscipriv_membercount: 17,
        mscipriv_state: 'Active',
        mscipriv_lastevaluatedon: '2026-11-20T00:00:00Z',
        statecode: 1,
      },
      {
        name: 'VIP_2',
        friendlyName: 'Our VIPs',
        members: 17,
        state: 'active',
        evaluatedAt: Date.UTC(2026, 10, 20),
      },
    ],
    [
      'a name at least, which stands for the friendly one',
      { mscipriv_outputtablename: 'VIP', mscipriv_friendlyname: ' ' },
      { name: 'VIP', friendlyName: 'VIP', members: null, state: 'unknown', evaluatedAt: null },
    ],
    ['nothing without a name', { mscipriv_segmentid: '1', mscipriv_name: 7 }, undefined],
    ['a count written as text', { name: 'A', entityCount: '42' }, { members: 42 }],
    [
      'no count that is none',
      { name: 'A', membercount: -1, rowcount: 'many', accountid: 5 },
      { members: null },
    ],
    ['that it is inactive', { name: 'A', segmentStatus: 'Inactive' }, { state: 'inactive' }],
    ['that it was switched off', { name: 'A', tags: '["AutoDeactivated"]' }, { state: 'inactive' }],
    [
      'nothing of that by its name',
      { name: 'A', friendlyname: 'AutoDeactivated customers' },
      { state: 'unknown' },
    ],
    ['by a flag', { name: 'A', x_isactive: false }, { state: 'inactive' }],
    ['a number of the row that is none of the segment', { name: 'A', statecode: 1 }, { state: 'unknown' }],
    ['a date that is none', { name: 'A', evaluatedon: 'yesterday' }, { evaluatedAt: null }],
  ];
  it.each(cases)('%s', (_, row, expected) => {
    if (expected === undefined) expect(segmentOf(row, now)).toBeUndefined();
    else expect(segmentOf(row, now)).toMatchObject(expected);
  });

  it.each([
    ['2026-11-01T00:00:00Z', undefined],
    ['2026-10-01T00:00:00Z', /51 days ago.*45 days.*Disable auto cleanup/],
  ])('evaluated %s, a warning of the clean-up: %s', (evaluatedon, warning) => {
    const found = segmentOf({ name: 'A', evaluatedon }, now)?.warning;
    if (warning === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(warning);
  });
});

describe('segments', () => {
  const names = async () => {
    const answer = await sourceOn(stub).segments();
    return answer.kind === 'ok' ? answer.value.map(({ name }) => name) : answer;
  };

  it('are listed from their metadata, by name, each once', async () => {
    serve(stub, {
      metadata: () => rows([{ name: 'B' }, { name: 'A' }, { name: 'B' }, { name: 'no name' }, null]),
    });
    expect(await names()).toEqual(['A', 'B']);
  });

  it.each([
    ['refused', refusal(403)],
    ['absent', refusal(404)],
    ['empty', rows([])],
    ['without names', rows([{ mscipriv_x: 1 }])],
  ])('are found in memberships where the metadata is %s', async (_, answer) => {
    serve(stub, {
      metadata: () => answer,
      memberships: () => rows([member(id, 'VIP', 'B'), member(id, 'VIP'), { msdynci_segments: 'x' }, null]),
    });
    expect(await names()).toEqual(['B', 'VIP']);
  });

  it.each([
    ['the metadata fails', { metadata: () => refusal(503) }, 'transient'],
    ['the memberships may not be read', { memberships: () => refusal(403) }, 'configuration'],
  ])('are no empty list where %s', async (_, answers, kind) => {
    serve(stub, answers);
    expect(await names()).toMatchObject({ kind });
  });
});

describe('columns', () => {
  it('are those of the unified profile, with type, label and guess', async () => {
    const labelled = (LogicalName: string, AttributeType: unknown, label?: unknown) => ({
      LogicalName,
      AttributeType,
      DisplayName: { UserLocalizedLabel: label === undefined ? null : { Label: label } },
    });
    serve(stub, {
      attributes: () =>
        rows([
          labelled('msdynci_rewardpoints', 'Integer', 'Reward points'),
          labelled('msdynci_email', 'String', 'E-Mail'),
          labelled('msdynci_joined', 'DateTime'),
          labelled('msdynci_vip', 'Boolean'),
          labelled('msdynci_ref', 'Lookup'),
          labelled('msdynci_odd', 7),
          labelled('createdon', 'DateTime'),
          labelled('msdynci_', 'String'),
          { LogicalName: 9 },
          null,
        ]),
    });
    const answer = await sourceOn(stub).columns();
    const shown = answer.kind === 'ok' ? answer.value : [];
    expect(shown.map(({ name, type, displayName, guess }) => [name, type, displayName, guess])).toEqual([
      ['email', 'string', 'E-Mail', 'email'],
      ['joined', 'date', 'joined', null],
      ['odd', 'other', 'odd', null],
      ['ref', 'other', 'ref', null],
      ['rewardpoints', 'number', 'Reward points', null],
      ['vip', 'boolean', 'vip', null],
    ]);
  });

  it('are no empty list where they may not be read', async () => {
    serve(stub, { attributes: () => refusal(403) });
    expect(await sourceOn(stub).columns()).toMatchObject({ kind: 'configuration' });
  });
});

describe('dividing', () => {
  it('lists every fault at once, with a remedy each', async () => {
    serve(stub, {
      attributes: () => attributes,
      profiles: () => refusal(403),
      metadata: () => rows([{ name: 'VIP', state: 'Inactive' }]),
      memberships: () => rows([]),
    });
    const answer = await sourceOn(stub).divide({ segments: ['VIP', 'Gone'], columns: ['EMail', 'Hat'] });
    const faults = answer.kind === 'configuration' ? answer.faults : [];
    expect(faults.map(({ field }) => field)).toEqual(['Hat', 'msdynci_customerprofile', 'VIP', 'Gone']);
    expect(faults.map(({ remedy }) => remedy).join(' ')).toMatch(/security role.*Disable auto cleanup/);
    expect(faults[1]?.message).toContain('prvReadmsdynci_customerprofile');
  });

  it('says what all tables say once', async () => {
    stub.answer = () => refusal(401);
    const answer = await sourceOn(stub).divide({ segments: ['VIP'], columns: ['EMail'] });
    expect(answer).toMatchObject({ kind: 'configuration', faults: [{ field: 'identity' }] });
    expect(answer.kind === 'configuration' && answer.faults).toHaveLength(1);
  });

  it('finds an address that leads nowhere, and reading waits for it', async () => {
    const source = sourceOn(stub, { url: 'http://no-such-environment.invalid' });
    const question = { segments: ['VIP'], columns: ['EMail'] };
    const read = await source.read(question, { label: 'all', spec: '' }, null);
    expect(read.kind).toBe('transient');
    // Without a network, a name server is not even asked.
    if (read.kind !== 'transient' || read.message !== 'ENOTFOUND') return;
    expect(await source.divide(question)).toMatchObject({
      kind: 'configuration',
      faults: [{ field: 'environment', message: expect.stringContaining('no-such-environment.invalid') }],
    });
  });
});
