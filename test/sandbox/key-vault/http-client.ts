import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';

/**
 * Sends to a simulator on this machine what a client addresses to a vault. The client wants an https address of Azure's
 * before it answers the vault's challenge, so the address is changed below its checks.
 * @param simulatorURL  `http://127.0.0.1:<port>`
 */
export function createRedirectingClient(simulatorURL: string): HttpClient {
  const client = createDefaultHttpClient();
  return {
    async sendRequest(request) {
      const address = request.url;
      const { pathname, search } = new URL(address);
      request.url = new URL(pathname + search, simulatorURL).href;
      request.allowInsecureConnection = true;
      try {
        return await client.sendRequest(request);
      } finally {
        // The client checks the challenge against the address that it asked.
        request.url = address;
        request.allowInsecureConnection = false;
      }
    },
  };
}
