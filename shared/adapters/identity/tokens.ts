import type { TokenCredential } from '@azure/identity';
import type { Clock } from '../../ports/clock.ts';
import type { Tokens } from '../../ports/tokens.ts';
import { type AppServiceIdentity, type FreshToken, requestToken } from './app-service.ts';

interface TokenOptions {
  readonly credential: TokenCredential;
  readonly clock: Pick<Clock, 'now'>;
  /** Where a fresh token is asked for; without it, `fresh` gives what the credential gives. */
  readonly identity: AppServiceIdentity | undefined;
}

/** A token is not used in its last minutes, so that it cannot end on the way. */
const marginMs = 5 * 60_000;

/**
 * Tokens from a credential, which keeps them itself. It cannot be told to forget one (its cache is one for the whole
 * process), so a fresh token is asked for past it, and from then on is given until it ends.
 */
export const identityTokens = ({ credential, clock, identity }: TokenOptions): Tokens => {
  const preferred = new Map<string, FreshToken>();
  return {
    async get(scope, { fresh = false } = {}) {
      if (fresh && identity) {
        const asked = await requestToken(identity, scope);
        preferred.set(scope, asked);
        return asked.token;
      }
      const known = preferred.get(scope);
      if (known && known.expiresAt - marginMs > clock.now()) return known.token;
      preferred.delete(scope);
      const token = await credential.getToken(scope);
      if (token === null) throw new Error(`The app's identity got no token for ${scope}.`);
      return token.token;
    },
  };
};
