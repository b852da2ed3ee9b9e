import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { membershipsOf, profilesOf } from '../../../shared/adapters/dataverse/rows.ts';
import { exportDefinition } from '../../../shared/domain/definition.ts';
import { columnsOf, matchProfile } from '../../../shared/domain/matching.ts';
import { type Stub, startStub } from '../stub-server.ts';
import { sourceOn } from './environment.ts';

let stub: Stub;
beforeAll(async () => {
  stub = await startStub();
});
afterAll(() => stub.close());

const segments = ['VIP', 'VIP_2'];
const goodIds = fc.stringMatching(/^[0-9a-f]{32}$/);
const hostileKeys = fc.constantFrom('__proto__', 'constructor', 'toString', 'msdynci_email', 'polluted');
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(hostileKeys, fc.jsonValue({ maxDepth: 2 })),
  fc.string({ unit: 'binary' }),
  fc.constant('x'.repeat(5_000)),
);
/** As it comes out of JSON: an own `__proto__` too. */
const asParsed = <T>(value: T): unknown => JSON.parse(JSON.stringify(value) ?? 'null');

interface Planted {
  readonly row: unknown;
  /** Whether somebody, or a row that might be somebody's, must come of it. */
  readonly counts: boolean;
}

const textOf = (names: readonly string[]): string => JSON.stringify({ Segments: names });
const wanted = fc.subarray(segments, { minLength: 1 });
const planted: fc.Arbitrary<Planted> = fc.oneof(
  fc.record({ id: goodIds, names: wanted }).map(({ id, names }) => ({
    row: { msdynci_customerid: id, msdynci_segments: textOf(names) },
    counts: true,
  })),
  // Somebody's, but nobody can tell whose, or of what.
  fc
    .record({ id: fc.constantFrom('', 'a\nb', 'x'.repeat(101), 7, null, undefined, {}), names: wanted })
    .map(({ id, names }) => ({
      row: { msdynci_customerid: id, msdynci_segments: textOf(names) },
      counts: true,
    })),
  fc
    .record({
      id: goodIds,
      text: fc.constantFrom('{"Segments":["VIP"', '{"Segments":"VIP"}', 'VIP', 3, [], true),
    })
    .map(({ id, text }) => ({ row: { msdynci_customerid: id, msdynci_segments: text }, counts: true })),
  fc.constantFrom(null, 7, 'row', [], {}).map((row) => ({ row, counts: true })),
  // Members of other segments.
  fc
    .record({ id: goodIds, names: fc.array(fc.constantFrom('vip', 'VIP_3', 'VIPX2', 'Other')) })
    .map(({ id, names }) => ({
      row: { msdynci_customerid: id, msdynci_segments: textOf(names) },
      counts: false,
    })),
);

test('no membership row is lost in silence', () => {
  fc.assert(
    fc.property(fc.array(planted, { maxLength: 8 }), (rows) => {
      const { memberships, oddMemberships } = membershipsOf(
        rows.map(({ row }) => asParsed(row)),
        segments,
      );
      expect(memberships.length + oddMemberships).toBe(rows.filter(({ counts }) => counts).length);
    }),
    { numRuns: 2_000 },
  );
});

const definition = exportDefinition.parse({
  id: 'newsletter',
  displayName: 'Newsletter',
  connection: 'brand-a',
  segments,
  matching: {
    email: 'EMail',
    firstName: 'FirstName',
    phone: 'Telephone',
    country: 'Country',
    gender: 'Gender',
  },
  customProperties: { tier: { from: 'Tier', type: 'number' }, odd: { from: '__proto__' } },
});
const names = [
  ...columnsOf(definition).map((column) => `msdynci_${column.toLowerCase()}`),
  'msdynci_modifiedon',
];
const dirtyProfiles = fc.array(
  fc.record({
    id: goodIds,
    cells: fc.dictionary(fc.oneof(fc.constantFrom(...names), hostileKeys), anything),
  }),
  { maxLength: 5 },
);

test('every profile with an id becomes a contact or an invalid row, whatever its values are', () => {
  fc.assert(
    fc.property(dirtyProfiles, fc.array(anything, { maxLength: 3 }), (dirty, others) => {
      const rows = [...dirty.map(({ id, cells }) => ({ ...cells, msdynci_customerid: id })), ...others].map(
        asParsed,
      );
      const profiles = profilesOf(rows, columnsOf(definition));
      expect(profiles.map(({ customerId }) => customerId).slice(0, dirty.length)).toEqual(
        dirty.map(({ id }) => id),
      );
      for (const profile of profiles) {
        expect(Object.getPrototypeOf(profile.values)).toBe(Object.prototype);
        expect(['row', 'invalid']).toContain(matchProfile(profile, [0], definition).kind);
      }
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    }),
    { numRuns: 2_000 },
  );
});

const link = fc.oneof(fc.constant(undefined), fc.webUrl(), anything);
const bodies = fc.oneof(
  fc.string({ unit: 'binary' }),
  anything.map((value) => JSON.stringify(value) ?? ''),
  fc
    .record({ value: fc.oneof(anything, fc.array(anything)), next: link })
    .map(({ value, next }) => JSON.stringify({ value, '@odata.nextLink': next })),
  fc.constant(`{"value":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
  fc.constant(`{"value":[${'{},'.repeat(20_000)}{}]}`),
);

const kinds: readonly string[] = ['ok', 'throttled', 'transient', 'configuration'];

test('no mark ends in an error', async () => {
  await fc.assert(
    fc.asyncProperty(bodies, fc.constantFrom(200, 200, 400, 429, 500), async (body, status) => {
      stub.answer = () => ({ status, body });
      expect(kinds).toContain((await sourceOn(stub).mark({ segments, columns: ['EMail'] })).kind);
    }),
    { numRuns: 100 },
  );
});

test('no page ends in an error or an empty answer that is none', async () => {
  const question = { segments, columns: ['EMail'] };
  const slice = { label: 'all', spec: '' };
  await fc.assert(
    fc.asyncProperty(bodies, fc.constantFrom(200, 200, 200, 400, 429, 500), async (body, status) => {
      stub.answer = () => ({ status, body });
      const source = sourceOn(stub);
      const answer = await source.read(question, slice, null);
      if (status === 200 && answer.kind === 'ok') {
        const parsed: unknown = JSON.parse(body);
        const rows =
          typeof parsed === 'object' && parsed !== null && 'value' in parsed ? parsed.value : undefined;
        expect(Array.isArray(rows)).toBe(true);
      }
      expect(kinds).toContain((await source.segments()).kind);
      expect((await source.check()).some(({ ok }) => !ok) || status === 200).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
