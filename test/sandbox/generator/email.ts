import { type NonEmpty, pick } from './random.ts';
import { MAILBOX_WORDS } from './words.ts';

export type EmailCell = {
  readonly raw: string | null;
  readonly truth:
    | { readonly kind: 'email'; readonly email: string }
    | { readonly kind: 'invalid'; readonly reason: 'email-missing' | 'email-malformed' };
};

export const MISSING_SHARE = 0.005;
export const MALFORMED_SHARE = 0.005;
export const VARIANT_SHARE = 0.02;

const DOMAINS: NonEmpty<string> = ['example.com', 'example.org', 'mail.example.com', 'post.example.org'];
const MISSING: NonEmpty<string | null> = [null, '', '   '];

const MALFORMED: NonEmpty<(local: string) => string> = [
  (local) => `${local}.example.com`,
  (local) => `${local}@shop@example.com`,
  (local) => `${local} b@example.com`,
  (local) => `${local}@exam ple.com`,
  (local) => `${local}@example`,
  (local) => `${local}@example.com.`,
  (local) => `${local}@example..com`,
  (local) => `${local}@`,
  () => '@example.com',
];

/** Domains beyond ASCII with the ASCII form that the registry would hold. */
export const IDN_DOMAINS: NonEmpty<readonly [unicode: string, ascii: string]> = [
  ['bücher.example.org', 'xn--bcher-kva.example.org'],
  ['münchen.example.com', 'xn--mnchen-3ya.example.com'],
  ['日本.example.com', 'xn--wgv71a.example.com'],
];

/** Valid, though not yet in the normal form. */
const VARIANTS: NonEmpty<(local: string, domain: string) => readonly [raw: string, email: string]> = [
  (local, domain) => [`${local}@${domain}`.toUpperCase(), `${local}@${domain}`],
  (local, domain) => [`  ${local}@${domain}\t`, `${local}@${domain}`],
  (local, domain) => [`${local}@${domain[0]?.toUpperCase()}${domain.slice(1)} `, `${local}@${domain}`],
];
const IDN_VARIANTS: NonEmpty<(idn: string) => string> = [
  (idn) => idn,
  (idn) => idn.normalize('NFD'),
  (idn) => idn.toUpperCase(),
];

/** @param person  what makes the address unique: profiles of one person give the same number */
export function emailCell(person: number, shared: boolean, roll: number, number: number): EmailCell {
  const local = `${pick(MAILBOX_WORDS, person)}.${person.toString(36)}${person % 40 === 7 ? '+news' : ''}`;
  const domain = pick(DOMAINS, person >>> 3);
  // Profiles that share an address must not lose it to dirt, but may well write it differently.
  if (!shared) {
    if (roll < MISSING_SHARE) {
      return { raw: pick(MISSING, number), truth: { kind: 'invalid', reason: 'email-missing' } };
    }
    if (roll < MISSING_SHARE + MALFORMED_SHARE) {
      return { raw: pick(MALFORMED, number)(local), truth: { kind: 'invalid', reason: 'email-malformed' } };
    }
    if (roll < MISSING_SHARE + MALFORMED_SHARE + VARIANT_SHARE / 2) {
      const [unicode, ascii] = pick(IDN_DOMAINS, number);
      const raw = `${local}@${pick(IDN_VARIANTS, number >>> 8)(unicode)}`;
      return { raw, truth: { kind: 'email', email: `${local}@${ascii}` } };
    }
  }
  if (shared ? roll < 0.5 : roll < MISSING_SHARE + MALFORMED_SHARE + VARIANT_SHARE) {
    const [raw, email] = pick(VARIANTS, number)(local, domain);
    return { raw, truth: { kind: 'email', email } };
  }
  const email = `${local}@${domain}`;
  return { raw: email, truth: { kind: 'email', email } };
}
