import { describe, expect, it } from 'vitest';
import { normaliseEmail } from '../../shared/domain/email.ts';

const label63 = 'a'.repeat(63);
const domainOf = (length: number): string =>
  `${`${label63}.`.repeat(3)}${'b'.repeat(length - 3 * 64 - 4)}.com`;

describe('normaliseEmail', () => {
  it.each<[why: string, value: string, email: string]>([
    ['plain', 'ada@example.com', 'ada@example.com'],
    ['trimmed', '\t ada@example.com \u00a0', 'ada@example.com'],
    ['lower case', 'Ada.L@EXAMPLE.Com', 'ada.l@example.com'],
    ['dots and plus-parts stay', 'a.d.a+news@example.com', 'a.d.a+news@example.com'],
    ['all atom characters', "!#$%&'*+/=?^_`{|}~-9@example.org", "!#$%&'*+/=?^_`{|}~-9@example.org"],
    ['composed', '\u1fefada@example.com', '`ada@example.com'],
    ['IDN', 'ada@BÜCHER.example.com', 'ada@xn--bcher-kva.example.com'],
    ['decomposed IDN', 'ada@bu\u0308cher.example.com', 'ada@xn--bcher-kva.example.com'],
    ['IDN in ASCII already', 'ada@XN--bcher-kva.example.com', 'ada@xn--bcher-kva.example.com'],
    ['IDN top level', 'ada@example.рф', 'ada@example.xn--p1ai'],
    ['ideographic full stop', 'ada@例え。example.com', 'ada@xn--r8jz45g.example.com'],
    ['inner hyphens, digits first', 'ada@3-x.example.com', 'ada@3-x.example.com'],
    ['longest local part', `${'l'.repeat(64)}@example.com`, `${'l'.repeat(64)}@example.com`],
    ['longest label', `ada@${label63}.com`, `ada@${label63}.com`],
    ['longest address', `a@${domainOf(252)}`, `a@${domainOf(252)}`],
  ])('%s', (_, value, email) => {
    expect(normaliseEmail(value)).toEqual({ kind: 'ok', email });
  });

  it.each([[null], [undefined], [''], ['  \t\n']])('%j is missing', (value) => {
    expect(normaliseEmail(value)).toEqual({ kind: 'missing' });
  });

  it.each<[why: string, value: unknown]>([
    ['a number', 1],
    ['a boolean', true],
    ['an object', { email: 'ada@example.com' }],
    ['a list', ['ada@example.com']],
    ['no @', 'ada.example.com'],
    ['two @', 'ada@b@example.com'],
    ['nothing before the @', '@example.com'],
    ['nothing behind the @', 'ada@'],
    ['a space', 'ada l@example.com'],
    ['a space in the domain', 'ada@exa mple.com'],
    ['a control character', 'ada\u0000@example.com'],
    ['a control character in the domain', 'ada@exam\u0007ple.com'],
    ['a leading dot', '.ada@example.com'],
    ['a trailing dot', 'ada.@example.com'],
    ['a double dot', 'a..da@example.com'],
    ['no dot in the domain', 'ada@localhost'],
    ['a leading dot in the domain', 'ada@.example.com'],
    ['a trailing dot in the domain', 'ada@example.com.'],
    ['a double dot in the domain', 'ada@example..com'],
    ['a label with a leading hyphen', 'ada@-x.example.com'],
    ['a label with a trailing hyphen', 'ada@x-.example.com'],
    ['an underscore in the domain', 'ada@a_b.example.com'],
    ['a numeric top level', 'ada@example.123'],
    ['an IPv4 address', 'ada@192.0.2.1'],
    ['an address literal', 'ada@[192.0.2.1]'],
    ['a quoted local part', '"ada l"@example.com'],
    ['a comment', 'ada(x)@example.com'],
    ['a display name', 'Ada <ada@example.com>'],
    ['a list of addresses', 'ada@example.com, bob@example.org'],
    ['a UTF-8 local part', 'zoë@example.com'],
    ['a path behind an IDN', 'ada@bücher.example.com/x'],
    ['a port behind an IDN', 'ada@bücher.example.com:25'],
    ['percent-encoding beside an IDN', 'ada@bücher.ex%61mple.com'],
    ['a wide slash in the domain', 'ada@bücher.example.com／x'],
    ['broken punycode', 'ada@xn--\u00fc.example.com'],
    ['a local part too long', `${'l'.repeat(65)}@example.com`],
    ['a label too long', `ada@${label63}a.com`],
    ['an address too long', `ab@${domainOf(252)}`],
    ['a text far too long', `${'a@'.repeat(100_000)}example.com`],
  ])('malformed: %s', (_, value) => {
    expect(normaliseEmail(value)).toEqual({ kind: 'malformed' });
  });
});
