import { rescue, type Turn } from '../domain/turn.ts';
import type { Ports } from '../ports/ports.ts';
import type { Outgoing } from '../ports/queue.ts';
import type { RowAddress, Rows } from '../ports/rows.ts';
import { changeRow } from './change-row.ts';

/** Puts a chain's lost message again, or takes the turn from a silent holder. No message: the chain is well. */
export async function rescueChain<T extends { readonly turn: Turn }>(
  ports: Ports,
  rows: Rows<T>,
  address: RowAddress,
  message: (turn: Turn, now: number) => Outgoing,
): Promise<readonly Outgoing[] | 'beyond-rescue'> {
  const now = ports.clock.now();
  let result: readonly Outgoing[] | 'beyond-rescue' = [];
  await changeRow(rows, address, (stored) => {
    result = [];
    if (stored === undefined) return undefined;
    const found = rescue(stored.turn, now);
    switch (found.kind) {
      case 'none':
        return undefined;
      case 'beyond-rescue':
        result = 'beyond-rescue';
        return undefined;
      case 'put-again':
      case 'take-over':
        result = [message(found.turn, now)];
        return { ...stored, turn: found.turn };
    }
  });
  return result;
}
