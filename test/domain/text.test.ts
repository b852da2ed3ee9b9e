import { describe, expect, it } from 'vitest';
import { cleanText, foldText, maxTextLength } from '../../shared/domain/text.ts';

describe('cleanText', () => {
  it.each<[why: string, value: unknown, text: string]>([
    ['trims', '  Ada \t', 'Ada'],
    ['trims what only Unicode calls space', '\u00a0Ada\u3000\ufeff', 'Ada'],
    ['composes', 'Zoe\u0308', 'Zo\u00eb'],
    ['drops C0 controls and DEL', 'A\u0000d\u0007a\u007f', 'Ada'],
    ['drops C1 controls', 'A\u0080d\u009fa', 'Ada'],
    ['drops lone surrogates', 'A\ud800d\udc00a', 'Ada'],
    ['joins no surrogates over a control', 'A\ud83d\u0001\ude00', 'A'],
    ['keeps pairs of surrogates', '\u{1f600}', '\u{1f600}'],
    ['parts words at line breaks', '12 Main St\r\nApt 3\u2028Floor\u20292', '12 Main St Apt 3 Floor 2'],
    ['writes numbers out', 10753, '10753'],
    ['writes booleans out', false, 'false'],
    ['takes the longest text', 'x'.repeat(maxTextLength), 'x'.repeat(maxTextLength)],
    ['measures after trimming', `${'x'.repeat(maxTextLength)} `, 'x'.repeat(maxTextLength)],
  ])('%s', (_, value, text) => {
    expect(cleanText(value)).toEqual({ kind: 'ok', value: text });
  });

  it.each([[null], [undefined], [''], [' \n '], ['\u0000'], ['\u2028']])('%j is absent', (value) => {
    expect(cleanText(value)).toEqual({ kind: 'absent' });
  });

  it.each([[{}], [[]], [['a']], [Number.NaN], [Number.POSITIVE_INFINITY], [1n], [Symbol('s')], [() => 'a']])(
    'case %# is of an odd type',
    (value) => {
      expect(cleanText(value)).toEqual({ kind: 'left-out', reason: 'odd-type' });
    },
  );

  it('leaves out a text over the limit', () => {
    expect(cleanText('x'.repeat(maxTextLength + 1))).toEqual({ kind: 'left-out', reason: 'text-too-long' });
  });
});

describe('foldText', () => {
  it.each([
    ['ÖSTERREICH', 'osterreich'],
    ["Côte d'Ivoire", 'cote divoire'],
    ['Guinea-Bissau', 'guinea bissau'],
    ['  U.S.A. ', 'u s a'],
    ['Großbritannien', 'grossbritannien'],
    ['Trinidad & Tobago', 'trinidad and tobago'],
    ['Mężczyzna', 'mezczyzna'],
    ['Россия', 'россия'],
  ])('%s → %s', (text, folded) => {
    expect(foldText(text)).toBe(folded);
  });
});
