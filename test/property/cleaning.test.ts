import fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { describe, expect, it } from 'vitest';
import { cleanBirthdate } from '../../shared/domain/birthdate.ts';
import { propertyType } from '../../shared/domain/definition.ts';
import { normaliseEmail } from '../../shared/domain/email.ts';
import { cleanGender } from '../../shared/domain/gender.ts';
import { cleanPhone } from '../../shared/domain/phone.ts';
import { cleanProperty } from '../../shared/domain/property-value.ts';
import { type Cleaned, cleanText, foldText, maxTextLength } from '../../shared/domain/text.ts';

const anyText = fc.string({ unit: 'binary' });
const spacedText = fc
  .array(fc.oneof(anyText, fc.constantFrom(' ', '\n', '\u0000', '\u2028', '\ud800', '\udc00', 'e', '\u0301')))
  .map((parts) => parts.join(''));

const nearlyEmail = fc.oneof(
  fc.emailAddress(),
  fc.tuple(spacedText, spacedText).map(([local, domain]) => `${local}@${domain}`),
  fc
    .tuple(fc.stringMatching(/^[A-Za-z0-9.+]{1,20}$/), anyText)
    .map(([local, label]) => `${local}@x${label}.example.com`),
  fc.tuple(fc.emailAddress(), spacedText).map(([email, text]) => `${text}${email}`),
);

/** What holds once holds again, unchanged: so a value that comes back from Omnisend or the spool makes no change. */
const isIdempotent = <T>(clean: (value: unknown) => Cleaned<T>, value: unknown): void => {
  const cleaned = clean(value);
  if (cleaned.kind === 'ok') expect(clean(cleaned.value)).toEqual(cleaned);
};

describe('cleaning', () => {
  it('is idempotent for addresses, which come out in plain ASCII and lower case', () => {
    fc.assert(
      fc.property(nearlyEmail, (value) => {
        const normalised = normaliseEmail(value);
        if (normalised.kind !== 'ok') return;
        expect(normaliseEmail(normalised.email)).toEqual(normalised);
        expect(normalised.email).toMatch(/^[!-?^-~]{1,64}@[a-z0-9.-]+$/);
        expect(normalised.email.length).toBeLessThanOrEqual(254);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes every ordinary address, whatever its case and the space around it', () => {
    const local = fc.stringMatching(/^[a-z0-9]{1,20}([.+_-][a-z0-9]{1,10}){0,2}$/);
    const domain = fc.stringMatching(/^([a-z0-9]{1,20}\.){1,3}(com|org|lt|museum)$/);
    fc.assert(
      fc.property(local, domain, (before, behind) => {
        const email = `${before}@${behind}`;
        expect(normaliseEmail(` ${email.toUpperCase()}\t`)).toEqual({ kind: 'ok', email });
      }),
    );
  });

  it('is idempotent for texts, which come out composed, trimmed and without controls', () => {
    fc.assert(
      fc.property(spacedText, (value) => {
        isIdempotent(cleanText, value);
        const cleaned = cleanText(value);
        if (cleaned.kind !== 'ok') return;
        expect(cleaned.value).toBe(cleaned.value.normalize('NFC').trim());
        expect(cleaned.value).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029]/u);
        expect(cleaned.value.length).toBeLessThanOrEqual(maxTextLength);
        expect(foldText(foldText(value))).toBe(foldText(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is idempotent for phones, dates, genders and properties, and never throws', () => {
    const date = fc
      .date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') })
      .map((moment) => moment.toISOString().slice(0, 19));
    const zone = fc.constantFrom('', 'Z', '+02:00', '-1130');
    const value = fc.oneof(
      fc.anything(),
      spacedText,
      fc.tuple(date, zone).map((parts) => parts.join('')),
      fc.stringMatching(/^\+?[0-9 ()-]{4,18}$/),
      fc.double().map(String),
      fc.constantFrom('Female', 'm', 'yes', '0'),
    );
    fc.assert(
      fc.property(value, fc.constantFrom('US', 'DE', 'ZZ', undefined), (given, countryCode) => {
        isIdempotent((again) => cleanPhone(again, countryCode), given);
        isIdempotent(cleanBirthdate, given);
        isIdempotent(cleanGender, given);
        for (const type of propertyType.options) isIdempotent((again) => cleanProperty(again, type), given);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes the international numbers that the library finds possible, and no others', () => {
    const nearlyNumber = fc.oneof(
      fc.stringMatching(/^\+[1-9][0-9]{7,14}$/),
      fc.stringMatching(/^\+(1|44|39|49|370|375|7|86)[0-9]{6,11}$/),
    );
    fc.assert(
      fc.property(nearlyNumber, (number) => {
        const parsed = parsePhoneNumberFromString(number);
        // Without a superfluous trunk zero a number may be shorter than E.164 numbers that anybody dials are.
        const isTaken = parsed?.isPossible() === true && /^\+\d{8,15}$/.test(parsed.number);
        expect(cleanPhone(number, undefined).kind).toBe(isTaken ? 'ok' : 'left-out');
      }),
      { numRuns: 5_000 },
    );
  });
});
