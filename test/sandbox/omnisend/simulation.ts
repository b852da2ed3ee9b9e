import { createApi } from './api.ts';
import { type Brand, createBrand, type World } from './brand.ts';
import { createDraw } from './chance.ts';
import { type Clock, realClock } from './clock.ts';
import { contractDocument, createContractRecorder } from './contract/recorder.ts';
import { createFaultDecisions, type Faults, mergeFaults } from './faults.ts';
import { createRequestLog } from './figures.ts';
import { createGateway } from './gateway.ts';
import { seedBrands, seedKeys } from './seeds.ts';
import { defaultSwitches, mergeSwitches, type Switches } from './switches.ts';

export type SimulationOptions = {
  readonly requestsPerMinute?: number;
  readonly tagRequestsPerMinute?: number;
  /** The range from which each batch's duration is drawn. */
  readonly batchSeconds?: readonly [number, number];
  readonly seed?: number;
  /** Divides every window and duration. */
  readonly speed?: number;
  /** In place of real time; has the speed it was made with. */
  readonly clock?: Clock;
};

/** The state of the simulator, which `reset` makes anew. */
export function createSimulation(options: SimulationOptions) {
  const seed = options.seed ?? 1;
  const speed = options.speed ?? 1;
  const limits = {
    requestsPerMinute: options.requestsPerMinute ?? 400,
    tagRequestsPerMinute: options.tagRequestsPerMinute ?? 60,
  };
  const recorder = contractDocument && createContractRecorder(contractDocument);
  let faults: Faults = {};
  let switches: Switches = defaultSwitches;

  function begin() {
    faults = {};
    switches = defaultSwitches;
    const draw = createDraw(seed);
    const readFaults = () => faults;
    const readSwitches = () => switches;
    // A closed clock fires nothing that an earlier life has started.
    const clock = options.clock ?? realClock(speed);
    const world: World = {
      clock,
      draw,
      decisions: createFaultDecisions(readFaults, seed, draw),
      faults: readFaults,
      switches: readSwitches,
      batchSeconds: options.batchSeconds ?? [1, 3],
    };
    const brands = new Map<string, Brand>(
      seedBrands.map((brand) => [brand.brandID, createBrand(brand, world)]),
    );
    const gateway = createGateway({ clock, brands, faults: readFaults, switches: readSwitches, limits });
    const log = createRequestLog();
    return { clock, brands, gateway, log, api: createApi({ world, gateway, log, recorder }) };
  }

  let life = begin();

  return {
    api: (...exchange: Parameters<typeof life.api>) => life.api(...exchange),
    brand: (brandID: string) => life.brands.get(brandID),
    requests: () => life.log.oldestFirst(),
    /** What was against Omnisend's OpenAPI document since the start, `reset` or not; null without the document. */
    contract: () => recorder?.report() ?? null,
    report: () => ({
      seed,
      speed,
      ...limits,
      keys: seedKeys,
      faults,
      switches,
      contract: recorder?.report() ?? null,
      brands: [...life.brands.values()].map((brand) => ({
        brandID: brand.seed.brandID,
        name: brand.seed.name,
        contacts: brand.contacts.all.length,
        batches: brand.batches.countByState(),
        ...brand.figures.report(),
        otherIntegration: life.gateway.others(brand.seed.brandID),
        welcomeSent: brand.welcomes,
      })),
    }),
    mergeFaults: (given: unknown) => mergeFaults(faults, given),
    setFaults(merged: Faults): void {
      faults = merged;
    },
    mergeSwitches: (given: unknown) => mergeSwitches(switches, given),
    setSwitches(merged: Switches): void {
      switches = merged;
    },
    /** Contacts, batches, figures, faults and switches as at the start. */
    reset(): void {
      life.clock.close();
      life = begin();
    },
    close: () => life.clock.close(),
  };
}

export type Simulation = ReturnType<typeof createSimulation>;
