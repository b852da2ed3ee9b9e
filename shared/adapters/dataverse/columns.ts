import { z } from 'zod';
import { guessFields } from '../../domain/column-guess.ts';
import type { ColumnInfo, SourceAnswer } from '../../ports/source.ts';
import { readChain } from './chain.ts';
import type { Client } from './client.ts';
import { requestFault } from './faults.ts';
import { columnName, logicalName, profileTable } from './names.ts';

const path = `EntityDefinitions(LogicalName='${profileTable}')/Attributes`;

const attribute = z.object({
  LogicalName: z.string().min(1).max(200),
  AttributeType: z.string().nullish().catch(null),
  DisplayName: z
    .object({ UserLocalizedLabel: z.object({ Label: z.string().max(500).nullish() }).nullish() })
    .nullish()
    .catch(null),
});
type Attribute = z.infer<typeof attribute>;

/** Unified columns differ from one environment to the next, so they are asked for. */
const discover = async (client: Client, $select: string): Promise<SourceAnswer<readonly Attribute[]>> => {
  const chain = await readChain(client, client.address(path, { $select }), 20);
  if (chain.kind === 'denied') return requestFault(chain, profileTable, []);
  if (chain.kind !== 'ok') return chain;
  return { kind: 'ok', value: chain.value.rows.flatMap((row) => attribute.safeParse(row).data ?? []) };
};

export interface Columns {
  /** What the profile has. It is asked for once, and anew where a wanted column is not among what is known. */
  known(client: Client, wanted: readonly string[]): Promise<SourceAnswer<ReadonlySet<string>>>;
  forget(): void;
}

export const knownColumns = (): Columns => {
  let found: ReadonlySet<string> | undefined;
  return {
    async known(client, wanted) {
      if (found !== undefined && wanted.every((column) => found?.has(logicalName(column)))) {
        return { kind: 'ok', value: found };
      }
      const answer = await discover(client, 'LogicalName');
      if (answer.kind !== 'ok') return answer;
      found = new Set(answer.value.map(({ LogicalName }) => LogicalName));
      return { kind: 'ok', value: found };
    },
    forget() {
      found = undefined;
    },
  };
};

/** https://learn.microsoft.com/power-apps/developer/data-platform/webapi/reference/attributetypecode */
const types: ReadonlyMap<string, ColumnInfo['type']> = new Map([
  ['String', 'string'],
  ['Memo', 'string'],
  ['Integer', 'number'],
  ['BigInt', 'number'],
  ['Decimal', 'number'],
  ['Double', 'number'],
  ['Money', 'number'],
  ['Boolean', 'boolean'],
  ['DateTime', 'date'],
]);

export const listColumns = async (client: Client): Promise<SourceAnswer<readonly ColumnInfo[]>> => {
  const answer = await discover(client, 'LogicalName,AttributeType,DisplayName');
  if (answer.kind !== 'ok') return answer;
  const columns = answer.value
    .flatMap(({ LogicalName, AttributeType, DisplayName }) => {
      const name = columnName(LogicalName);
      if (name === undefined) return [];
      const displayName = DisplayName?.UserLocalizedLabel?.Label ?? name;
      return [{ name, displayName, type: types.get(AttributeType ?? '') ?? ('other' as const) }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const guesses = guessFields(columns);
  return {
    kind: 'ok',
    value: columns.map((column, place) => ({ ...column, guess: guesses[place] ?? null })),
  };
};
