import { describe, expect, it } from 'vitest';
import { cleanBirthdate } from '../../shared/domain/birthdate.ts';
import type { PropertyType } from '../../shared/domain/definition.ts';
import { cleanGender } from '../../shared/domain/gender.ts';
import type { LeftOutReason } from '../../shared/domain/outcome.ts';
import { cleanProperty } from '../../shared/domain/property-value.ts';
import { maxTextLength } from '../../shared/domain/text.ts';

const tooLong = 'x'.repeat(maxTextLength + 1);

describe('cleanBirthdate', () => {
  it.each([
    ['1986-05-08', '1986-05-08'],
    [' 1986-05-08 ', '1986-05-08'],
    ['1900-01-01', '1900-01-01'],
    ['2000-02-29', '2000-02-29'],
    ['1986-05-08T00:00:00Z', '1986-05-08'],
    ['1986-05-08T23:59:59.999+02:00', '1986-05-08'],
    ['1986-05-08 12:30', '1986-05-08'],
    ['1986-05-08T12:30:00-0500', '1986-05-08'],
  ])('%s', (value, date) => {
    expect(cleanBirthdate(value)).toEqual({ kind: 'ok', value: date });
  });

  it.each<[value: unknown]>([
    ['5/8/1986'],
    ['08.05.1986'],
    ['1986-5-8'],
    ['1986-02-29'],
    ['1900-02-29'],
    ['1986-04-31'],
    ['1986-13-01'],
    ['1986-00-10'],
    ['1986-01-00'],
    ['1899-12-31'],
    ['0001-01-01'],
    ['1986-05-08T24:00:00Z'],
    ['1986-05-08T12:60:00Z'],
    ['1986-05-08 and more'],
    ['19860508'],
    [19860508],
    [true],
    [tooLong],
  ])('malformed: %.20s', (value) => {
    expect(cleanBirthdate(value)).toEqual({ kind: 'left-out', reason: 'date-malformed' });
  });

  it('tells absent and odd values apart', () => {
    expect(cleanBirthdate('')).toEqual({ kind: 'absent' });
    expect(cleanBirthdate([])).toEqual({ kind: 'left-out', reason: 'odd-type' });
  });
});

describe('cleanGender', () => {
  it.each([
    [
      'f',
      [
        'F',
        'Female',
        ' female ',
        'Woman',
        'weiblich',
        'Frau',
        'Féminin',
        'femme',
        'Mujer',
        'donna',
        'Kobieta',
      ],
    ],
    ['f', ['Moteris', 'Sieviete', 'Naine', 'Kvinna', 'Nainen', 'Žena']],
    ['m', ['M', 'male', 'MAN', 'männlich', 'maennlich', 'Mann', 'Homme', 'Masculino', 'uomo', 'Mężczyzna']],
    ['m', ['Vyras', 'Vīrietis', 'Mees', 'Mies', 'Muž']],
  ])('%s: %j', (gender, values) => {
    for (const value of values) expect(cleanGender(value)).toEqual({ kind: 'ok', value: gender });
  });

  it.each([['divers'], ['unknown'], ['v'], ['1'], [1], [true], ['constructor'], [tooLong]])(
    'unknown: %.20s',
    (value) => {
      expect(cleanGender(value)).toEqual({ kind: 'left-out', reason: 'gender-unknown' });
    },
  );

  it('tells absent and odd values apart', () => {
    expect(cleanGender(null)).toEqual({ kind: 'absent' });
    expect(cleanGender({ gender: 'f' })).toEqual({ kind: 'left-out', reason: 'odd-type' });
  });
});

describe('cleanProperty', () => {
  it.each<[type: PropertyType, value: unknown, sent: string | number | boolean]>([
    ['string', ' gold ', 'gold'],
    ['string', 7, '7'],
    ['string', true, 'true'],
    ['number', 7.5, 7.5],
    ['number', -0, 0],
    ['number', '-0', 0],
    ['number', ' 256414.1127 ', 256414.1127],
    ['number', '+1e3', 1000],
    ['number', '.5', 0.5],
    ['boolean', true, true],
    ['boolean', 'Yes', true],
    ['boolean', 1, true],
    ['boolean', 'FALSE', false],
    ['boolean', 'no', false],
    ['boolean', 0, false],
    ['date', '2019-01-31', '2019-01-31'],
    ['date', '1753-01-01', '1753-01-01'],
    ['date', '2019-01-31 08:15', '2019-01-31 08:15:00'],
    ['date', '2019-01-31T08:15:30', '2019-01-31 08:15:30'],
    ['date', '2019-01-31T08:15:30.123Z', '2019-01-31T08:15:30Z'],
    ['date', '2019-01-31T23:15:30-0200', '2019-02-01T01:15:30Z'],
    ['date', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ])('%s: %j', (type, value, sent) => {
    expect(cleanProperty(value, type)).toEqual({ kind: 'ok', value: sent });
  });

  it.each<[type: PropertyType, value: unknown, reason: LeftOutReason]>([
    ['string', tooLong, 'text-too-long'],
    ['string', {}, 'odd-type'],
    ['string', Number.NaN, 'odd-type'],
    ['number', '1,250', 'number-malformed'],
    ['number', '12 kg', 'number-malformed'],
    ['number', '0x10', 'number-malformed'],
    ['number', 'Infinity', 'number-malformed'],
    ['number', '1e999', 'number-malformed'],
    ['number', Number.NaN, 'number-malformed'],
    ['number', true, 'number-malformed'],
    ['number', tooLong, 'number-malformed'],
    ['number', [1], 'odd-type'],
    ['boolean', 'maybe', 'boolean-malformed'],
    ['boolean', 2, 'boolean-malformed'],
    ['boolean', {}, 'odd-type'],
    ['date', '31/01/2019', 'date-malformed'],
    ['date', '2019-02-30', 'date-malformed'],
    ['date', '0000-01-01', 'date-malformed'],
    ['date', '0001-01-01T00:00:00+01:00', 'date-malformed'],
    ['date', '9999-12-31T23:59:59-01:00', 'date-malformed'],
    ['date', 1548922530, 'date-malformed'],
    ['date', new Date(0), 'odd-type'],
  ])('%s: %.30j is left out as %s', (type, value, reason) => {
    expect(cleanProperty(value, type)).toEqual({ kind: 'left-out', reason });
  });

  it.each<[PropertyType]>([['string'], ['number'], ['boolean'], ['date']])('%s: empty is absent', (type) => {
    for (const value of ['', ' ', null, undefined])
      expect(cleanProperty(value, type)).toEqual({ kind: 'absent' });
  });
});
