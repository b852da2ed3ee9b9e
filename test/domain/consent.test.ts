import { describe, expect, it } from 'vitest';
import { cleanConsent } from '../../shared/domain/consent.ts';
import { exportDefinition } from '../../shared/domain/definition.ts';
import { columnsOf, matchProfile } from '../../shared/domain/matching.ts';
import { planShard } from '../../shared/domain/plan-shard.ts';
import { definitionOf, idOf, recordOf, rowOf } from './planning.ts';

const columns = { status: 'Consent', changedAt: 'ConsentAt' };
const define = (consent: object = {}) => definitionOf({ consent: { ...columns, ...consent } });

const mappingOf = (consent: object = {}) => {
  const mapping = define(consent).consent;
  if (mapping === undefined) throw new Error('There is no mapping.');
  return mapping;
};

const at = '2026-05-08T10:00:00Z';
const subscribed = { kind: 'ok', value: { status: 'subscribed', at: '2026-05-08T10:00:00.000Z' } };
const leftOut = (reason: string) => ({ kind: 'left-out', reason });

describe('the status', () => {
  it.each([
    ...['true', 'YES', ' y ', '1', 'Subscribed', 'Opt-In', 'opted-in', true, 1].map(
      (value) => [value, 'subscribed'] as const,
    ),
    ...['false', 'No', 'n', '0', 'UNSUBSCRIBED', 'opt-out', 'opted-out', false, 0].map(
      (value) => [value, 'unsubscribed'] as const,
    ),
  ])('%j is %s', (status, expected) => {
    expect(cleanConsent({ status, at }, mappingOf(), undefined)).toEqual({
      kind: 'ok',
      value: { status: expected, at: '2026-05-08T10:00:00.000Z' },
    });
  });

  it.each([
    ['nonSubscribed'],
    ['maybe'],
    ['subscribed '.repeat(300)],
    [{ status: 'subscribed' }],
    [2],
    [Number.NaN],
  ])('%j is unknown', (status) => {
    expect(cleanConsent({ status, at }, mappingOf(), undefined)).toEqual(leftOut('consent-unknown'));
  });

  it.each([[null], [undefined], ['  ']])('%j says nothing, whatever the time', (status) => {
    for (const time of [at, 'never', undefined])
      expect(cleanConsent({ status, at: time }, mappingOf(), undefined)).toEqual({ kind: 'absent' });
  });

  it('is read by the lists of the definition alone', () => {
    const mapping = mappingOf({ subscribed: [' ALLOW '], unsubscribed: [] });
    const clean = (status: string) => cleanConsent({ status, at }, mapping, undefined);
    expect(clean('Allow')).toEqual(subscribed);
    expect(clean('true')).toEqual(leftOut('consent-unknown'));
    expect(clean('no')).toEqual(leftOut('consent-unknown'));
  });
});

describe('the time', () => {
  it.each([
    [at, '2026-05-08T10:00:00.000Z'],
    ['2026-05-08 10:00Z', '2026-05-08T10:00:00.000Z'],
    ['2026-05-08t10:00:00z', '2026-05-08T10:00:00.000Z'],
    ['2026-05-08T10:00:00.7Z', '2026-05-08T10:00:00.700Z'],
    ['2026-05-08T10:00:00.1234567Z', '2026-05-08T10:00:00.123Z'],
    ['2026-05-08T00:30:00+0300', '2026-05-07T21:30:00.000Z'],
    ['2026-05-08T23:30:00-05:00', '2026-05-09T04:30:00.000Z'],
    ['1990-01-01T00:00:00Z', '1990-01-01T00:00:00.000Z'],
    ['2099-12-31T23:59:59Z', '2099-12-31T23:59:59.000Z'],
  ])('%s goes as %s', (time, expected) => {
    expect(cleanConsent({ status: 'yes', at: time }, mappingOf(), undefined)).toEqual({
      kind: 'ok',
      value: { status: 'subscribed', at: expected },
    });
  });

  it.each([
    [null, 'missing'],
    [undefined, 'missing'],
    [' ', 'missing'],
    ['2026-05-08', 'malformed'],
    ['2026-05-08T10:00:00', 'malformed'],
    ['2026-02-30T10:00:00Z', 'malformed'],
    ['5/8/2026 10:00 AM', 'malformed'],
    ['now', 'malformed'],
    [1_778_234_400_000, 'malformed'],
    [new Date(0), 'malformed'],
    ['1989-12-31T23:59:59Z', 'implausible'],
    ['0001-01-01T00:00:00Z', 'implausible'],
    ['2100-01-01T00:00:00Z', 'implausible'],
    ['9999-12-31T23:59:59-12:00', 'implausible'],
  ])('%j is %s', (time, why) => {
    const given = { status: 'no', at: time };
    expect(cleanConsent(given, mappingOf(), undefined)).toEqual(leftOut(`consent-time-${why}`));
  });

  it('is not after the last change of the profile', () => {
    const clean = (time: string) => cleanConsent({ status: 'yes', at: time }, mappingOf(), Date.parse(at));
    expect(clean(at)).toEqual(subscribed);
    expect(clean('2026-05-08T10:00:00.999Z').kind).toBe('ok');
    expect(clean('2026-05-08T10:00:01Z')).toEqual(leftOut('consent-time-implausible'));
  });
});

