import { createServer } from 'node:http';
import type { ContractReport } from './contract/recorder.ts';
import { createControl } from './control.ts';
import { createSimulation, type SimulationOptions } from './simulation.ts';

export { seedBrands, seedKeys } from './seeds.ts';

export type OmnisendOptions = SimulationOptions & { readonly port?: number };

/** Starts the simulator on the loopback: the API under `<url>/api`, its control under `<url>/control`. */
export async function startOmnisend(options: OmnisendOptions = {}): Promise<{
  readonly url: string;
  /** What was against Omnisend's OpenAPI document; null where that is not at hand. */
  contract(): ContractReport | null;
  close(): Promise<void>;
}> {
  const simulation = createSimulation(options);
  const control = createControl(simulation);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    const part = url.pathname.startsWith('/control') ? control : simulation.api;
    // A caller that hangs up is its own affair; anything else is a fault of the simulator.
    part(request, response, url).catch((fault: unknown) => {
      if (request.socket.destroyed) return;
      process.stderr.write(`${fault instanceof Error ? fault.stack : fault}\n`);
      response.destroy();
    });
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://127.0.0.1:${port}`,
    contract: simulation.contract,
    close() {
      simulation.close();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
