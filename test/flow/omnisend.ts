import { omnisendDestination } from '../../shared/adapters/omnisend/destination.ts';
import type { Destination } from '../../shared/ports/destination.ts';
import type { VirtualClock } from '../memory/clock.ts';
import type { Clock } from '../sandbox/omnisend/clock.ts';
import { seedBrands, seedKeys, startOmnisend } from '../sandbox/omnisend/omnisend.ts';
import type { Outside } from './world.ts';

/** The simulator's windows and batches in the world's time. */
const clockOf = (clock: VirtualClock): Clock => {
  let isOpen = true;
  return {
    now: () => clock.now(),
    ms: (seconds) => seconds * 1_000,
    after(seconds, act) {
      void clock.sleepUntil(clock.now() + seconds * 1_000).then(() => {
        if (isOpen) act();
      });
    },
    close() {
      isOpen = false;
    },
  };
};

/** The real adapter and, behind HTTP, the simulator, for a world of virtual time. */
export const omnisendOver = async (clock: VirtualClock, seed: number) => {
  const server = await startOmnisend({ clock: clockOf(clock), seed });
  const real = omnisendDestination({ baseUrl: `${server.url}/api`, clock });
  const pending = new Set<Promise<unknown>>();
  const noted = <T>(call: Promise<T>): Promise<T> => {
    pending.add(call);
    const end = (): boolean => pending.delete(call);
    call.then(end, end);
    return call;
  };
  const destination: Destination = {
    brand: (apiKey) => noted(real.brand(apiKey)),
    postBatch: (apiKey, batch) => noted(real.postBatch(apiKey, batch)),
    writeContact: (apiKey, change, options) => noted(real.writeContact(apiKey, change, options)),
    changeTags: (apiKey, change) => noted(real.changeTags(apiKey, change)),
    listBatches: (apiKey, query) => noted(real.listBatches(apiKey, query)),
    readBatch: (apiKey, id) => noted(real.readBatch(apiKey, id)),
    readItems: (apiKey, id) => noted(real.readItems(apiKey, id)),
    requestDigest: (change, options) => real.requestDigest(change, options),
  };
  const outside: Outside = {
    destination,
    apiKey: seedKeys.full,
    async quiet() {
      while (pending.size > 0) {
        await Promise.allSettled([...pending]);
        await clock.settle();
      }
    },
  };
  const control = async (path: string, given?: object): Promise<string> => {
    const init = given && { method: 'POST', body: JSON.stringify(given) };
    const response = await fetch(`${server.url}/control/${path}`, init);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response.text();
  };
  return {
    outside,
    setFaults: (faults: object) => control('faults', faults),
    contacts: () => control(`contacts?brand=${seedBrands[0].brandID}`),
    close: () => server.close(),
  };
};
