import { expect, it } from 'vitest';
import { z } from 'zod';
import { runAt } from '../../shared/domain/run-ids.ts';
import { firstTurn, type Turn, takenTurn, turn } from '../../shared/domain/turn.ts';
import type { MessageOf } from '../../shared/messages.ts';
import { inTurn } from '../../shared/steps/in-turn.ts';
import { nobody } from '../flow/people.ts';
import { flowWorld } from '../flow/world.ts';
import { memoryRows } from '../memory/rows.ts';

const address = { partition: 'p', key: 'k' };

/** A step that fails, after `meanwhile` was done to its row by others. */
const failing = async (meanwhile: (held: Turn) => Turn) => {
  const { ports, logged, definition } = await flowWorld({ population: nobody });
  const rows = memoryRows({ table: 'runs', schema: z.object({ turn }) });
  await rows.insert(address, { turn: firstTurn('settle', ports.clock.now()) });
  const message: MessageOf<'settle'> = {
    version: 1,
    step: 'settle',
    run: runAt(definition.id, ports.clock.now()),
    epoch: 0,
    sequence: 0,
  };
  const answer = inTurn(ports, rows, address, 'settle', message, async () => {
    const row = await rows.get(address);
    if (row === undefined) throw new Error('The row is gone.');
    await rows.replace(row, { turn: meanwhile(row.value.turn) });
    throw new Error('A snapshot is missing.');
  });
  return { answer, rows, logged };
};

it('gives the name back when a step fails, so that its message can be taken again', async () => {
  const { answer, rows } = await failing((held) => held);
  await expect(answer).rejects.toThrow('A snapshot is missing.');
  expect((await rows.get(address))?.value.turn).toMatchObject({ state: 'due', epoch: 0 });
});

it('is silent about the failure of a step that somebody else has taken over', async () => {
  const { answer, rows, logged } = await failing((held) => takenTurn({ ...held, epoch: 1 }, held.at));
  expect(await answer).toEqual([]);
  expect((await rows.get(address))?.value.turn).toMatchObject({ state: 'taken', epoch: 1 });
  expect(logged.map(({ event }) => event)).toContain('step-without-effect');
});
