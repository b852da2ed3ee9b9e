import { describe, expect, it } from 'vitest';
import { cleanPhone } from '../../shared/domain/phone.ts';

// Numbers from ranges that regulators keep free for fiction, as far as a country has one.
describe('cleanPhone', () => {
  it.each<[why: string, value: unknown, countryCode: string | undefined, phone: string]>([
    ['E.164', '+12135550123', undefined, '+12135550123'],
    ['E.164 of another country than the contact', '+442079460958', 'US', '+442079460958'],
    ['with separators', ' +1 (213) 555-0123 ', undefined, '+12135550123'],
    ['with Unicode hyphens and spaces', '+1\u00a0213\u2011555\u20130123', undefined, '+12135550123'],
    ['trunk zero in brackets', '+44 (0)20 7946 0958', undefined, '+442079460958'],
    ['trunk zero where the length would do', '+49 (0)30 23125 123', undefined, '+493023125123'],
    ['a zero that belongs to the number', '+39 06 1234 5678', undefined, '+390612345678'],
    ['possible, though its area code does not exist', '+1-569-626-5660', undefined, '+15696265660'],
    ['non-geographic calling code', '+80012345678', undefined, '+80012345678'],
    ['national, US', '(213) 555-0123', 'US', '+12135550123'],
    ['national, as a number', 2135550123, 'US', '+12135550123'],
    ['national with trunk 1', '1-213-555-0123', 'US', '+12135550123'],
    ['national with trunk 0', '020 7946 0958', 'GB', '+442079460958'],
    ['national, Germany', '030/23125 123', 'DE', '+493023125123'],
    ['national, Lithuania', '612 34567', 'LT', '+37061234567'],
    ['international prefix of the country', '00 44 20 7946 0958', 'DE', '+442079460958'],
  ])('%s', (_, value, countryCode, phone) => {
    expect(cleanPhone(value, countryCode)).toEqual({ kind: 'ok', value: phone });
  });

  it.each<[why: string, value: unknown, countryCode: string | undefined]>([
    ['an extension', '213.555.0123x9509', 'US'],
    ['an extension of an E.164 number', '+12135550123 ext. 7', 'US'],
    ['letters', '1-800-FLOWERS', 'US'],
    ['a few digits', '-6854', 'US'],
    ['only signs', '--', 'US'],
    ['a word', 'n/a', 'US'],
    ['national without a country', '213-555-0123', undefined],
    ['national of an unknown country', '213-555-0123', 'ZZ'],
    ['national of another country', '020 7946 0958', 'US'],
    ['an area code that does not exist', '569-626-5660', 'US'],
    ['an unknown calling code', '+999123456789', undefined],
    ['too short for the country', '+1213555', undefined],
    ['too long for the country', '+121355501234', undefined],
    ['too long for E.164', '+1234567890123456', undefined],
    ['a plus inside', '1+2135550123', 'US'],
    ['two plus', '++12135550123', 'US'],
    ['a text far too long', '1'.repeat(100_000), 'US'],
    ['a fraction', 2135550123.5, 'US'],
  ])('malformed: %s', (_, value, countryCode) => {
    expect(cleanPhone(value, countryCode)).toEqual({ kind: 'left-out', reason: 'phone-malformed' });
  });

  it('tells absent and odd values apart', () => {
    expect(cleanPhone(' ', 'US')).toEqual({ kind: 'absent' });
    expect(cleanPhone({}, 'US')).toEqual({ kind: 'left-out', reason: 'odd-type' });
  });
});
