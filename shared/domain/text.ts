import type { LeftOutReason } from './outcome.ts';

/** What cleaning made of one optional source value. `absent`: the source has nothing to say. */
export type Cleaned<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'left-out'; readonly reason: LeftOutReason };

export const ok = <T>(value: T): Cleaned<T> => ({ kind: 'ok', value });
const absent = { kind: 'absent' } as const;
export const leftOut = (reason: LeftOutReason): Cleaned<never> => ({ kind: 'left-out', reason });

/** Longest text sent, in UTF-16 units: Omnisend's limit for property values, kept for fields without a published one. */
export const maxTextLength = 2_048;

const printableAscii = /^[\x20-\x7e]*$/;
/** Tabs and line breaks part words ("12 Main St\nApt 3"), so a space takes their place. */
const breaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/** Control characters and lone surrogates, in one pass: two passes could join surrogates that a control parted. */
const unprintable = /[\p{Cc}\p{Cs}]/gu;

/** Trimmed, NFC, without control characters. Idempotent. */
const tidy = (text: string): string =>
  printableAscii.test(text)
    ? text.trim()
    : text.replace(breaks, ' ').replace(unprintable, '').normalize('NFC').trim();

const textOf = (value: unknown): string | undefined => {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined;
    default:
      return undefined;
  }
};

/** Text of a value where text is expected; numbers and booleans are written out, anything deeper is `odd-type`. */
export const cleanText = (value: unknown): Cleaned<string> => {
  if (value === null || value === undefined) return absent;
  const raw = textOf(value);
  if (raw === undefined) return leftOut('odd-type');
  const text = tidy(raw);
  if (text === '') return absent;
  return text.length > maxTextLength ? leftOut('text-too-long') : ok(text);
};

/** Letters that Unicode does not decompose into a base letter and a mark. */
const undecomposed: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  '&': ' and ',
};

const plainWords = /^[a-z]+(?: [a-z]+)*$/;

/** The form in which names are compared: lower case, without diacritics, words parted by one space. */
export const foldText = (text: string): string => {
  const lower = text.toLowerCase();
  if (plainWords.test(lower)) return lower;
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[ßæœøłđðþı&]/g, (letter) => undecomposed[letter] ?? letter)
    .replace(/['’ʼ]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
};
