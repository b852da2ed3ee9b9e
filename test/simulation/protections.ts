import type { RunId } from '../../shared/domain/ids.ts';
import type { Turn } from '../../shared/domain/turn.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { RowAddress, Rows } from '../../shared/ports/rows.ts';
import type { Variation } from '../flow/delivery.ts';

/**
 * Each takes one protection of the app away for a test, through what a step sees of the world: the app itself has no
 * switch for it.
 */
export const protections = ['reconciliation', 'fence', 'barrier', 'epoch'] as const;
export type Protection = (typeof protections)[number];

const withDestination = (ports: Ports, listBatches: Ports['destination']['listBatches']): Ports => ({
  ...ports,
  destination: { ...ports.destination, listBatches },
});

const nothing = { kind: 'ok', value: { batches: [], next: null } } as const;

/** Only reconciliation lists batches of every state: where it finds none, an unanswered post is sent again. */
const withoutReconciliation: Variation = (ports) =>
  withDestination(ports, async (apiKey, query) => {
    const listing = await ports.destination.listBatches(apiKey, query);
    return query.state === undefined && listing.kind === 'ok' ? nothing : listing;
  });

/** Before a run sends, it lists what is unfinished; here nothing ever is. */
const withoutBarrier: Variation = (ports, message) =>
  message.step === 'cut-pages'
    ? withDestination(ports, async (apiKey, query) => {
        const listing = await ports.destination.listBatches(apiKey, query);
        return listing.kind === 'ok' ? nothing : listing;
      })
    : ports;

const reading = <T>(rows: Rows<T>, get: Rows<T>['get'], replace = rows.replace): Rows<T> => ({
  ...rows,
  get,
  replace,
});

/** A lane reads the run whose page it posts, then the export's state: here that run is always the active one. */
const withoutFence: Variation = (ports, message) => {
  if (message.step !== 'send') return ports;
  const { runs, states } = ports.store;
  let latest: RunId | undefined;
  const watchedRuns = reading(runs, async (address) => {
    const row = await runs.get(address);
    latest = row?.value.id;
    return row;
  });
  const blindStates = reading(states, async (address) => {
    const row = await states.get(address);
    const active = row?.value.active;
    if (!row || !active || latest === undefined) return row;
    return { ...row, value: { ...row.value, active: { ...active, runId: latest } } };
  });
  return { ...ports, store: { ...ports.store, runs: watchedRuns, states: blindStates } };
};

/** Once it has taken its turn, a step finds it still its own, whoever has begun a new epoch since. */
const blindToEpochs = <T extends { readonly turn: Turn }>(rows: Rows<T>): Rows<T> => {
  const mine = new Map<string, Turn>();
  const nameOf = ({ partition, key }: RowAddress): string => `${partition}/${key}`;
  return reading(
    rows,
    async (address) => {
      const row = await rows.get(address);
      const turn = mine.get(nameOf(address));
      return row === undefined || turn === undefined ? row : { ...row, value: { ...row.value, turn } };
    },
    async (row, value) => {
      const written = await rows.replace(row, value);
      if (written === undefined) return undefined;
      if (value.turn.state === 'taken') mine.set(nameOf(row), value.turn);
      else mine.delete(nameOf(row));
      return written;
    },
  );
};

const withoutEpoch: Variation = (ports) => ({
  ...ports,
  store: {
    ...ports.store,
    runs: blindToEpochs(ports.store.runs),
    slices: blindToEpochs(ports.store.slices),
    lanes: blindToEpochs(ports.store.lanes),
  },
});

export const without: Readonly<Record<Protection, Variation>> = {
  reconciliation: withoutReconciliation,
  fence: withoutFence,
  barrier: withoutBarrier,
  epoch: withoutEpoch,
};
