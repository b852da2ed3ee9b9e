import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import parsePhoneNumber, { isSupportedCountry } from 'libphonenumber-js/min';
import { describe, expect, it } from 'vitest';
import { longTailedCell, numberLikeCell, textCell } from './cell.ts';
import { emailCell, IDN_DOMAINS } from './email.ts';
import { birthdateCell, countryCell, genderCell, phoneCell } from './fields.ts';
import { PLACES } from './places.ts';
import { createPopulation, type Population } from './population.ts';
import { SEGMENT_NAMES } from './segments.ts';
import { createTruth } from './truth.ts';

const EXPORTED = ['Newsletter_subscribers', 'High_value'];
const ROWS = 20_000;
const first = createPopulation({ seed: 7, rows: ROWS, day: 1 });
const second = createPopulation({ seed: 7, rows: ROWS, day: 2 });

function indexes(population: Population): number[] {
  return Array.from({ length: population.size }, (_, index) => index);
}

function shareOf(population: Population, holds: (index: number) => boolean): number {
  return indexes(population).filter(holds).length / population.size;
}

describe('population', () => {
  it('gives the same rows for the same seed, in any order, and others for another', () => {
    const again = createPopulation({ seed: 7, rows: ROWS, day: 1 });
    const other = createPopulation({ seed: 8, rows: ROWS, day: 1 });
    fc.assert(
      fc.property(fc.nat(ROWS - 1), (index) => {
        expect(again.draft(index)).toEqual(first.draft(index));
        expect(again.memberships(index)).toEqual(first.memberships(index));
        expect(other.customerID(index)).not.toBe(first.customerID(index));
      }),
    );
  });

  it('has customer ids of 32 hex digits, all different, in order', () => {
    const order = second.order();
    const ids = Array.from({ length: order.length }, (_, position) => second.customerID(order.at(position)));
    expect(ids).toHaveLength(second.size);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
    expect(order.lowerBound('')).toBe(0);
    expect(order.lowerBound('g')).toBe(order.length);
    expect(ids.slice(order.lowerBound('a7'), order.lowerBound('a8'))).toEqual(
      ids.filter((id) => id.startsWith('a7')),
    );
  });

  it('spreads ids evenly over prefixes', () => {
    const order = first.order();
    for (const digit of '0123456789abcdef') {
      const size = order.lowerBound(`${digit}~`) - order.lowerBound(digit);
      expect(size / ROWS).toBeGreaterThan(0.055);
      expect(size / ROWS).toBeLessThan(0.07);
    }
  });
});

describe('planted shares', () => {
  const holdsField = (field: string, reason: string) => (index: number) =>
    first.draft(index)?.leftOut.some((one) => one.field === field && one.reason === reason) ?? false;
  const invalidEmail = (reason: string) => (index: number) => {
    const email = first.draft(index)?.email;
    return email?.kind === 'invalid' && email.reason === reason;
  };
  const cases: [name: string, low: number, high: number, holds: (index: number) => boolean][] = [
    ['e-mail missing', 0.003, 0.007, invalidEmail('email-missing')],
    ['e-mail malformed', 0.003, 0.007, invalidEmail('email-malformed')],
    [
      'e-mail valid but not normal',
      0.015,
      0.03,
      (index) => {
        const draft = first.draft(index);
        return draft?.email.kind === 'email' && draft.email.email !== draft.profile.msdynci_email;
      },
    ],
    ['shared e-mail', 0.004, 0.006, (index) => first.sameEmail(index).length > 1],
    ['no profile', 0.0003, 0.002, (index) => first.profile(index) === null],
    ['phone left out', 0.04, 0.06, holdsField('phone', 'phone-malformed')],
    ['birthdate left out', 0.005, 0.015, holdsField('birthdate', 'date-malformed')],
    ['gender left out', 0.02, 0.04, holdsField('gender', 'gender-unknown')],
    ['city left out', 0.0001, 0.002, holdsField('city', 'text-too-long')],
    ['several membership rows', 0.015, 0.035, (index) => first.memberships(index).length > 1],
    ['in no segment', 0.15, 0.3, (index) => first.memberships(index).length === 0],
    [
      'number in a text column',
      0.005,
      0.05,
      (index) => typeof first.profile(index)?.msdynci_postcode === 'number',
    ],
    [
      'control character',
      0.002,
      0.01,
      (index) => {
        const name = String(first.profile(index)?.msdynci_firstname);
        return [...name].some((one) => one < ' ' || one === '\u007f');
      },
    ],
  ];
  it.each(cases)('%s', (_, low, high, holds) => {
    const part = shareOf(first, holds);
    expect(part).toBeGreaterThan(low);
    expect(part).toBeLessThan(high);
  });
});

