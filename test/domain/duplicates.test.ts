import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settleRivals } from '../../shared/domain/duplicates.ts';
import type { SpoolRow } from '../../shared/domain/spool.ts';
import { idOf, rowArbitrary, rowOf } from './planning.ts';

const rival = (id: string, at?: number): SpoolRow =>
  rowOf(1, { id: idOf(id), ...(at === undefined ? {} : { at }) });

test.each([
  ['the newest change wins', [rival('a', 1), rival('b', 2)], 'b'],
  ['a known age wins over an unknown one', [rival('a'), rival('b', 0)], 'b'],
  ['of equal age the lowest id wins', [rival('b', 5), rival('a', 5)], 'a'],
  ['of unknown age the lowest id wins', [rival('b'), rival('a')], 'a'],
])('%s', (_, rows, winner) => {
  expect(settleRivals(rows).winner.id).toBe(winner);
});

test('the segments of all rivals count', () => {
  const rows = [rowOf(1, { segments: [2] }), rowOf(1, { id: idOf('z'), segments: [0, 2] })];
  expect(settleRivals(rows).segments).toEqual([0, 2]);
});

test('any order of rows gives the same winner and the same order of losers', () => {
  fc.assert(
    fc.property(fc.array(rowArbitrary, { minLength: 1 }), fc.infiniteStream(fc.nat()), (rows, chance) => {
      const shuffled = rows.map((row) => ({ row, at: chance.next().value })).sort((a, b) => a.at - b.at);
      expect(settleRivals(shuffled.map(({ row }) => row))).toEqual(settleRivals(rows));
    }),
  );
});

test('the newest word on consent counts, whoever wins; of the same moment the opt-out', () => {
  const said = (id: string, at: number, status: 'subscribed' | 'unsubscribed', year: number): SpoolRow => {
    const row = rival(id, at);
    return { ...row, contact: { ...row.contact, consent: { status, at: `${year}-01-01T00:00:00.000Z` } } };
  };
  const consentOf = (rows: readonly SpoolRow[]) => settleRivals(rows).winner.contact.consent;
  expect(consentOf([said('a', 9, 'subscribed', 2020), said('b', 1, 'unsubscribed', 2024)])).toMatchObject({
    status: 'unsubscribed',
  });
  expect(consentOf([said('a', 9, 'subscribed', 2024), said('b', 1, 'unsubscribed', 2024)])).toMatchObject({
    status: 'unsubscribed',
  });
  expect(consentOf([said('a', 9, 'unsubscribed', 2020), said('b', 1, 'subscribed', 2024)])).toMatchObject({
    status: 'subscribed',
  });
  expect(consentOf([rival('a', 9), said('b', 1, 'unsubscribed', 2024)])).toMatchObject({
    status: 'unsubscribed',
  });
});

test('a customer whom two slices gave is one customer, with the segments of both', () => {
  const [first, again] = [rowOf(1, { segments: [0] }), rowOf(1, { segments: [1] })];
  expect(settleRivals([first, again])).toMatchObject({ losers: [], repeated: 1, segments: [0, 1] });
  const other = rowOf(1, { id: idOf('z') });
  const { losers, repeated } = settleRivals([other, first, other, again]);
  expect([losers.length, repeated]).toEqual([1, 2]);
});
