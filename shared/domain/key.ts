import { hash } from 'node:crypto';
import type { KeyHash } from './ids.ts';

/**
 * The contact's key wherever it is stored: 16 bytes of SHA-256 over secret, NUL and normalised e-mail, as hex. Without
 * the secret nobody can tell whose key it is by hashing a list of addresses.
 */
export const hashKey = (secret: string, email: string): KeyHash =>
  hash('sha256', `${secret}\0${email}`, 'hex').slice(0, 32) as KeyHash;
