import { domainToASCII } from 'node:url';

export type NormalisedEmail =
  | { readonly kind: 'ok'; readonly email: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'malformed' };

const missing = { kind: 'missing' } as const;
const malformed = { kind: 'malformed' } as const;

/** RFC 5321, 4.5.3.1: octets of the local part, and of a path without its angle brackets. */
const maxLocalLength = 64;
const maxEmailLength = 254;
/** Composing and IDN shorten a text, but nothing this long can become an address: spare the work. */
const maxRawLength = 1_024;

/** RFC 5322 dot-atom, lower case. ASCII only: a UTF-8 local part needs SMTPUTF8, which few mail servers have. */
const dotAtom = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
/** At least two labels of letters, digits and inner hyphens, at most 63 each; the last is not a number. */
const ldhDomain = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** `domainToASCII` reads its argument as a URL's host, so `/`, `:`, `%` and the like must not reach it. */
const idnCandidate = /^[a-z0-9.\-\u0080-\u{10ffff}]+$/u;
const needsIdn = /[^\0-\x7f]|xn--/;

const asciiDomain = (domain: string): string => {
  if (!needsIdn.test(domain)) return domain;
  return idnCandidate.test(domain) ? domainToASCII(domain) : '';
};

/**
 * The address as it identifies a person: trimmed, NFC, lower case, domain in ASCII. Dots and plus-parts stay, because
 * only the mail server knows what they mean. Quoted local parts, comments and address literals are `malformed`.
 */
export const normaliseEmail = (value: unknown): NormalisedEmail => {
  if (value === null || value === undefined) return missing;
  if (typeof value !== 'string') return malformed;
  const trimmed = value.trim();
  if (trimmed === '') return missing;
  if (trimmed.length > maxRawLength) return malformed;
  const text = trimmed.normalize('NFC').toLowerCase();
  const at = text.indexOf('@');
  if (at < 1 || at > maxLocalLength) return malformed;
  const local = text.slice(0, at);
  const domain = asciiDomain(text.slice(at + 1));
  if (at + 1 + domain.length > maxEmailLength) return malformed;
  return dotAtom.test(local) && ldhDomain.test(domain)
    ? { kind: 'ok', email: `${local}@${domain}` }
    : malformed;
};
