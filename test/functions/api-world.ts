import type { HttpHandler } from '@azure/functions';
import type { Offered } from '../../functions/operations.ts';
import { apiFunctions } from '../../functions/routes.ts';
import type { Authentication } from '../../shared/domain/access.ts';
import { connectionDefinition, exportDefinition } from '../../shared/domain/definition.ts';
import { connectionId, exportId, exportOf, runId } from '../../shared/domain/ids.ts';
import { at } from '../../shared/steps/addresses.ts';
import { changeRow } from '../../shared/steps/change-row.ts';
import { newsletter, peopleOf } from '../flow/people.ts';
import { connection, flowWorld } from '../flow/world.ts';
import { savedConnectionOf } from '../sandbox/saved.ts';
import { type Answer, call } from './call.ts';

const shared = connectionDefinition.parse({
  id: 'shared',
  displayName: 'Brand A, for all',
  sharedWith: 'contributors',
});
/** It goes over the connection of the world, which is for administrators. */
const board = exportDefinition.parse({ ...newsletter, id: 'board', markerPrefix: 'board_' });
/** No run of it is active. */
const idle = exportDefinition.parse({
  ...newsletter,
  id: 'idle',
  connection: shared.id,
  markerPrefix: 'idle_',
});

/** Ids of what is there: over a shared connection or not; and of what is not. */
export const targets = {
  shared: { connection: shared.id, export: newsletter.id, run: 'newsletter.1' },
  idle: { connection: shared.id, export: idle.id, run: 'newsletter.1' },
  unshared: { connection: connection.definition.id, export: board.id, run: 'board.1' },
  missing: {
    connection: connectionId.parse('nowhere'),
    export: exportId.parse('nowhere'),
    run: 'newsletter.nowhere',
  },
} as const;
export type TargetName = keyof typeof targets;

/** Parameters of a route, whatever it is about. */
export const paramsOf = (route: string, ids: (typeof targets)[TargetName]): Record<string, string> => {
  if (route.startsWith('connections/{')) return { id: ids.connection };
  if (route.startsWith('exports/{')) return { id: ids.export };
  return route.startsWith('runs/{') ? { run: ids.run } : {};
};

/** The API behind its guard, over memory. Each export has a run that is held; `withHistory`: and one that has ended. */
export const apiWorld = async ({
  authentication = { kind: 'entra', isOn: true },
  withHistory = false,
}: {
  readonly authentication?: Authentication;
  readonly withHistory?: boolean;
} = {}) => {
  const world = await flowWorld({
    population: peopleOf(withHistory ? 200 : 20).population,
    definition: { ...newsletter, connection: shared.id },
    others: [board, idle],
  });
  const { ports, clock, queue } = world;
  await ports.store.connections.insert(
    at.connection(shared.id),
    savedConnectionOf(shared, connection.secretName),
  );
  if (withHistory) await world.run();
  for (const { run } of [targets.shared, targets.unshared]) {
    const id = runId.parse(run);
    await world.ask('changes', id, exportOf(id));
    await changeRow(ports.store.runs, at.run(id), (stored) =>
      stored === undefined ? undefined : { ...stored, state: 'held' as const },
    );
  }
  const functions = apiFunctions(
    {
      ports,
      authentication,
      perform: async (step) => {
        for (const outgoing of await step) await queue.put(outgoing);
      },
    },
    '1.0.0',
  );

  /** A request's body is read in real time, and what the app waits for comes in virtual time. */
  const during = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    work.then(end, end);
    while (!isOver) {
      await new Promise(setImmediate);
      const next = clock.nextWakeAt();
      if (!isOver && next !== undefined) await clock.wakeNext(next);
    }
    return work;
  };

  return {
    ports,
    functions,
    handlerOf: (name: Offered): HttpHandler => {
      const found = functions.find((one) => one.name === name);
      if (found === undefined) throw new Error(`There is no ${name}.`);
      return found.handler;
    },
    call: (...given: Parameters<typeof call>): Promise<Answer> => during(call(...given)),
  };
};
