import type { TokenCredential } from '@azure/identity';

/**
 * The app's identity: its managed identity in Azure (`clientId` where it has several), else what the developer is
 * signed in with. Loads its SDK at the first token.
 */
export const appCredential = ({ clientId }: { readonly clientId?: string } = {}): TokenCredential => {
  const make = async (): Promise<TokenCredential> => {
    const { DefaultAzureCredential } = await import('@azure/identity');
    return new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
  };
  let made: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, options) {
      made ??= make();
      return (await made).getToken(scopes, options);
    },
  };
};