describe('verdicts of single cells, by hand', () => {
  const berlin = PLACES.find(({ countryCode }) => countryCode === 'DE') ?? PLACES[0];
  const plan = berlin.numbers;
  const cases: [name: string, made: unknown, expected: unknown][] = [
    ['text', textCell('Zoë', 0.9), { raw: 'Zoë', truth: { kind: 'value', value: 'Zoë' } }],
    ['null', textCell('Zoë', 0.01), { raw: null, truth: { kind: 'absent' } }],
    ['empty', textCell('Zoë', 0.025), { raw: '', truth: { kind: 'absent' } }],
    ['blank', textCell('Zoë', 0.031), { raw: '   ', truth: { kind: 'absent' } }],
    ['padded', textCell('Zoë', 0.04), { raw: '  Zoë ', truth: { kind: 'value', value: 'Zoë' } }],
    ['decomposed', textCell('Zoë', 0.06), { raw: 'Zoe\u0308', truth: { kind: 'value', value: 'Zoë' } }],
    [
      'number as text',
      numberLikeCell('10115', 0.99),
      { raw: 10115, truth: { kind: 'value', value: '10115' } },
    ],
    [
      'leading zero stays text',
      numberLikeCell('01067', 0.99),
      { raw: '01067', truth: { kind: 'value', value: '01067' } },
    ],
    [
      'national telephone',
      phoneCell(plan, true, '2345678', 0.75, 0),
      { raw: '015112345678', truth: { kind: 'value', value: '+4915112345678' } },
    ],
    [
      'no national telephone without country',
      phoneCell(plan, false, '2345678', 0.75, 0),
      { raw: '+49 151 123 45678', truth: { kind: 'value', value: '+4915112345678' } },
    ],
    [
      'telephone with extension',
      phoneCell(plan, true, '2345678', 0.15, 0),
      { raw: '015112345678x9509', truth: { kind: 'left-out', reason: 'phone-malformed' } },
    ],
    [
      'impossible date',
      birthdateCell(0.205, 0),
      { raw: '1985-02-30', truth: { kind: 'left-out', reason: 'date-malformed' } },
    ],
    [
      'date and time',
      birthdateCell(0.3, 45),
      { raw: '1985-01-01T00:00:00Z', truth: { kind: 'value', value: '1985-01-01' } },
    ],
    ['gender', genderCell(0.3, 2), { raw: 'F', truth: { kind: 'value', value: 'f' } }],
    [
      'gender unknown',
      genderCell(0.12, 0),
      { raw: 'unknown', truth: { kind: 'left-out', reason: 'gender-unknown' } },
    ],
    [
      'country by local name',
      countryCell(berlin, 0.5, 1),
      { raw: 'Deutschland', truth: { kind: 'value', value: { countryCode: 'DE' } } },
    ],
    [
      'no country',
      countryCell(berlin, 0.032, 0),
      { raw: 'Atlantis', truth: { kind: 'value', value: { country: 'Atlantis' } } },
    ],
    [
      'plain e-mail',
      emailCell(8, false, 0.9, 0),
      { raw: 'anna.8@example.org', truth: { kind: 'email', email: 'anna.8@example.org' } },
    ],
    [
      'upper case e-mail',
      emailCell(8, false, 0.025, 0),
      { raw: 'ANNA.8@EXAMPLE.ORG', truth: { kind: 'email', email: 'anna.8@example.org' } },
    ],
    [
      'decomposed domain',
      emailCell(8, false, 0.015, 258),
      {
        raw: 'anna.8@bu\u0308cher.example.org',
        truth: { kind: 'email', email: 'anna.8@xn--bcher-kva.example.org' },
      },
    ],
    [
      'two @',
      emailCell(8, false, 0.007, 1),
      { raw: 'anna.8@shop@example.com', truth: { kind: 'invalid', reason: 'email-malformed' } },
    ],
    [
      'no e-mail',
      emailCell(8, false, 0.001, 0),
      { raw: null, truth: { kind: 'invalid', reason: 'email-missing' } },
    ],
  ];
  it.each(cases)('%s', (_, made, expected) => {
    expect(made).toEqual(expected);
  });

  it('too long a text', () => {
    const cell = longTailedCell('Köln', 0.9999);
    expect(String(cell.raw).trim().length).toBeGreaterThan(2_048);
    expect(cell.truth).toEqual({ kind: 'left-out', reason: 'text-too-long' });
  });

  it('domains beyond ASCII are those that a resolver would ask for', () => {
    for (const [unicode, ascii] of IDN_DOMAINS) expect(domainToASCII(unicode)).toBe(ascii);
  });
});

