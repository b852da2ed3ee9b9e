import type { TokenCredential } from '@azure/identity';
import type { Clock } from '../../ports/clock.ts';
import type { TokenAnswer, Tokens } from '../../ports/tokens.ts';
import { type AppServiceIdentity, type FreshToken, requestToken } from './app-service.ts';
import { failureOf } from './failures.ts';

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

  const fromEndpoint = async (from: AppServiceIdentity, scope: string): Promise<TokenAnswer> => {
    const asked = await requestToken(from, scope);
    if (asked.kind === 'ok') preferred.set(scope, asked);
    return asked;
  };

  const fromCredential = async (scope: string): Promise<TokenAnswer> => {
    try {
      const given = await credential.getToken(scope);
      return given === null
        ? { kind: 'unavailable', message: 'no token' }
        : { kind: 'ok', token: given.token };
    } catch (error) {
      return failureOf(error, identity !== undefined);
    }
  };

  return {
    async get(scope, { fresh = false } = {}) {
      if (fresh && identity) return fromEndpoint(identity, scope);
      const known = preferred.get(scope);
      if (known && known.expiresAt - marginMs > clock.now()) return { kind: 'ok', token: known.token };
      preferred.delete(scope);
      const given = await fromCredential(scope);
      // The credential wraps what the endpoint answered until it tells nothing, so that is asked for once more.
      return given.kind === 'unavailable' && identity ? fromEndpoint(identity, scope) : given;
    },
  };
};
