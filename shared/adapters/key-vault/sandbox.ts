import type { SecretClientOptions } from '@azure/keyvault-secrets';

type Policy = NonNullable<SecretClientOptions['additionalPolicies']>[number]['policy'];

/** The vault that the client believes it speaks to. */
export const sandboxVaultUrl = 'https://sandbox.vault.azure.net';

/** True for plain http on this machine: where a simulated vault listens, and nothing else may. */
export const isLoopbackHttp = (url: string): boolean =>
  /^http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?\/?$/.test(url);

/**
 * Sends what is meant for the vault to `url`. The client insists on https for its challenge, so it keeps seeing the
 * vault's address: the request is turned just before the wire, and back before the answer is looked at.
 */
export const sendTo = (url: string): Policy => ({
  name: 'sandboxVault',
  async sendRequest(request, next) {
    const asked = request.url;
    const { pathname, search } = new URL(asked);
    request.url = new URL(pathname + search, url).href;
    request.allowInsecureConnection = true;
    try {
      return await next(request);
    } finally {
      request.url = asked;
      request.allowInsecureConnection = false;
    }
  },
});
