import type { NonEmpty } from './random.ts';

/** A raw value of the source together with what must become of it: the dirt is planted and its verdict known at once. */
export type Cell<T> = { readonly raw: string | number | null; readonly truth: CellTruth<T> };
export type CellTruth<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'left-out'; readonly reason: LeftOutReason };
export type LeftOutReason = 'phone-malformed' | 'date-malformed' | 'gender-unknown' | 'text-too-long';

export const ABSENT: { readonly kind: 'absent' } = { kind: 'absent' };

export function value<T>(raw: string | number | null, held: T): Cell<T> {
  return { raw, truth: { kind: 'value', value: held } };
}

export function leftOut(raw: string, reason: LeftOutReason): { raw: string; truth: CellTruth<never> } {
  return { raw, truth: { kind: 'left-out', reason } };
}

const CONTROLS: NonEmpty<string> = ['\u0007', '\u0000', '\u001b', '\u007f'];

/*
 * The cleaning of text that the truth assumes, for every text column:
 * trim; control characters inside are removed; Unicode form NFC; a number in a text column is its decimal text;
 * what is then empty is absent (and not reported); what is then over 2,048 characters is left out as `text-too-long`.
 */
export function textCell(clean: string, roll: number): Cell<string> {
  if (roll < 0.02) return { raw: null, truth: ABSENT };
  if (roll < 0.03) return { raw: '', truth: ABSENT };
  if (roll < 0.033) return { raw: '   ', truth: ABSENT };
  if (roll < 0.05) return value(`  ${clean} `, clean);
  if (roll < 0.055) {
    const control = CONTROLS[Math.floor(roll * 1e6) % CONTROLS.length] ?? CONTROLS[0];
    return value(clean.slice(0, 1) + control + clean.slice(1), clean);
  }
  if (roll < 0.07) return value(clean.normalize('NFD'), clean);
  return value(clean, clean);
}

/** Text with, rarely, far too much of it. */
export function longTailedCell(clean: string, roll: number): Cell<string> {
  if (roll > 0.9995) return leftOut(`${clean} `.repeat(Math.ceil(2_500 / clean.length)), 'text-too-long');
  return textCell(clean, roll);
}

/** Text that a spreadsheet has turned into a number, where that loses nothing. */
export function numberLikeCell(clean: string, roll: number): Cell<string> {
  if (roll > 0.95 && /^[1-9]\d{3,8}$/.test(clean)) return value(Number(clean), clean);
  return textCell(clean, roll);
}
