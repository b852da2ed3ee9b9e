import type { IncomingMessage } from 'node:http';
import type { Reply } from './http.ts';

/**
 * The token endpoint that App Service gives to an app with a managed identity, and the check of its tokens.
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#connect-to-azure-services-in-app-code
 */
export type TokenService = {
  answer(request: IncomingMessage, url: URL): Reply;
  /** Whether the request carries a live token made for this service. */
  admits(request: IncomingMessage): boolean;
  expireAll(): void;
  issued(): number;
};

type Options = {
  readonly identityHeader: string;
  readonly lifetimeSeconds: () => number;
  readonly now: () => number;
};

const API_VERSION = '2019-08-01';
const SANDBOX_CLIENT_ID = '00000000-0000-4000-8000-00000000c11e';
const SANDBOX_OBJECT_ID = '00000000-0000-4000-8000-0000000000b1';

export function createTokenService({ identityHeader, lifetimeSeconds, now }: Options): TokenService {
  const live = new Map<string, { readonly resource: string; readonly expiresAt: number }>();
  let issued = 0;

  return {
    answer(request, url) {
      const refuse = (status: number, message: string): Reply => ({
        status,
        body: { statusCode: status, message },
      });
      const header = request.headers['x-identity-header'];
      if (header === undefined) return refuse(400, 'The header X-IDENTITY-HEADER is missing.');
      if (header !== identityHeader) return refuse(401, 'The value of X-IDENTITY-HEADER is wrong.');
      if (url.searchParams.get('api-version') !== API_VERSION) return refuse(400, 'Unknown api-version.');
      const resource = url.searchParams.get('resource');
      if (resource === null || resource === '') return refuse(400, 'The parameter resource is missing.');
      const clientId = url.searchParams.get('client_id') ?? SANDBOX_CLIENT_ID;
      const token = tokenOf({ appid: clientId, oid: SANDBOX_OBJECT_ID, jti: `sandbox-token-${++issued}` });
      const expiresAt = now() + lifetimeSeconds() * 1_000;
      live.set(token, { resource, expiresAt });
      return {
        status: 200,
        body: {
          access_token: token,
          client_id: clientId,
          expires_on: String(Math.floor(expiresAt / 1_000)),
          resource,
          token_type: 'Bearer',
        },
      };
    },
    admits(request) {
      const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const known = token === undefined ? undefined : live.get(token);
      return (
        known !== undefined &&
        known.expiresAt > now() &&
        isAudience(known.resource, request.headers.host ?? '')
      );
    },
    expireAll: () => live.clear(),
    issued: () => issued,
  };
}

/** Of the form of Entra's: claims that its bearer can read, and a signature, which nobody checks here. */
const tokenOf = (claims: Readonly<Record<string, string>>): string =>
  ['{"alg":"none"}', JSON.stringify(claims), 'sandbox']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

/** A token for the vault opens no Dataverse. An environment's own address may stand in for this machine's. */
function isAudience(resource: string, host: string): boolean {
  if (!URL.canParse(resource)) return false;
  const url = new URL(resource);
  return url.host === host || url.hostname.endsWith('.dynamics.com');
}
