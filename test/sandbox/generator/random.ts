// Everything generated is a pure function of (seed, index, salt): any row can be made alone, in any order.

/** Finaliser of MurmurHash3: every input bit moves every output bit, and no two inputs share an output. */
function mix(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit unsigned draw. */
export function draw(seed: number, index: number, salt: number): number {
  return mix(mix(index + mix(seed + 0x9e3779b9)) ^ Math.imul(salt + 1, 0x9e3779b1));
}

/** A draw in [0, 1). */
export function share(seed: number, index: number, salt: number): number {
  return draw(seed, index, salt) / 0x1_0000_0000;
}

export type NonEmpty<T> = readonly [T, ...T[]];

export function pick<T>(list: NonEmpty<T>, number: number): T {
  return list[number % list.length] ?? list[0];
}

/** Early entries come often and late ones seldom, as names and countries do. */
export function pickSkewed<T>(list: NonEmpty<T>, unit: number, step = 0): T {
  return pick(list, Math.floor(unit * unit * list.length) + step);
}

const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hexWord(word: number): string {
  return `${HEX_BYTES[word >>> 24]}${HEX_BYTES[(word >>> 16) & 255]}${HEX_BYTES[(word >>> 8) & 255]}${HEX_BYTES[word & 255]}`;
}

/** 32 lower-case hex digits. */
export function hex128(seed: number, index: number, salt: number): string {
  return (
    hexWord(draw(seed, index, salt)) +
    hexWord(draw(seed, index, salt + 1)) +
    hexWord(draw(seed, index, salt + 2)) +
    hexWord(draw(seed, index, salt + 3))
  );
}

export function guid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** One number per independent draw. Customer ids take four salts per merge from 10,000, days one each from 1,000. */
export const SALT = {
  segments: 60,
  noProfile: 2,
  email: 3,
  emailForm: 4,
  modifiedOn: 5,
  firstName: 6,
  lastName: 7,
  street: 8,
  country: 9,
  countryForm: 10,
  city: 11,
  postcode: 12,
  phone: 13,
  phoneForm: 14,
  birthdate: 15,
  gender: 16,
  loyalty: 17,
  points: 18,
  membershipRows: 19,
  leaverRow: 20,
  duplicates: 21,
  nameForm: 22,
  lastNameForm: 23,
  streetForm: 24,
  cityForm: 25,
  postcodeForm: 26,
  birthdateForm: 27,
  group: 28,
  profileID: 40,
  membershipID: 50,
  day: 1_000,
  customerID: 10_000,
} as const;
