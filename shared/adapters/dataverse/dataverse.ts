import type { ConfigurationFault } from '../../domain/answers.ts';
import type { Source, SourceAnswer, SourceQuestion } from '../../ports/source.ts';
import { checkSource } from './check.ts';
import { type Client, type ClientOptions, dataverseClient } from './client.ts';
import { type Columns, knownColumns, listColumns } from './columns.ts';
import { extentsOf } from './division.ts';
import { missingColumn, requestFault, unlessNowhere } from './faults.ts';
import { findCustomer } from './find-customer.ts';
import { markOf } from './mark.ts';
import { idColumn, logicalName, membershipSet, membershipTable, profileSet, profileTable } from './names.ts';
import { patient } from './patient.ts';
import { prefixVerdicts, type VerdictMemory } from './prefix-verdict.ts';
import { listSegments, segmentFaults } from './segments.ts';
import { slicePages } from './slice-pages.ts';
import { writeExtent } from './slice-spec.ts';

export interface DataverseOptions extends ClientOptions {
  /** Where it is remembered between processes whether the environment can be read by prefixes. */
  readonly verdicts?: VerdictMemory;
}

/** Every fault of a question that a person must mend, found at once; another answer where one is in the way of that. */
const faultsOf = async (
  client: Client,
  columns: Columns,
  question: SourceQuestion,
): Promise<SourceAnswer<readonly ConfigurationFault[]>> => {
  const oneRow = async (
    set: string,
    table: string,
    wanted: readonly string[],
  ): Promise<SourceAnswer<readonly ConfigurationFault[]>> => {
    const $select = [...new Set([idColumn, ...wanted.map(logicalName)])].join(',');
    const reply = await client.get(client.address(set, { $select }), 1);
    if (reply.kind === 'denied') return requestFault(reply, table, wanted);
    return reply.kind === 'ok' ? { kind: 'ok', value: [] } : reply;
  };
  const missingColumns = async (): Promise<SourceAnswer<readonly ConfigurationFault[]>> => {
    const known = await columns.known(client, question.columns);
    if (known.kind !== 'ok') return known;
    const missing = question.columns.filter((column) => !known.value.has(logicalName(column)));
    return { kind: 'ok', value: missing.map(missingColumn) };
  };

  const faults = new Map<string, ConfigurationFault>();
  for (const look of [
    missingColumns,
    () => oneRow(profileSet, profileTable, question.columns),
    () => oneRow(membershipSet, membershipTable, []),
    () => segmentFaults(client, question.segments),
  ]) {
    const answer = await look();
    if (answer.kind !== 'ok' && answer.kind !== 'configuration') return answer;
    const found = answer.kind === 'ok' ? answer.value : answer.faults;
    // One cause may show in several looks.
    for (const fault of found) faults.set(`${fault.field} ${fault.message}`, fault);
  }
  return { kind: 'ok', value: [...faults.values()] };
};

/**
 * Customer segments from the Dataverse tables of Customer Insights - Data, which are only ever read:
 * https://learn.microsoft.com/dynamics365/customer-insights/data/tables. A slice's `spec` is an extent, as text.
 */
export const dataverseSource = (options: DataverseOptions): Source => {
  const client = dataverseClient(options);
  const columns = knownColumns();
  const verdict = prefixVerdicts(options.clock, options.verdicts);

  const divide: Source['divide'] = async (question) => {
    const asking = patient(client, options.clock);
    const faults = await faultsOf(asking, columns, question);
    if (faults.kind !== 'ok') return faults;
    if (faults.value.length > 0) return { kind: 'configuration', faults: faults.value };
    const extents = await extentsOf(asking, question.segments, () => verdict(asking));
    if (extents.kind !== 'ok') return extents;
    const slices = extents.value.map((extent) => ({
      label: extent.prefix === '' ? 'all' : `${extent.prefix}*`,
      spec: writeExtent(extent),
    }));
    return { kind: 'ok', value: slices };
  };

  return {
    environment: client.host,
    slicesOverlap: false,
    async divide(question) {
      const answer = await divide(question);
      return answer.kind === 'ok' ? answer : unlessNowhere(answer, client.host);
    },
    read: slicePages(client, columns),
    mark: ({ segments }) => markOf(patient(client, options.clock), segments),
    find: findCustomer(client, columns),
    segments: () => listSegments(client, options.clock.now()),
    columns: () => listColumns(client),
    check: () => checkSource(client),
  };
};
