import { z } from 'zod';
import type { SourceAnswer } from '../../ports/source.ts';
import { readChain } from './chain.ts';
import type { Client } from './client.ts';
import { requestFault } from './faults.ts';
import { logicalName, profileTable } from './names.ts';

const attribute = z.object({ LogicalName: z.string() });

/** Unified columns differ from one environment to the next, so they are asked for. */
const discoverColumns = async (client: Client): Promise<SourceAnswer<ReadonlySet<string>>> => {
  const path = `EntityDefinitions(LogicalName='${profileTable}')/Attributes`;
  const chain = await readChain(client, client.address(path, { $select: 'LogicalName' }), 20);
  if (chain.kind === 'denied') return requestFault(chain, profileTable, []);
  if (chain.kind !== 'ok') return chain;
  const names = chain.value.rows.flatMap((row) => {
    const parsed = attribute.safeParse(row);
    return parsed.success ? [parsed.data.LogicalName] : [];
  });
  return { kind: 'ok', value: new Set(names) };
};

export interface Columns {
  /** What the profile has. It is asked for once, and anew where a wanted column is not among what is known. */
  known(wanted: readonly string[]): Promise<SourceAnswer<ReadonlySet<string>>>;
  forget(): void;
}

export const knownColumns = (client: Client): Columns => {
  let found: ReadonlySet<string> | undefined;
  return {
    async known(wanted) {
      if (found !== undefined && wanted.every((column) => found?.has(logicalName(column)))) {
        return { kind: 'ok', value: found };
      }
      const answer = await discoverColumns(client);
      if (answer.kind === 'ok') found = answer.value;
      return answer;
    },
    forget() {
      found = undefined;
    },
  };
};
