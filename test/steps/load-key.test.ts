import { expect, it } from 'vitest';
import { at } from '../../shared/steps/addresses.ts';
import { changeRow } from '../../shared/steps/change-row.ts';
import { loadKey } from '../../shared/steps/load-key.ts';
import { nobody } from '../flow/people.ts';
import { brandA, flowWorld } from '../flow/world.ts';

it.each([false, true])(
  'a step that read its run before a rotation finds the new key where the former is gone (fresh: %s)',
  async (fresh) => {
    const world = await flowWorld({ population: nobody });
    const asked = await world.ask();
    if (asked.kind !== 'accepted') throw new Error(asked.kind);
    const brand = { id: brandA, name: 'Brand A', keyPrefix: brandA };
    const before = { ...world.runOf(asked.run), brand };
    world.secrets.rotate('another', 'a1-second');
    await changeRow(
      world.ports.store.runs,
      at.run(before.id),
      (run) => run && { ...run, secretName: 'another' },
    );
    await world.secrets.remove(before.secretName);
    expect(await loadKey(world.ports, before, { fresh })).toEqual({ kind: 'ok', value: 'a1-second' });
    await world.secrets.remove('another');
    expect(await loadKey(world.ports, before, { fresh: true })).toMatchObject({
      kind: 'stop',
      reason: { code: 'key-missing' },
    });
  },
);
