import { z } from 'zod';
import type { SourceIdentity } from '../../ports/source.ts';

/** Ids alone: nothing else of a token may be shown to anybody. */
const claims = z.object({
  appid: z.guid().optional().catch(undefined),
  azp: z.guid().optional().catch(undefined),
  oid: z.guid().optional().catch(undefined),
});

/**
 * Whose token it is, for a person who looks for that application user; `undefined` where it does not say.
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
export const identityIn = (token: string): SourceIdentity | undefined => {
  const parsed = claims.safeParse(payloadOf(token));
  if (!parsed.success) return undefined;
  const { appid, azp, oid } = parsed.data;
  const identity = { clientId: appid ?? azp ?? null, objectId: oid ?? null };
  return identity.clientId === null && identity.objectId === null ? undefined : identity;
};

const payloadOf = (token: string): unknown => {
  const [, payload = ''] = token.split('.');
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString());
  } catch {
    return undefined;
  }
};