describe('truth', () => {
  const truth = createTruth(first, EXPORTED);

  it('holds telephones that the numbering plans allow, also as they were written', () => {
    for (const contact of truth.contacts()) {
      const { phone } = contact.fields;
      if (phone !== undefined) expect(parsePhoneNumber(phone)?.isValid(), phone).toBe(true);
    }
    for (const place of PLACES) {
      for (let number = 0; number < 40; number++) {
        for (const roll of [0.4, 0.6, 0.75, 0.85, 0.95]) {
          const { raw, truth: held } = phoneCell(
            place.numbers,
            true,
            String(2_345_678 + number),
            roll,
            number * 131,
          );
          if (!isSupportedCountry(place.countryCode)) throw new Error(place.countryCode);
          const parsed = parsePhoneNumber(String(raw), place.countryCode);
          expect({ raw, parsed: parsed?.number, valid: parsed?.isValid() }).toEqual({
            raw,
            parsed: held.kind === 'value' ? held.value : null,
            valid: true,
          });
        }
      }
    }
  });

  it('accounts for every customer once', () => {
    const kinds = { contact: 0, duplicate: 0, invalid: 0, outside: 0 };
    for (const index of indexes(first)) kinds[truth.verdict(index).kind]++;
    const counts = truth.counts();
    expect(kinds.contact).toBe(counts.contacts);
    expect(kinds.duplicate).toBe(counts.duplicates);
    expect(kinds.invalid).toBe(Object.values(counts.invalid).reduce((a, b) => a + b, 0));
    expect(kinds.contact + kinds.duplicate + kinds.invalid).toBe(counts.customers);
    expect(kinds.duplicate).toBeGreaterThan(0);
    const emails = [...truth.contacts()].map(({ email }) => email);
    expect(new Set(emails).size).toBe(counts.contacts);
    expect(emails.every((email) => email === email.trim().toLowerCase().normalize('NFC'))).toBe(true);
  });

  it('agrees with the membership rows that the source shows', () => {
    const truth = createTruth(second, EXPORTED);
    for (const index of indexes(second)) {
      const shown = second
        .memberships(index)
        .flatMap((row): string[] => JSON.parse(row.msdynci_segments).Segments)
        .filter((name) => EXPORTED.includes(name));
      expect(truth.verdict(index).kind === 'outside').toBe(shown.length === 0);
    }
  });

  it('lets the newest profile win, then the lowest customer id, and joins the segments', () => {
    const seen = { tie: 0, newest: 0 };
    const contacts = new Map(
      [...createTruth(first, SEGMENT_NAMES).contacts()].map((one) => [one.email, one]),
    );
    for (const index of indexes(first)) {
      const sharers = first.sameEmail(index);
      const email = first.draft(index)?.email;
      if (sharers.length < 2 || sharers[0] !== index || email?.kind !== 'email') continue;
      const contact = contacts.get(email.email);
      const same = sharers.filter((one) => first.profile(one) !== null && first.segmentMask(one) !== 0);
      if (same.length < 2) continue;
      const profiles = same.flatMap((one) => first.profile(one) ?? []);
      const newest = profiles
        .map((one) => one.msdynci_modifiedon)
        .sort()
        .at(-1);
      const candidates = profiles.filter((one) => one.msdynci_modifiedon === newest);
      expect(contact?.customerID).toBe(candidates.map((one) => one.msdynci_customerid).sort()[0]);
      seen[candidates.length > 1 ? 'tie' : 'newest']++;
      const union = new Set(
        same.flatMap((one) =>
          first.memberships(one).flatMap((row): string[] => JSON.parse(row.msdynci_segments).Segments),
        ),
      );
      expect(
        Object.entries(contact?.segments ?? {})
          .flatMap(([name, is]) => (is ? [name] : []))
          .sort(),
      ).toEqual([...union].sort());
    }
    expect(seen.tie).toBeGreaterThan(0);
    expect(seen.newest).toBeGreaterThan(0);
  });
});