describe('the mapping', () => {
  const faultsOf = (consent: unknown): readonly string[] => {
    const parsed = exportDefinition.safeParse({ ...define(), consent });
    return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join('.'));
  };

  it.each<[why: string, consent: object, faults: readonly string[]]>([
    ['nothing but its columns', columns, []],
    ['one list empty', { ...columns, subscribed: [] }, []],
    ['no time', { status: 'Consent' }, ['consent.changedAt']],
    ['no status', { changedAt: 'ConsentAt' }, ['consent.status']],
    ['one column twice', { status: 'Consent', changedAt: 'consent' }, ['consent.changedAt']],
    ['a value of both', { ...columns, subscribed: ['No '] }, ['consent.unsubscribed']],
    ['no values', { ...columns, subscribed: [], unsubscribed: [] }, ['consent.subscribed']],
    ['an empty value', { ...columns, subscribed: [' '] }, ['consent.subscribed.0']],
    ['a third status', { ...columns, nonSubscribed: ['never'] }, ['consent']],
  ])('with %s', (_, consent, faults) => {
    expect(faultsOf(consent)).toEqual(faults);
  });

  it('asks for its columns, after all others', () => {
    expect(columnsOf(define())).toEqual(['EMail', 'FirstName', 'Consent', 'ConsentAt']);
    expect(columnsOf(definitionOf())).toEqual(['EMail', 'FirstName']);
  });
});

describe('a contact', () => {
  const match = (values: object, definition = define()) =>
    matchProfile(
      { customerId: idOf('c1'), values: { EMail: 'ada@example.com', ...values } },
      [0],
      definition,
    );

  it('carries the consent', () => {
    expect(match({ Consent: 'no', ConsentAt: at })).toMatchObject({
      row: {
        contact: {
          email: 'ada@example.com',
          consent: { status: 'unsubscribed', at: '2026-05-08T10:00:00.000Z' },
        },
      },
      leftOut: [],
    });
  });

  it('arrives without it where the time does not hold, and that is listed', () => {
    expect(match({ Consent: 'no' })).toEqual({
      kind: 'row',
      row: { id: 'c1', segments: [0], contact: { email: 'ada@example.com' } },
      leftOut: [{ field: 'consent', reason: 'consent-time-missing' }],
    });
  });

  it.each([
    ['without a mapping', definitionOf(), { Consent: 'no', ConsentAt: at }],
    [
      'with an empty status, be it to be cleared',
      { ...define(), onEmpty: 'clear' as const },
      { FirstName: 'Ada' },
    ],
  ])('has none %s', (_, definition, values) => {
    const matched = match(values, definition);
    expect(matched).toMatchObject({ kind: 'row', leftOut: [] });
    expect(matched.kind === 'row' && Object.keys(matched.row.contact)).not.toContain('consent');
  });

  it('has none when it leaves', () => {
    const definition = define();
    const plan = (
      rows: readonly ReturnType<typeof rowOf>[],
      records: readonly ReturnType<typeof recordOf>[],
    ) => planShard({ rows, records, definition, kind: 'full' }).changes;
    const consent = { status: 'subscribed', at } as const;
    const row = rowOf(1, { contact: { email: 'ada@example.com', consent } });
    expect(plan([row], [recordOf(1)])).toMatchObject([{ kind: 'upsert', contact: { consent } }]);
    expect(plan([], [recordOf(1)]).map(({ kind, contact }) => [kind, Object.keys(contact)])).toEqual([
      ['leave', ['email', 'properties']],
    ]);
  });
});
