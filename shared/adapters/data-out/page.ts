import type { Membership, Profile } from '../../domain/contact.ts';
import { customerId } from '../../domain/ids.ts';
import type { SourcePage } from '../../ports/source.ts';
import type { RowReader } from './row-reader.ts';
import { type PartSpec, writeCursor } from './spec.ts';

const changedAt = (text: string): { readonly changedAt?: number } => {
  const time = Date.parse(text);
  return Number.isNaN(time) ? {} : { changedAt: time };
};

/**
 * The next rows of a part. Each is a membership and a profile at once; one from which nobody can be told (a broken
 * quote, a wrong number of cells, no customer id) is counted as odd.
 */
export const takePage = async (
  reader: RowReader,
  spec: PartSpec,
  segments: readonly string[],
  maxRows: number,
): Promise<SourcePage> => {
  const memberships: Membership[] = [];
  const profiles: Profile[] = [];
  const membership = { segments: [segments.indexOf(spec.table)] };
  let odd = 0;
  const { malformed, isEnd } = await reader.take(maxRows, (row, bytes) => {
    const id =
      row.cells === spec.width ? customerId.safeParse(row.text(bytes, spec.id).trim()).data : undefined;
    if (id === undefined) {
      odd += 1;
      return;
    }
    const values: Record<string, string> = {};
    for (const [column, cell] of spec.columns) values[column] = row.text(bytes, cell);
    const age = spec.changedAt === null ? {} : changedAt(row.text(bytes, spec.changedAt));
    memberships.push({ customerId: id, ...membership });
    profiles.push({ customerId: id, values, ...age });
  });
  return {
    memberships,
    profiles,
    oddMemberships: odd + malformed,
    next: isEnd ? null : writeCursor(reader.at),
  };
};
