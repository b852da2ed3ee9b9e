import { z } from 'zod';
import { endpointFailure, type TokenFailure } from './failures.ts';

/** Where App Service and Functions serve tokens of the managed identity. */
export interface AppServiceIdentity {
  readonly endpoint: string;
  readonly header: string;
  readonly clientId?: string;
}

export interface FreshToken {
  readonly kind: 'ok';
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const tokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_on: z.coerce.number().int().positive(),
});
const timeoutMs = 10_000;

/** What the platform tells the process about its identity; `undefined` where it runs elsewhere. */
export const appServiceIdentity = (
  environment: Readonly<Record<string, string | undefined>>,
  clientId?: string,
): AppServiceIdentity | undefined => {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = environment;
  if (!endpoint || !header) return undefined;
  return { endpoint, header, ...(clientId !== undefined && { clientId }) };
};

/** Asks the endpoint itself. https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference */
export const requestToken = async (
  identity: AppServiceIdentity,
  scope: string,
): Promise<FreshToken | TokenFailure> => {
  const url = new URL(identity.endpoint);
  url.searchParams.set('api-version', '2019-08-01');
  url.searchParams.set('resource', scope.replace(/\/\.default$/, ''));
  if (identity.clientId !== undefined) url.searchParams.set('client_id', identity.clientId);
  try {
    const response = await fetch(url, {
      headers: { 'X-IDENTITY-HEADER': identity.header },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    if (!response.ok) return endpointFailure(response.status, text);
    const parsed = tokenAnswer.safeParse(jsonOf(text));
    if (!parsed.success) return { kind: 'unavailable', message: 'an answer that is no token' };
    return { kind: 'ok', token: parsed.data.access_token, expiresAt: parsed.data.expires_on * 1000 };
  } catch (error) {
    return { kind: 'unavailable', message: error instanceof Error ? error.name : 'unknown' };
  }
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