describe('the next day', () => {
  it('changes what it says, found also by comparing both days whole', () => {
    const expected = createTruth(second, EXPORTED).changes(1);
    const whole = (population: Population) =>
      new Map([...createTruth(population, EXPORTED).contacts()].map((one) => [one.email, one]));
    const was = whole(first);
    const is = whole(second);
    const joined = [...is.keys()].filter((email) => !was.has(email));
    const left = [...was.keys()].filter((email) => !is.has(email));
    const changed = [...is].flatMap(([email, { fields, segments }]) => {
      const before = was.get(email);
      if (before === undefined) return [];
      return JSON.stringify([before.fields, before.segments]) === JSON.stringify([fields, segments])
        ? []
        : [email];
    });
    expect([...expected.joined].sort()).toEqual(joined.sort());
    expect([...expected.left].sort()).toEqual(left.sort());
    expect([...expected.changed].sort()).toEqual(changed.sort());
    for (const list of Object.values(expected)) expect(list.length).toBeGreaterThan(0);
    const sole = new Set(
      indexes(second)
        .filter((index) => second.sameEmail(index).length === 1)
        .map(second.customerID),
    );
    for (const email of expected.merged) {
      const contact = is.get(email);
      if (contact && sole.has(contact.customerID))
        expect(contact.customerID).not.toBe(was.get(email)?.customerID);
    }
  });

  it('has the shares of events that are planned', () => {
    const touched = indexes(first).map((index) => ({ was: first.history(index), is: second.history(index) }));
    const part = (holds: (one: (typeof touched)[number]) => boolean) => touched.filter(holds).length / ROWS;
    expect(second.size).toBe(20_100);
    expect(part(({ is }) => is.left)).toBeCloseTo(0.005, 2);
    expect(part(({ is }) => is.merges > 0)).toBeGreaterThan(0.0004);
    const changes = part(({ is }) => is.cityVersion + is.phoneVersion + is.nameVersion > 0);
    expect(changes).toBeGreaterThan(0.007);
    expect(changes).toBeLessThan(0.013);
  });

  it('removes the old id of who merged and keeps the address', () => {
    const merged = indexes(first).filter((index) => second.history(index).merges > 0);
    expect(merged.length).toBeGreaterThan(0);
    for (const index of merged) {
      const id = first.customerID(index);
      const order = second.order();
      const at = order.lowerBound(id);
      expect(at < order.length && second.customerID(order.at(at)) === id).toBe(false);
      expect(second.draft(index)?.email).toEqual(first.draft(index)?.email);
    }
  });
});
