import type { ConfigurationFault } from '../../domain/answers.ts';
import type { SourceFault } from '../../ports/source.ts';
import type { Denied } from './client.ts';
import { logicalName } from './names.ts';

const configuration = (...faults: readonly ConfigurationFault[]): SourceFault => ({
  kind: 'configuration',
  faults,
});

/** The same for whatever was asked, so it is told of the identity and not of each table. */
export const unknownIdentity: ConfigurationFault = {
  field: 'identity',
  message: 'The environment does not know the identity of this app.',
  remedy: 'Add the managed identity to the environment as an application user, with a security role.',
};

const missingTable = (table: string): ConfigurationFault => ({
  field: table,
  message: 'The environment has no such table.',
  remedy: 'Check the address of the environment, and that Customer Insights - Data is installed in it.',
});

export const missingRight = (table: string): ConfigurationFault => ({
  field: table,
  message: `The app may not read this table: the right prvRead${table} is missing.`,
  remedy: `Give the application user a security role that reads ${table} in the whole organisation, and wait up to 15 minutes.`,
});

const otherRefusal = (table: string, status: number): ConfigurationFault => ({
  field: table,
  message: `The environment refused to read this table (${status}).`,
  remedy: 'Check the export against the columns and segments of the environment.',
});

/** 400 or 501 on a first request may say that its filter is not supported. */
export const isFilterRefusal = (status: number): boolean => status === 400 || status === 501;

const named = (text: string, column: string): boolean =>
  new RegExp(`(?<![A-Za-z0-9_])${logicalName(column)}(?![A-Za-z0-9_])`, 'i').test(text);

/** What a refused first request means: nobody but a person can mend it. */
export const requestFault = (reply: Denied, table: string, columns: readonly string[]): SourceFault => {
  switch (reply.status) {
    case 401:
      return configuration(unknownIdentity);
    case 403:
      return configuration(missingRight(table));
    case 404:
      return configuration(missingTable(table));
    case 400: {
      const gone = columns.filter((column) => named(reply.text, column));
      if (gone.length > 0) return configuration(...gone.map(missingColumn));
      return configuration(otherRefusal(table, 400));
    }
    default:
      return configuration(otherRefusal(table, reply.status));
  }
};

/** What a refused link means. It is opaque and was good once, so that it has died is the likely reason. */
export const linkFault = (reply: Denied, table: string): SourceFault =>
  reply.status === 401 || reply.status === 403 ? requestFault(reply, table, []) : { kind: 'link-dead' };

/** What a name server or a certificate says for good; `EAI_AGAIN` and the like may pass. */
const wrongAddress = new Set(['ENOTFOUND', 'ERR_TLS_CERT_ALTNAME_INVALID']);

/** At the start of a run, when nothing is lost yet, an address that leads nowhere is a fault and no bad moment. */
export const unlessNowhere = (fault: SourceFault, host: string): SourceFault =>
  fault.kind === 'transient' && wrongAddress.has(fault.message) ? configuration(noEnvironment(host)) : fault;

const noEnvironment = (host: string): ConfigurationFault => ({
  field: 'environment',
  message: `There is no environment at ${host}.`,
  remedy: 'Check the address of the environment (Power Platform admin center, Environment URL).',
});

export const foreignLink = (table: string): SourceFault =>
  configuration({
    field: table,
    message: 'The environment answered with a link to another host, which is not followed.',
    remedy: 'Give the address of the environment as its own links have it.',
  });

export const missingColumn = (column: string): ConfigurationFault => ({
  field: column,
  message: `The unified profile has no column ${logicalName(column)}.`,
  remedy: 'Name a column of the unified profile, or add it there, and save the export again.',
});

export const missingSegment = (segment: string): ConfigurationFault => ({
  field: segment,
  message: `The environment knows no segment ${segment}, and nobody is in it.`,
  remedy: 'Give the output table name of a segment; upper and lower case count.',
});

export const inactiveSegment = (segment: string): ConfigurationFault => ({
  field: segment,
  message: `The segment ${segment} is inactive: its members are no longer kept up to date.`,
  remedy:
    'Activate it in Customer Insights - Data and turn on its "Disable auto cleanup": segments that nothing in the product uses are switched off after 45 days, and this export does not count as use.',
});
